"""The kernel of the virtual Pi: the distribution's own, and our `balance_deck` module built for it.

Image and headers are downloaded with `apt-get download` and only unpacked, never installed: the host keeps its kernel,
and no root is needed. Which version that is, the distribution says (`linux-image-amd64`).
"""

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "artefacts" / "virtual-pi"
TOOLS = {
    "apt-get": "apt",
    "apt-cache": "apt",
    "dpkg-deb": "dpkg",
    "depmod": "kmod",
    "modprobe": "kmod",
    "gcc": "gcc",
    "make": "make",
    "busybox": "busybox-static",
    "qemu-system-x86_64": "qemu-system-x86",
}


class CannotRunError(Exception):
    """This machine cannot run a virtual Pi; the message says what is missing and what to do."""


class Kernel(msgspec.Struct, frozen=True):
    """An unpacked kernel: its release, its image, the folder that holds `lib/modules`, and our module."""

    release: str
    image: Path
    root: Path
    balance_deck: Path

    def modules(self, *names: str) -> list[Path]:
        """Return the module files that `names` need, in loading order; names that are built in need none."""
        found: list[Path] = []
        for name in names:
            for line in _run(
                tool("modprobe"), "-d", self.root, "-S", self.release, "--show-depends", name
            ).splitlines():
                action, _, rest = line.partition(" ")
                path = Path(rest.strip())
                if action == "insmod" and path not in found:
                    found.append(path)
        return found


def tool(name: str) -> str:
    """Return the path of a program; Debian keeps some outside the PATH of a user."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise CannotRunError(f"{name} is missing: apt-get install {TOOLS[name]}")
    return path


def check_machine() -> None:
    """Raise CannotRunError when this machine cannot download a Debian kernel, build for it or emulate it."""
    if platform.machine() != "x86_64":
        raise CannotRunError(
            f"the virtual Pi is an x86-64 machine with a Debian kernel, and this is {platform.machine()}: "
            "run it on an x86-64 Debian 12 or 13. (On a real Pi, run the pin tests on the real pins.)"
        )
    for name in TOOLS:
        tool(name)
    _dependency("linux-image-amd64", r"linux-image-\S+-amd64")


def prepare() -> Kernel:
    """Download (once), unpack (once) and build; raises CannotRunError with the reason when one of them fails."""
    check_machine()
    image_package = _dependency("linux-image-amd64", r"linux-image-\S+-amd64")
    release = image_package.removeprefix("linux-image-")
    headers_package = f"linux-headers-{release}"
    root = CACHE / release
    if not (root / "complete").exists():
        for old in CACHE.glob("*-amd64"):  # half a gigabyte each
            shutil.rmtree(old)
        root.mkdir(parents=True)
        packages = [
            image_package,
            headers_package,
            _dependency(headers_package, r"linux-headers-\S+-common"),
            _dependency(headers_package, r"linux-kbuild-\S+"),
        ]
        print(f"Downloading the kernel of the virtual Pi (apt, some 85 MB, not installed): {' '.join(packages)}")
        _download(packages, root)
        for package in sorted(root.glob("*.deb")):
            _run("dpkg-deb", "-x", package, root)
            package.unlink()
        # merged /usr: since Debian 13 the modules are packaged below usr/lib
        if not (root / "lib").exists():
            (root / "lib").symlink_to("usr/lib")
        makefile = root / "usr/src" / headers_package / "Makefile"
        makefile.write_text(makefile.read_text().replace("/usr/src/", f"{root}/usr/src/"))
        _run(tool("depmod"), "-b", root, release)
        (root / "complete").touch()
    return Kernel(release, root / f"boot/vmlinuz-{release}", root, _build(root, root / "usr/src" / headers_package))


def _build(root: Path, headers: Path) -> Path:
    """Compile the module if its source has changed; return its path."""
    folder = root / "balance_deck"
    source = (HERE / "balance_deck.c").read_text()
    module = folder / "balance_deck.ko"
    copy = folder / "balance_deck.c"
    if not module.exists() or copy.read_text() != source:
        folder.mkdir(exist_ok=True)
        module.unlink(missing_ok=True)
        copy.write_text(source)
        (folder / "Makefile").write_text("obj-m += balance_deck.o\nccflags-y += -Werror\n")
        # no type information for tracers: making it needs pahole
        _run("make", "-C", headers, f"M={folder}", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules")
        _run("strip", "--strip-debug", module)
    return module


def _dependency(package: str, pattern: str) -> str:
    """Return the first dependency of a package whose name matches."""
    try:
        listed = _run("apt-cache", "depends", "--important", package)
    except CannotRunError:
        listed = ""
    found = re.search(rf"^\s*\|?Depends: ({pattern})$", listed, re.MULTILINE)
    if found is None:
        raise CannotRunError(
            f"apt knows no {package} that depends on a {pattern.replace(chr(92) + 'S+', '...')}: the virtual Pi needs "
            "the kernel packages of Debian 12 or 13; on Debian, run apt-get update first"
        )
    return found.group(1)


def _download(packages: list[str], folder: Path) -> None:
    # apt drops privileges to a user who may not write here; it verifies signatures all the same
    try:
        _run("apt-get", "download", "-o", "APT::Sandbox::User=root", *packages, cwd=folder)
    except CannotRunError as error:
        raise CannotRunError(f"{error}\nIs the package list old? apt-get update") from error


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    except FileNotFoundError:
        raise CannotRunError(f"{words[0]} is missing: apt-get install {TOOLS.get(words[0], words[0])}") from None
    except subprocess.TimeoutExpired:
        raise CannotRunError(f"{' '.join(words)}: not done within 600 s") from None
    if done.returncode:
        raise CannotRunError(f"{' '.join(words)}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    try:
        prepare()
    except CannotRunError as error:
        print(f"No virtual Pi on this machine. {error}", file=sys.stderr)
        sys.exit(69)
