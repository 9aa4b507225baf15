"""Reads HX711 frames with adafruit-circuitpython-hx711: its own `read_fast`, untouched, over any of our lines.

As shipped (1.1.2) that library cannot read on Linux: it calls `microcontroller.disable_interrupts`, which Blinka does
not have; its 1 us delays are `time.sleep`, which holds SCK high for 90 us and powers the chip down in every bit; its
`HX711.read` waits for ever on a dead chip, returns negative values as large positive ones, takes two conversions a
value, and notices no torn frame. Its public function `read_fast(clock_pin, data_pin, size)` is sound, given

* pins with a `value`: any `Lines`, wrapped here; the clock pin times its own high phases;
* a `microcontroller` whose delays are busy waits and which knows the two calls about interrupts, here without effect.

Everything else (waiting, time-outs, sign, flags, restarts) is `hardware.hx711`'s, so samples and flags are those of our
own reader; a frame takes about twice as long, and DOUT is read while SCK is high.

The library's file is executed into a module of our own, with stand-ins for `microcontroller` and `digitalio` in
`sys.modules` for just that moment. So it does not matter whether Blinka is installed (on a PC it may not be, on a Pi it
would claim to own the board), and a program that uses the library or Blinka itself sees nothing changed.
"""

import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable
from typing import Any, Final

from hardware.errors import MissingLibraryError
from hardware.hx711 import ClockOut
from hardware.pins import Lines

LIBRARY: Final = "adafruit_hx711.hx711"
PULSES: Final = 25

ReadFast = Callable[[Any, Any, int], int]


class ClockPin:
    """SCK as a CircuitPython output pin. longest_ns: the longest high phase since it was last set to 0."""

    def __init__(self, lines: Lines) -> None:
        self._sck, self._now_ns = lines.sck, lines.now_ns
        self._level = False
        self._rise_ns = 0
        self.longest_ns = 0
        self.fall_ns = 0

    @property
    def value(self) -> bool:
        """The level that SCK is driven to."""
        return self._level

    @value.setter
    def value(self, level: bool) -> None:
        if level:
            self._level = True
            self._rise_ns = self._now_ns()
            self._sck(1)
        elif self._level:  # the library also lowers a clock that is low already
            self._sck(0)
            self._level = False
            self.fall_ns = self._now_ns()
            self.longest_ns = max(self.longest_ns, self.fall_ns - self._rise_ns)


class DataPin:
    """DOUT as a CircuitPython input pin; on a shared clock line its value is all four levels, in lanes."""

    def __init__(self, lines: Lines) -> None:
        self._dout = lines.dout

    @property
    def value(self) -> int:
        """The level of DOUT."""
        return self._dout()


def adafruit_reader(lines: Lines) -> ClockOut:
    """Return the library's way to clock a frame out of these lines; raises MissingLibraryError without the library."""
    now_ns, dout = lines.now_ns, lines.dout

    def delay_us(microseconds: float) -> None:
        end_ns = now_ns() + int(microseconds * 1000)
        while now_ns() < end_ns:
            dout()  # passes the time: no sleep is this short, and virtual time moves with pin accesses

    read_fast = load_read_fast(delay_us)
    clock_pin, data_pin = ClockPin(lines), DataPin(lines)

    def clock_out() -> tuple[int, int, int]:
        clock_pin.longest_ns = 0
        bits = read_fast(clock_pin, data_pin, PULSES)
        return bits, clock_pin.longest_ns, clock_pin.fall_ns

    return clock_out


def load_read_fast(delay_us: Callable[[float], None]) -> ReadFast:
    """Return the library's `read_fast`, bound to this delay; raises MissingLibraryError without the library."""
    spec = _find(LIBRARY)
    microcontroller: Any = types.ModuleType("microcontroller")
    microcontroller.delay_us = delay_us
    microcontroller.disable_interrupts = microcontroller.enable_interrupts = _nothing
    digitalio: Any = types.ModuleType("digitalio")
    digitalio.DigitalInOut = object  # the library names it in annotations only
    stand_ins = {"microcontroller": microcontroller, "digitalio": digitalio}
    before = {name: sys.modules.get(name) for name in stand_ins}
    module = importlib.util.module_from_spec(spec)
    sys.modules.update(stand_ins)
    try:
        assert spec.loader is not None
        spec.loader.exec_module(module)
    finally:
        for name, known in before.items():
            if known is None:
                del sys.modules[name]
            else:
                sys.modules[name] = known
    read_fast: ReadFast = module.read_fast
    return read_fast


def _find(name: str) -> importlib.machinery.ModuleSpec:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        raise MissingLibraryError(
            'hardware.reader = "adafruit": the library adafruit-circuitpython-hx711 is not installed; install it with: '
            'pip install "balance-station[adafruit]", or take hardware.reader = "frame", which needs none'
        )
    return spec


def _nothing() -> None:
    """Stand in for what only a microcontroller can do: user space cannot hold interrupts off."""
