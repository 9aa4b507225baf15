"""What a test needs to touch the real window: which screen is up, and where its buttons are on the glass.

Off unless BALANCE_STATION_KIOSK_TRACE is set: to `1` for standard error, or to a file's path. One line each:

    BUTTON <action> <x> <y> <width> <height>     px, from the top left of the window
    SCREEN <serial> <name>                       after the BUTTON lines of that screen, once it has been drawn
    PRESS <action> <serial>                      a digit of a PIN only as `digit`
    FIRST_FRAME <width>x<height> <renderer>
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TextIO

from kiosk_ui.secrecy import without_digit
from kiosk_ui.widgets.button import BigButton

VARIABLE: Final = "BALANCE_STATION_KIOSK_TRACE"


class Trace:
    """Writes trace lines, or nothing."""

    def __init__(self, out: TextIO | None) -> None:
        self._out = out

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Trace":
        """Return a trace as the environment asks for it."""
        wanted = environment.get(VARIABLE, "")
        if not wanted or wanted == "0":
            return cls(None)
        return cls(sys.stderr if wanted == "1" else Path(wanted).open("a", encoding="utf-8"))

    def first_frame(self, size: tuple[int, int], renderer: str) -> None:
        """Say that the first frame was drawn, and by what."""
        self._write(f"FIRST_FRAME {size[0]}x{size[1]} {renderer}")

    def screen(self, serial: int, name: str, buttons: list[BigButton], height_px: int) -> None:
        """Say what is on the glass now."""
        for button in buttons:
            x, y, width, height = (round(v) for v in (button.x, height_px - button.top, button.width, button.height))
            self._write(f"BUTTON {button.button.action} {x} {y} {width} {height}")
        self._write(f"SCREEN {serial} {name}")

    def press(self, action: str, serial: int) -> None:
        """Say that a touch counted."""
        self._write(f"PRESS {without_digit(action)} {serial}")

    def _write(self, line: str) -> None:
        if self._out is not None:
            self._out.write(line + "\n")
            self._out.flush()
