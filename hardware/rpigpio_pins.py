"""The HX711 lines through the RPi.GPIO interface: RPi.GPIO itself (Pi 1 to 4), or rpi-lgpio, its double (any Pi).

That interface gives no times. Its edge callbacks are told the line and nothing else (rpi-lgpio has the kernel's time
and drops it), by a thread of their own, which has to wait for Python's global lock and steals time from the clock
pulses; with RPi.GPIO they also fail on kernels without GPIO sysfs (6.6 and newer: "Failed to add edge detection"). So
DOUT is polled, by the one thread there is.

What is known of an edge, then, is that it lies between the last look that saw DOUT high and the first that saw it low.
Its stamp is the middle, and may be off by half of what lies between: 0.15 ms while nothing else is done (`POLL_NS`, and
some 60 us by which a sleep overruns without real-time priority), half a frame while another chip is read, half a drain
of an IMU. The driver flags what may be off by more than a tenth of a conversion. 0.5 ms at a sway of 20 mm/s is
0.01 mm, and the line that the station fits through a chip's stamps averages that out.

The 75 us for which a chip that was not read lifts DOUT are shorter than a pause between looks, so a line that stays low
is looked at more often for a while; what is missed even so is a conversion that is late, and flagged. Some 5 % of one
core of a Pi 4 should go into looking (an estimate: 5,000 looks a second). `hardware.gpiod_pins` has none of these
costs: prefer it.

Nothing tells this interface who else holds a line, either. RPi.GPIO is imported here only, when a bank is opened.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Any, Final

from hardware.clock import Clock, MonotonicClock
from hardware.errors import (
    BusError,
    HardwareError,
    MissingLibraryError,
    NotAllowedError,
    NotPresentError,
)
from hardware.pins import LANE_BITS, Lines, PinBank, own_lane, shared_clock_line
from hardware.sensor import CORNERS, Channel

POLL_NS: Final = 200_000
HUNT_NS: Final = 25_000_000  # two conversions: for so long a line that stays low is looked at more often
HUNT_POLL_NS: Final = 20_000  # a sleep all the same: systemd ends a real-time process that never sleeps (LimitRTTIME)

_PI_5: Final = (
    "RPi.GPIO does not run on a Raspberry Pi 5, whose lines hang on another chip; use hardware.backend = "
    '"gpiod" (what "auto" takes), or install rpi-lgpio in RPi.GPIO\'s place: pip uninstall RPi.GPIO; '
    "pip install rpi-lgpio"
)
_NOT_A_PI: Final = (
    'this is not a Raspberry Pi (RPi.GPIO says so); on a PC use hardware.backend = "virtual", on another board "gpiod"'
)


class RpigpioLines(Lines):
    """SCK and DOUT of one chip. RPi.GPIO sets and reads registers in memory: well below 1 us a call on a Pi 4."""

    __slots__ = ("_bank", "_clock_line", "_data_line", "_input", "_lane", "_now_ns", "_output")

    def __init__(self, bank: "RpigpioPinBank", clock_line: int, data_line: int, lane: int) -> None:
        self._bank, self._clock_line, self._data_line, self._lane = bank, clock_line, data_line, lane
        self._output, self._input, self._now_ns = bank.output, bank.input, bank.clock.now_ns

    def sck(self, level: int) -> None:
        """Drive SCK."""
        self._output(self._clock_line, level)

    def dout(self) -> int:
        """Return DOUT."""
        return 1 if self._input(self._data_line) else 0

    def now_ns(self) -> int:
        """Return CLOCK_MONOTONIC, ns."""
        return self._now_ns()

    def drain(self, until_ns: int) -> None:
        """Look for the next fall from then on: between two looks, data bits cannot be seen."""
        self._bank.forget(self._lane, until_ns)


class _SharedRpigpioLines(RpigpioLines):
    """One SCK, and all DOUT lines, read one after the other."""

    __slots__ = ("_data_lines",)

    def __init__(self, bank: "RpigpioPinBank", clock_line: int, data_lines: Sequence[int]) -> None:
        super().__init__(bank, clock_line, data_lines[0], 0)
        self._data_lines = tuple(reversed(data_lines))

    def dout(self) -> int:
        levels, read = 0, self._input
        for line in self._data_lines:
            levels <<= LANE_BITS
            if read(line):
                levels |= 1
        return levels

    def drain(self, until_ns: int) -> None:
        for lane in range(len(self._data_lines)):
            self._bank.forget(lane, until_ns)


class RpigpioPinBank(PinBank):
    """The lines of four chips, by BCM number.

    clock_lines, data_lines: in the order of `CORNERS`; four equal clock lines are one shared line. clock: what times
    the looks and sleeps between them. library: the RPi.GPIO module, None imports it.

    Raises MissingLibraryError, NotPresentError (not a Pi, or a Pi 5), NotAllowedError, BusError (a line that cannot be
    set up).
    """

    polled = True

    def __init__(
        self,
        clock_lines: Sequence[int],
        data_lines: Sequence[int],
        clock: Clock | None = None,
        library: Any = None,
    ) -> None:
        self._closed = True  # until the lines are set up
        self.clock = clock or MonotonicClock()
        self._clock_lines, self._data_lines = tuple(clock_lines), tuple(data_lines)
        self.lost_edges = dict.fromkeys(CORNERS, 0)
        self._gpio = gpio = library or _library()
        self.output, self.input = gpio.output, gpio.input
        try:
            gpio.setwarnings(False)  # it warns of lines that an earlier, killed acquire has left set up
            gpio.setmode(gpio.BCM)
            self._closed = False
            for line in dict.fromkeys(clock_lines):
                gpio.setup(line, gpio.OUT, initial=gpio.LOW)
            for line in data_lines:
                # pulled up for the reason given in hardware.gpiod_pins: an unplugged line must read as "not ready"
                gpio.setup(line, gpio.IN, pull_up_down=gpio.PUD_UP)
        except _library_errors() as error:
            self.close()
            raise _explain(error) from error
        provider = "rpi-lgpio" if hasattr(gpio, "lgpio") else "RPi.GPIO"
        self.description = f"{provider} {gpio.VERSION}, polled every {POLL_NS // 1000} us"
        # When each line was last known to be high, None since it was seen low. One that is low now has no edge: it is
        # hunted until its chip lifts it at the next update.
        self._high_ns: list[int | None] = [None] * len(self._data_lines)
        self._hunt_until_ns = [self.clock.now_ns() + HUNT_NS] * len(self._data_lines)
        self._hunting = False
        self._fallen: dict[int, tuple[int, int]] = {}  # lane -> between which times it fell

    def wait_ready(self, until_ns: int) -> tuple[Channel, int, int] | None:
        """Look at every DOUT until one has fallen; sleep in between."""
        now_ns, fallen = self.clock.now_ns, self._fallen
        while True:
            self.look()
            if fallen:
                lane = next(iter(fallen))
                high_ns, low_ns = fallen.pop(lane)
                return CORNERS[lane], (high_ns + low_ns) // 2, (low_ns - high_ns + 1) // 2
            left_ns = until_ns - now_ns()
            if left_ns <= 0:
                return None
            self.clock.sleep_until_ns(now_ns() + min(left_ns, HUNT_POLL_NS if self._hunting else POLL_NS))

    def forget(self, lane: int, high_ns: int) -> None:
        """Take it that DOUT was high at `high_ns`, which is when pulse 25 left it so, and forget that it had fallen."""
        self._high_ns[lane] = high_ns
        self._fallen.pop(lane, None)

    def look(self) -> None:
        """Look at every DOUT, and note which have fallen: while the first of them is read, nobody sees the others."""
        read, now_ns, seen_high_ns = self.input, self.clock.now_ns, self._high_ns
        self._hunting = False
        for lane, line in enumerate(self._data_lines):
            before_ns = now_ns()
            high_ns = seen_high_ns[lane]
            if read(line):
                seen_high_ns[lane] = before_ns
            elif high_ns is not None:
                low_ns = now_ns()
                self._fallen[lane] = high_ns, low_ns
                seen_high_ns[lane] = None
                self._hunt_until_ns[lane] = low_ns + HUNT_NS
            elif self._hunt_until_ns[lane] > before_ns:
                self._hunting = True

    def lines(self, channel: Channel) -> Lines:
        """Return the lines of one chip."""
        lane = own_lane(channel, self._clock_lines)
        return RpigpioLines(self, self._clock_lines[lane], self._data_lines[lane], lane)

    def shared_lines(self) -> Lines:
        """Return the clock line that all chips share, with their data lines."""
        return _SharedRpigpioLines(self, shared_clock_line(self._clock_lines), self._data_lines)

    def close(self) -> None:
        """Give the data lines back. The clock lines stay outputs, low: set free, they would float up."""
        if not self._closed:
            self._closed = True
            for line in dict.fromkeys(self._clock_lines):
                _quietly(self._gpio.output, line, 0)
            _quietly(self._gpio.cleanup, list(self._data_lines))


def _library() -> Any:
    try:
        return importlib.import_module("RPi.GPIO")
    except ImportError as error:
        raise MissingLibraryError(
            f"the library RPi.GPIO is not installed ({error}); install it with: pip install "
            '"balance-station[rpigpio]" (Pi 1 to 4; needs a C compiler), or: pip install rpi-lgpio (any Pi)'
        ) from error
    except RuntimeError as error:
        raise _explain(error) from error


def _library_errors() -> tuple[type[Exception], ...]:
    """Return what the interface's two providers raise; lgpio's own error is known only once rpi-lgpio is loaded."""
    lgpio = sys.modules.get("lgpio")
    return (RuntimeError, OSError, ValueError, *((lgpio.error,) if lgpio is not None else ()))


def _explain(error: Exception) -> HardwareError:
    text = str(error)
    if "can only be run on a Raspberry Pi" in text:
        return NotPresentError(_NOT_A_PI)
    if "peripheral base address" in text:
        return NotPresentError(_PI_5)
    if "No access to /dev/" in text or isinstance(error, PermissionError):
        return NotAllowedError(
            13, f"RPi.GPIO: {text}: add this user to the group gpio (sudo usermod -aG gpio USER, then log in again)"
        )
    return BusError(5, f"RPi.GPIO: {type(error).__name__}: {text}; is a line held by another program or an overlay?")


def _quietly(call: Any, *arguments: Any) -> None:
    try:
        call(*arguments)
    except _library_errors():
        pass
