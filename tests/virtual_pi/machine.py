"""The virtual Pi: boots the kernel in QEMU, runs one command inside, and brings back what it said and left.

The guest has the host's root read-only (so the virtual environment and the code under test are the host's own),
writable memory in /dev/shm, and a folder that both sides write (`/dev/out`). It has no network.

Its time is counted in instructions (`-icount`), not taken from the host: a pause costs nothing, and a busy host makes a
run longer but not different. That is what lets a test demand that no frame is torn. While the guest waits for a file of
the host its time flies: nothing may depend on how long a program takes to start.

An instruction is 1 ns of QEMU's time, which is as fast as QEMU counts, and 0.5 ns of the guest's: it is told that its
time stamp counter runs at 2 GHz, where it runs at 1 GHz. So the guest's kernel sees a core with 2 instructions a
nanosecond, which is about what a Pi 4's does (an estimate: 1.5 to 1.8 GHz, somewhat more than one a cycle). Its timers
are then set for twice too early, and the kernel, which checks, sets them again; none comes late for that.
"""

import shlex
import signal
import subprocess
import time
from pathlib import Path

import msgspec

from tests.virtual_pi.kernel import Kernel, tool

GUEST_CORE_KHZ = 2_000_000
MEMORY_MB = 1024
OUT = "/dev/out"
_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "cuse")
_APPLETS = ("sh", "mount", "mkdir", "insmod", "rmmod", "chroot", "reboot", "sync", "dmesg")

# The root of the host becomes the guest's; /proc, /sys and /dev are the guest's own. /dev takes what has to be
# writable, because the project may lie anywhere else on the host, below /tmp or /run, say, and must not be hidden.
_INIT = """#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
{insert}
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host || echo "no root from the host"
mkdir -p /dev/shm /dev/out
mount -t tmpfs tmpfs /dev/shm
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out /dev/out || echo "no folder from the host"
for each in proc sys dev; do mount --rbind /$each /host/$each; done
chroot /host /bin/sh /dev/out/job.sh
echo $? > /dev/out/exit_code
dmesg > /dev/out/kernel_log.txt
sync
reboot -f
"""


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended. exit_code: of the command, None when the guest did not get that far in time.

    console: what was said while it ran; kernel_log: all that the kernel said.
    """

    exit_code: int | None
    console: str
    kernel_log: str
    wall_s: float


def run(kernel: Kernel, command: list[str], out: Path, *, timeout_s: int, environment: dict[str, str]) -> Outcome:
    """Boot, run `command` in the guest, power off. `out` is /dev/out in there; nothing is left running."""
    out.mkdir(parents=True, exist_ok=True)
    initramfs = out / "initramfs"
    initramfs.write_bytes(_initramfs(kernel))
    settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/dev/shm", "TMPDIR": "/dev/shm", **environment}
    assignments = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
    (out / "job.sh").write_text(f"{assignments}cd {shlex.quote(settings['TMPDIR'])}\nexec {shlex.join(command)}\n")
    console, code, kernel_log = out / "console.txt", out / "exit_code", out / "kernel_log.txt"
    code.unlink(missing_ok=True)
    began = time.monotonic()
    with console.open("wb") as log:
        machine = subprocess.Popen(
            _qemu(kernel, initramfs, out, timeout_s), stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
        )
        try:
            machine.wait(timeout_s + 30)
        finally:
            if machine.poll() is None:
                machine.send_signal(signal.SIGTERM)
                machine.wait(30)
    wall_s = time.monotonic() - began
    initramfs.unlink()
    return Outcome(
        exit_code=int(code.read_text()) if code.exists() else None,
        console=console.read_text(errors="replace"),
        kernel_log=kernel_log.read_text(errors="replace") if kernel_log.exists() else "",
        wall_s=wall_s,
    )


def _qemu(kernel: Kernel, initramfs: Path, out: Path, timeout_s: int) -> list[str]:
    clock = f"tsc_early_khz={GUEST_CORE_KHZ} tsc=reliable clocksource=tsc"
    words = [
        # the time limit holds even when this process is killed
        *("timeout", "--kill-after=5", str(timeout_s), tool("qemu-system-x86_64")),
        *("-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", "max", "-smp", "1"),
        *("-m", str(MEMORY_MB), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-rtc", "clock=vm"),
        *("-serial", "stdio", "-kernel", str(kernel.image), "-initrd", str(initramfs)),
        *("-append", f"console=ttyS0 quiet panic=-1 preempt=full mitigations=off {clock}"),
    ]
    for tag, path, options in (("host", "/", "readonly=on,multidevs=remap"), ("out", str(out), "multidevs=remap")):
        words += ["-fsdev", f"local,id={tag},path={path},security_model=none,{options}"]
        words += ["-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
    return words


def _initramfs(kernel: Kernel) -> bytes:
    """Return a root with busybox, the modules that reach the host's files, ours, and an init."""
    archive = _Archive()
    for folder in ("bin", "proc", "sys", "dev", "host", "modules"):
        archive.folder(folder)
    archive.file("bin/busybox", Path(tool("busybox")).read_bytes())
    for applet in _APPLETS:
        archive.link(f"bin/{applet}", "busybox")
    insert = []
    for path in kernel.modules(*_MODULES):
        data, name = path.read_bytes(), path.name
        if path.suffix == ".xz":
            data = subprocess.run(["xz", "-dc", str(path)], capture_output=True, check=True).stdout
            name = path.stem
        archive.file(f"modules/{name}", data)
        insert.append(f"insmod /modules/{name}")
    archive.file("init", _INIT.format(insert="\n".join(insert)).encode())
    return archive.bytes()


class _Archive:
    """A cpio archive of the kernel's "newc" kind (kernel documentation: driver-api/early-userspace)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._number = 0

    def folder(self, name: str) -> None:
        self._add(name, 0o040755, b"")

    def file(self, name: str, data: bytes) -> None:
        self._add(name, 0o100755, data)

    def link(self, name: str, target: str) -> None:
        self._add(name, 0o120777, target.encode())

    def bytes(self) -> "bytes":
        self._add("TRAILER!!!", 0, b"")
        return b"".join(self._parts)

    def _add(self, name: str, mode: int, data: "bytes") -> None:
        self._number += 1
        path = name.encode() + b"\0"
        fields = (self._number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
        self._parts += [head.ljust(-(-len(head) // 4) * 4, b"\0"), data.ljust(-(-len(data) // 4) * 4, b"\0")]
