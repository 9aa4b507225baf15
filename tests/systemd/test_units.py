"""The units: correct, sandboxed, watched, and each able to do only its own work."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from hardware.realtime import FIFO_PRIORITY
from station.cli.run import run

UNITS = Path(__file__).parents[2] / "systemd"
PROCESSES = ("acquire", "station", "kiosk", "bridge")
# On systemd's scale of 0 (nothing exposed) to 10; a plain unit scores 9.6.
EXPOSURE = {"acquire": 1.0, "station": 0.5, "kiosk": 1.0, "bridge": 1.5}


@pytest.fixture(scope="module")
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    assert program is not None, "systemd-analyze is missing; make test installs it (apt-get install systemd)"
    return program


def unit(process: str) -> dict[str, dict[str, str]]:
    """Return a unit as sections of keys; of a key that stands several times the last value."""
    sections: dict[str, dict[str, str]] = {}
    for line in (UNITS / f"balance-station-{process}.service").read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section[key] = value
    return sections


def test_every_process_of_the_command_line_has_a_unit_and_the_other_way_round() -> None:
    (argument,) = run.params
    assert set(argument.type.choices) == set(PROCESSES)  # type: ignore[attr-defined]
    assert {each.stem.removeprefix("balance-station-") for each in UNITS.glob("*.service")} == set(PROCESSES)
    wanted = (UNITS / "balance-station.target").read_text()
    assert all(f"balance-station-{process}.service" in wanted for process in PROCESSES)


def test_systemd_finds_nothing_wrong_with_the_units(analyze: str, tmp_path: Path) -> None:
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.target")]:
        # the program is only at /opt on a station; everything else is verified as it ships
        text = path.read_text().replace("/opt/balance-station/bin/balance-station", "/bin/true")
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        [analyze, "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "balance-station" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("process", PROCESSES)
def test_a_unit_exposes_little(analyze: str, process: str) -> None:
    path = UNITS / f"balance-station-{process}.service"
    threshold = str(round(EXPOSURE[process] * 10))
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", f"--threshold={threshold}", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_unit_is_watched_and_comes_back(process: str) -> None:
    service = unit(process)["Service"]
    assert service["Type"] == "notify"
    assert service["Restart"] == "always"
    assert 2 <= float(service["WatchdogSec"].removesuffix("s")) <= 30
    assert service["ExecStart"].endswith(f"run {process}")
    assert service["User"] == f"balance-{process}"
    assert service["Group"] == "balance-station"
    assert unit(process)["Unit"]["PartOf"] == "balance-station.target"


def test_only_the_bridge_has_a_network_and_only_acquire_has_pins() -> None:
    for process in PROCESSES:
        text = (UNITS / f"balance-station-{process}.service").read_text()
        assert ("PrivateNetwork=yes" not in text) == (process == "bridge")
        assert ("AF_INET" in text) == (process == "bridge")
        assert ("char-gpiochip" in text) == (process == "acquire")
        assert ("/dev/i2c" in text) == (process == "acquire")
        assert ("LimitRTPRIO=" in text) == (process == "acquire")
        assert ("RestrictRealtime=yes" in text) == (process != "acquire")


def test_acquire_is_not_started_under_fifo_because_its_imports_would_spend_the_real_time_budget() -> None:
    service = unit("acquire")["Service"]
    assert "CPUSchedulingPolicy" not in service
    assert int(service["LimitRTPRIO"]) >= FIFO_PRIORITY
    assert int(service["LimitRTTIME"]) <= 1_000_000


def test_every_group_that_a_unit_names_is_declared() -> None:
    # a group that does not exist stops the unit (status 216/GROUP); plain Debian has no gpio
    declared = {line.split()[1] for line in (UNITS / "sysusers.d" / "balance-station.conf").read_text().splitlines()
                if line.startswith("g ")}  # fmt: skip
    for process in PROCESSES:
        service = unit(process)["Service"]
        assert {service["Group"], *service.get("SupplementaryGroups", "").split()} <= declared | {"video", "audio"}


@pytest.mark.skipif(os.geteuid() != 0, reason="systemd-sysusers and systemd-tmpfiles work for root only")
def test_systemd_makes_the_users_and_the_shared_folders_as_declared(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("etc", "run", "var/lib"):
        (root / name).mkdir(parents=True)
    # what Debian has before anything is installed; the tools read users of this root, not of the machine
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (root / "etc" / "group").write_text("root:x:0:\naudio:x:29:\nvideo:x:44:\n")
    for tool, options in (("systemd-sysusers", []), ("systemd-tmpfiles", ["--create"])):
        kind = tool.removeprefix("systemd-")
        declared = UNITS / f"{kind}.d" / "balance-station.conf"
        done = subprocess.run(
            [tool, f"--root={root}", *options, str(declared)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    users = {line.split(":")[0]: line.split(":")[2:4] for line in (root / "etc" / "passwd").read_text().splitlines()}
    groups = {line.split(":")[0]: line.split(":")[2:4] for line in (root / "etc" / "group").read_text().splitlines()}
    assert {f"balance-{process}" for process in PROCESSES} <= set(users)
    number, members = groups["balance-station"]
    assert users["balance-station"][1] == number
    assert {"balance-acquire", "balance-kiosk", "balance-bridge"} == set(members.split(","))
    for folder in ("run/balance-station", "var/lib/balance-station"):
        made = (root / folder).stat()
        assert (made.st_uid, made.st_gid) == (int(users["balance-station"][0]), int(number))
        assert stat.S_IMODE(made.st_mode) == 0o2770
    assert stat.S_IMODE((root / "etc" / "balance-station").stat().st_mode) == 0o750
