"""The ways to clock a frame out of an HX711, by name, and the chips of a deck that are read so."""

import importlib
from collections.abc import Callable
from typing import Final

from hardware.hx711 import ClockOut, CornerChip, Hx711
from hardware.pins import Lines, PinBank
from hardware.sensor import CORNERS
from hardware.shared_clock import SharedClock
from hardware.wiring import ReaderName

# name -> module, function (Lines) -> ClockOut
READERS: Final[dict[ReaderName, tuple[str, str]]] = {
    "frame": ("hardware.hx711", "frame_reader"),
    "adafruit": ("hardware.adafruit", "adafruit_reader"),
}


def find_reader(name: ReaderName) -> Callable[[Lines], ClockOut]:
    """Return what makes a `ClockOut` for some lines; that raises MissingLibraryError without its library."""
    module, function = READERS[name]
    found: Callable[[Lines], ClockOut] = getattr(importlib.import_module(module), function)
    return found


def build_chips(bank: PinBank, reader: ReaderName = "frame", *, shared_clock: bool = False) -> tuple[CornerChip, ...]:
    """Return the four chips of a bank, in the order of `CORNERS`, read by the named reader.

    Raises MissingLibraryError, and what the bank raises for lines that it does not have.
    """
    make = find_reader(reader)
    if shared_clock:
        lines = bank.shared_lines()
        return SharedClock(lines, make(lines)).chips
    own = [(channel, bank.lines(channel)) for channel in CORNERS]
    return tuple(Hx711(channel, lines, make(lines)) for channel, lines in own)
