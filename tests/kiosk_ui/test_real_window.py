"""The kiosk as a process with a real window on a real X server, touched through X, over a real socket."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kiosk_ui.examples import example
from station.config import Config, KioskConfig, StationConfig, dump_config
from station.messages import Live, StaffLive
from station.screens import Button, Progress, ResultView, ScreenModel, StaffPanel
from tests.kiosk_ui.scripted_station import ScriptedStation, wait_until
from tests.kiosk_ui.xwindow import XWindow, artefacts

ROOT = Path(__file__).parents[2]
ALWAYS = (Button("stop", "Stop", "stop"), Button("help", "Help", "help"), Button("again", "Say again", "again"))
VISIT = [
    ScreenModel(
        "attract", "attract", "Check your balance", "Touch Start, or step on.", (Button("start", "Start"),), "step-on"
    ),
    ScreenModel(
        "question.unsteady",
        "choice",
        "Do you feel unsteady when you stand or walk?",
        buttons=(Button("yes", "Yes"), Button("no", "No"), *ALWAYS),
        progress=Progress(1, 3),
    ),
    ScreenModel("measure.quiet-stance", "measure", "Stand still", "Look at the cross.", ALWAYS, ring_s=35.0),
    ScreenModel(
        "result",
        "result",
        "Your balance today",
        buttons=(Button("finish", "Done"), *ALWAYS[1:]),
        result=ResultView("Steady", ("You stood still.", "Walking helps you."), "Show this at your next visit.", 0.3),
    ),
    ScreenModel("thanks", "message", "Thank you", "This screen now forgets your answers."),
]
RUN = (
    "import logging, sys\n"
    "from pathlib import Path\n"
    "from kiosk_ui.app import main\n"
    "from station.config import load_config\n"
    "logging.basicConfig(level='INFO')\n"
    "beats = []\n"
    "code = main(load_config(Path(sys.argv[1])), beat=lambda: beats.append(1))\n"
    "print('BEATS', len(beats))\n"
    "sys.exit(code)\n"
)


@pytest.fixture(scope="module")
def xwindow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XWindow]:
    with XWindow.start_xvfb(tmp_path_factory.mktemp("x")) as window:
        yield window


@pytest.fixture
def kiosk(xwindow: XWindow, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    config = Config(station=StationConfig(runtime_dir=str(tmp_path)), kiosk=KioskConfig(fullscreen=True))
    file = tmp_path / "station.toml"
    file.write_text(dump_config(config))
    xwindow.trace.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(file)],
        env=xwindow.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate(timeout=10)


def test_a_visit_can_be_clicked_through_from_welcome_to_thanks(
    xwindow: XWindow, kiosk: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    pictures = artefacts() / "kiosk_ui"
    xwindow.wait_for_screen("kiosk.wait", timeout_s=60)
    with ScriptedStation(tmp_path / "station.sock", VISIT) as station:
        xwindow.wait_for_screen("attract")
        xwindow.screenshot(pictures / "1-attract.png")
        xwindow.key("Escape")  # and no keyboard ends it
        xwindow.key("F1")
        xwindow.click("start")
        xwindow.wait_for_screen("question.unsteady")
        xwindow.screenshot(pictures / "2-question.png")
        xwindow.click("again")
        wait_until(lambda: [press.action for press in station.presses()][-1] == "again", "say again")
        xwindow.click("no")
        shown = xwindow.wait_for_screen("measure.*")
        assert {"stop", "help", "again"} <= set(shown.buttons)
        station.send(Live(station.serial, True, 1.0, ring_left_s=21.0))
        xwindow.screenshot(pictures / "3-measure.png")
        xwindow.click("help")
        wait_until(lambda: [press.action for press in station.presses()][-1] == "help", "help")
        xwindow.click("stop")
        xwindow.wait_for_screen("result")
        xwindow.screenshot(pictures / "4-result.png")
        xwindow.click("finish")
        xwindow.wait_for_screen("thanks")
        actions = [press.action for press in station.presses()]
        assert actions == ["start", "again", "no", "help", "stop", "finish"] == xwindow.presses()
    from PIL import Image

    with Image.open(pictures / "4-result.png") as image:
        assert image.size == (1280, 800)
        assert image.convert("RGB").getpixel((2, 2)) == (0xF6, 0xF8, 0xFB), "the window fills the glass"
    kiosk.send_signal(signal.SIGTERM)
    output, _ = kiosk.communicate(timeout=20)
    assert kiosk.returncode == os.EX_OK, output
    assert "FIRST_FRAME 1280x800 drawn by" in output
    assert "BEATS" in output
    assert "Traceback" not in output


def staff_script() -> list[ScreenModel]:
    pin = example("staff.pin").model
    typing = [msgspec.structs.replace(pin, staff=StaffPanel(digits=count)) for count in range(5)]
    return [
        example("attract").model,
        *typing,
        *(
            example(name).model
            for name in (
                "staff.menu",
                "calibrate.weights",
                "calibrate.warm-up",
                "calibrate.level",
                "calibrate.read.empty",
                "calibrate.read.place",
            )
        ),
    ]


def test_staff_hold_the_corner_type_their_pin_and_click_through_to_the_reading(
    xwindow: XWindow, kiosk: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    pictures = artefacts() / "kiosk_ui_staff"
    with ScriptedStation(tmp_path / "station.sock", staff_script()) as station:
        xwindow.wait_for_screen("attract", timeout_s=60)
        shown = xwindow.hold_staff_corner()
        assert shown.name == "staff.pin"
        for digit in "2589":
            xwindow.click(f"digit.{digit}")
            shown = xwindow.wait_for_other_screen(shown)
        xwindow.screenshot(pictures / "1-pin.png")
        xwindow.click("enter")
        for number, (screen, action) in enumerate(
            (("staff.menu", "calibrate"), ("calibrate.weights", "go"), ("calibrate.warm-up", "pause"),
             ("calibrate.level", "go"), ("calibrate.read.empty", "pause")), 2):  # fmt: skip
            xwindow.wait_for_screen(screen)
            xwindow.screenshot(pictures / f"{number}-{screen}.png")
            xwindow.click(action)
        reading = xwindow.wait_for_screen("calibrate.read.place")
        station.send(Live(station.serial, True, 1.0, staff=StaffLive(0.4, 0.3)))
        xwindow.screenshot(pictures / "7-calibrate.read.place.png")
        assert {"undo", "pause"} <= set(reading.buttons)
        typed = ["digit.2", "digit.5", "digit.8", "digit.9"]
        clicked = ["calibrate", "go", "pause", "go", "pause"]
        assert [press.action for press in station.presses()] == ["staff", *typed, "enter", *clicked]
    # neither what the kiosk wrote down for this test nor its log knows the digits
    assert xwindow.presses() == ["staff", *4 * ["digit"], "enter", *clicked]
    kiosk.send_signal(signal.SIGTERM)
    output, _ = kiosk.communicate(timeout=20)
    assert kiosk.returncode == os.EX_OK, output
    assert "digit." not in output
    assert "Traceback" not in output


def test_a_kiosk_that_is_killed_and_started_again_shows_where_the_visit_is(
    xwindow: XWindow, kiosk: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    with ScriptedStation(tmp_path / "station.sock", VISIT) as station:
        xwindow.wait_for_screen("attract", timeout_s=60)
        kiosk.kill()
        kiosk.communicate(timeout=10)
        station.go_to_quietly(2)
        again = subprocess.Popen(kiosk.args, env=xwindow.environment, cwd=ROOT, stderr=subprocess.DEVNULL, text=True)
        try:
            assert xwindow.wait_for_screen("measure.quiet-stance", timeout_s=60).serial == 3
        finally:
            again.terminate()
            assert again.wait(timeout=20) == os.EX_OK
