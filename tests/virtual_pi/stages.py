"""What is run inside the virtual Pi, one pytest after the other in one boot, and what came of it."""

import json
import shlex
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import msgspec

from tests.virtual_pi.kernel import CannotRunError, Kernel, prepare
from tests.virtual_pi.libraries import rpi_lgpio
from tests.virtual_pi.machine import OUT, Outcome, run

PROJECT = Path(__file__).parents[2]
INSIDE = PROJECT / "tests/virtual_pi/inside"
TIMEOUT_S = 2400  # in a quiet machine a sixth of that

_PIN_SUITE = "tests/hardware/test_pin_backends.py --pin-chips tests.virtual_pi.kernel_chips:KernelChips --pin-backend"
# rpi-lgpio wants to know which Pi it is on; lgpio makes a file in its working folder
_RPI_LGPIO = "RPI_LGPIO_REVISION=c04170 RPI_LGPIO_CHIP=0 LG_WD=/dev/shm"


class Stage(msgspec.Struct, frozen=True):
    """One pytest run. label: of the GPIO controller, as on a Pi 4 or a Pi 5; rpi_lgpio: needs that library."""

    name: str
    arguments: str
    label: str = "pinctrl-bcm2711"
    rpi_lgpio: bool = False


STAGES = (
    Stage("chips in the kernel", "tests/virtual_pi/inside/inside_balance_deck.py"),
    Stage("IMU driver over smbus2", "tests/virtual_pi/inside/inside_imu.py"),
    Stage("pin suite over gpiod", f"{_PIN_SUITE} gpiod"),
    Stage("pin suite over RPi.GPIO", f"{_PIN_SUITE} rpigpio", label="pinctrl-rp1", rpi_lgpio=True),
    Stage("acquire over gpiod", "tests/virtual_pi/inside/inside_acquire.py -k gpiod"),
    Stage("acquire over RPi.GPIO", "tests/virtual_pi/inside/inside_acquire.py -k rpigpio", rpi_lgpio=True),
)


class StageResult(msgspec.Struct, frozen=True):
    """What a stage's report says. problems: failures, errors and skips, each with its reason."""

    passed: int
    problems: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """The whole run. results: by stage name; not_run: stage name -> why it could not be; figures: as noted inside."""

    outcome: Outcome
    results: dict[str, StageResult]
    not_run: dict[str, str]
    figures: dict[str, float]


def run_stages(out: Path) -> Report:
    """Prepare what is needed, boot once, run every stage; raises CannotRunError when this machine cannot."""
    kernel = prepare()
    libraries, not_run = "", {}
    try:
        libraries = str(rpi_lgpio())
    except CannotRunError as error:
        not_run = {stage.name: str(error) for stage in STAGES if stage.rpi_lgpio}
    stages = [stage for stage in STAGES if stage.name not in not_run]
    out.mkdir(parents=True, exist_ok=True)
    (out / "stages.sh").write_text(_script(kernel, stages))
    environment = {
        "BALANCE_DECK": str(kernel.balance_deck),
        "FIGURES": f"{OUT}/figures",
        "PYTHONPATH": libraries,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    outcome = run(kernel, ["/bin/sh", f"{OUT}/stages.sh"], out, timeout_s=TIMEOUT_S, environment=environment)
    results = {stage.name: result for stage in stages if (result := _read(out / _report_name(stage))) is not None}
    return Report(outcome, results, not_run, _figures(out / "figures"))


def _script(kernel: Kernel, stages: list[Stage]) -> str:
    pytest = f"{shlex.quote(sys.executable)} -m pytest -c {shlex.quote(str(INSIDE / 'pytest.ini'))}"
    lines = [
        f"cd {shlex.quote(str(PROJECT))}",
        # a test process at FIFO priority must not be stopped for what pytest did before the test
        "echo -1 > /proc/sys/kernel/sched_rt_runtime_us",
    ]
    for stage in stages:
        lines += [
            f"echo '== {stage.name}'",
            f"insmod {shlex.quote(str(kernel.balance_deck))} label={stage.label}",
            f"{_RPI_LGPIO} {pytest} --rootdir . --junitxml={OUT}/{_report_name(stage)} {stage.arguments}",
            "rmmod balance_deck 2>/dev/null",  # a test may have done it
        ]
    return "\n".join(lines) + "\n"


def _report_name(stage: Stage) -> str:
    return stage.name.replace(" ", "-") + ".xml"


def _read(path: Path) -> StageResult | None:
    if not path.exists():
        return None
    passed, problems = 0, []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        passed += not bad
        problems += [f"{case.get('name')}: {child.tag}: {child.get('message')}\n{child.text or ''}" for child in bad]
    return StageResult(passed, tuple(problems))


def _figures(path: Path) -> dict[str, float]:
    figures: dict[str, float] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            figures |= json.loads(line)
    return figures
