"""A real X server without a screen, and a finger: starts Xvfb, clicks the kiosk's real window, takes pictures of it.

The kiosk says where its buttons are (BALANCE_STATION_KIOSK_TRACE); everything else goes through X as a user's would.
"""

import contextlib
import fnmatch
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from PIL import ImageGrab

POLL_S = 0.05
# A touch in the first 400 ms of a new screen does not count, and neither does a second one within 400 ms.
BETWEEN_TOUCHES_S = 0.5


class Place(NamedTuple):
    """Where a button is on the glass, px from the top left."""

    x: int
    y: int
    width: int
    height: int


class Shown(NamedTuple):
    """One screen that has been on the glass."""

    serial: int
    name: str
    buttons: dict[str, Place]


class XWindow:
    """One X display with the kiosk's window on it."""

    def __init__(self, display: str, trace: Path) -> None:
        self.display = display
        self.trace = trace

    @classmethod
    @contextlib.contextmanager
    def start_xvfb(cls, folder: Path, size: tuple[int, int] = (1280, 800)) -> Iterator["XWindow"]:
        """Start an X server of this size; fails with a clear message where Xvfb or xdotool is missing."""
        for program, package in (("Xvfb", "xvfb"), ("xdotool", "xdotool")):
            if shutil.which(program) is None:
                raise AssertionError(
                    f"{program} is not installed, and this test clicks a real window: apt install {package}"
                )
        reading, writing = os.pipe()
        screen = f"{size[0]}x{size[1]}x24"
        server = subprocess.Popen(
            # without a reset, which throws out whoever comes in as the last one leaves
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"],
            pass_fds=(writing,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        try:
            with os.fdopen(reading) as pipe:
                number = pipe.readline().strip()
            assert number, f"Xvfb ended with {server.wait(timeout=10)} before it had a display"
            yield cls(f":{number}", folder / "kiosk-trace.txt")
        finally:
            server.terminate()
            server.wait(timeout=10)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment for a process that shall show its kiosk here."""
        hidden = ("SDL_VIDEODRIVER", "WAYLAND_DISPLAY")
        kept = {
            name: value for name, value in os.environ.items() if name not in hidden and not name.startswith("KIVY_")
        }
        return {
            **kept,
            "DISPLAY": self.display,
            "SDL_AUDIODRIVER": "dummy",
            "BALANCE_STATION_KIOSK_TRACE": str(self.trace),
        }

    def screens(self) -> list[Shown]:
        """Return every screen that has been shown so far."""
        shown: list[Shown] = []
        buttons: dict[str, Place] = {}
        for line in self._lines():
            match line.split(" "):
                case ["BUTTON", action, *numbers]:
                    buttons[action] = Place(*map(int, numbers))
                case ["SCREEN", serial, name]:
                    shown.append(Shown(int(serial), name, buttons))
                    buttons = {}
        return shown

    def presses(self) -> list[str]:
        """Return the actions of the touches that counted."""
        return [line.split(" ")[1] for line in self._lines() if line.startswith("PRESS ")]

    def wait_for_screen(self, name: str, timeout_s: float = 30.0) -> Shown:
        """Return the screen of this name as soon as it is up; `name` may be a pattern (`calibrate.*`)."""
        return self._wait(lambda shown: _matches(shown.name, name), f"screen {name}", timeout_s)

    def wait_for_other_screen(self, before: Shown, timeout_s: float = 30.0) -> Shown:
        """Return the screen that is up as soon as it is another one than `before`."""
        return self._wait(lambda shown: shown[:2] != before[:2], "another screen", timeout_s)

    def click(self, action: str) -> None:
        """Touch the middle of a button of the screen that is up."""
        time.sleep(BETWEEN_TOUCHES_S)
        shown = self._wait(lambda shown: action in shown.buttons, f"a screen with a button {action}", 30.0)
        place = shown.buttons[action]
        self.touch(place.x + place.width // 2, place.y + place.height // 2)

    def click_through(self, action: str, timeout_s: float = 30.0) -> Shown:
        """Touch a button, again if need be, until another screen is up; returns it.

        Where values change all the time, a touch may name a screen that has just gone, and the station ignores it.
        """
        before = self.screens()[-1]
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if action in self.screens()[-1].buttons:
                self.click(action)
            with contextlib.suppress(AssertionError):
                return self._wait(lambda shown: shown.name != before.name, "another screen", 2.0)
        raise AssertionError(f"{before.name} stays, though {action} was touched for {timeout_s:g} s")

    def touch(self, x: int, y: int) -> None:
        """Touch the glass at a place and let go after a while."""
        # a finger rests for a moment
        self._xdotool("mousemove", str(x), str(y), "mousedown", "1", "sleep", "0.08", "mouseup", "1")

    def hold_staff_corner(self, width_px: int = 1280) -> Shown:
        """Hold the top right corner until that opens the staff mode; returns the screen that is up then."""
        time.sleep(BETWEEN_TOUCHES_S)
        before = self.screens()[-1]
        self._xdotool("mousemove", str(width_px - 40), "40", "mousedown", "1")
        try:
            return self._wait(lambda shown: shown.name != before.name, "the staff mode", 30.0)
        finally:
            self._xdotool("mouseup", "1")

    def key(self, name: str) -> None:
        """Press a key of a keyboard that should not matter."""
        self._xdotool("key", name)

    def screenshot(self, path: Path) -> None:
        """Save what is on the whole display."""
        path.parent.mkdir(parents=True, exist_ok=True)
        ImageGrab.grab(xdisplay=self.display).save(path)

    def _xdotool(self, *command: str) -> None:
        subprocess.run(["xdotool", *command], check=True, timeout=20, env={**os.environ, "DISPLAY": self.display})

    def _lines(self) -> list[str]:
        if not self.trace.exists():
            return []
        text = self.trace.read_text(encoding="utf-8")
        return text[: text.rfind("\n") + 1].splitlines()

    def _wait(self, wanted: Callable[[Shown], bool], what: str, timeout_s: float) -> Shown:
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            shown = self.screens()
            if shown and wanted(shown[-1]):
                return shown[-1]
            time.sleep(POLL_S)
        seen = [each.name for each in self.screens()]
        raise AssertionError(f"waited {timeout_s:g} s for {what}; screens so far: {seen}; trace: {self._lines()[-12:]}")


def _matches(name: str, wanted: str) -> bool:
    return fnmatch.fnmatchcase(name, wanted)


def artefacts(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for pictures that people look at after a test run."""
    return Path(environment.get("ARTEFACTS") or "artefacts")
