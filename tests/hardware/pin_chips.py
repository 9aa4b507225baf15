"""Four HX711s for the suite over pin backends: what it needs of them, and virtual ones behind every kind of library.

Other chips can be put in their place, where the lines are real to the kernel: see `Chips` and `conftest.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from hardware.clock import Clock, VirtualClock
from hardware.gpiod_pins import GpiodPinBank
from hardware.pin_backends import open_backend
from hardware.pins import PinBank
from hardware.rpigpio_pins import RpigpioPinBank
from hardware.sensor import CORNERS, Channel
from hardware.virtual.hx711 import Disturbance, VirtualHx711
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank
from hardware.wiring import Wiring
from tests.hardware.fake_gpiod import FakeGpiod
from tests.hardware.fake_rpigpio import FakeRpiGpio
from tests.hardware.line_world import LineWorld

Counts = Callable[[Channel, int], int]

COUNTS_REPEAT = 1024


class Chips(ABC):
    """Four powered HX711s (the suite has no IMU), one a corner, and ways to play faults on their lines.

    An implementation MUST take no constructor arguments, MUST let conversion k of a channel read
    `counts(channel, k % COUNTS_REPEAT)`, and MUST let the chips run free from `power_on` on, read or not.

    clock: the clock that the chips live by; clock_lines, data_lines: BCM numbers in the order of `CORNERS`, own clock
    lines; gpio_chip: path or label; stamp_error_ns: how far the stamp of an edge may be off beyond what the backend
    itself allows (interrupt latency of the machine).
    """

    clock: Clock
    clock_lines: tuple[int, int, int, int] = (5, 13, 20, 23)
    data_lines: tuple[int, int, int, int] = (6, 19, 21, 24)
    gpio_chip: str | None = None
    stamp_error_ns: int = 0

    @abstractmethod
    def power_on(self, counts: Counts, *, shared_clock: bool) -> None:
        """Power the chips up, with oscillators that differ by a few percent; on one clock line if that is asked for."""

    @abstractmethod
    def stick(self, channel: Channel, level: int | None) -> None:
        """Let DOUT stick at a level (1: unplugged with a pull-up, 0: shorted), or run again."""

    @abstractmethod
    def disturb(self, channel: Channel, disturbance: Disturbance) -> None:
        """Play a fault on the clock line in this chip's next frame."""

    @abstractmethod
    def power_downs(self, channel: Channel) -> int:
        """Return how often SCK was high for so long that the chip powered down."""

    @abstractmethod
    def period_ns(self, channel: Channel) -> float:
        """Return the time between two conversions."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the chips."""

    def lines_of_clock(self, *, shared: bool) -> tuple[int, int, int, int]:
        """Return the clock lines of the corners: four, or one four times."""
        first, *_ = self.clock_lines
        return (first, first, first, first) if shared else self.clock_lines

    def open(self, backend: str, *, shared_clock: bool) -> PinBank:
        """Open these lines through a backend, as the station does."""
        assert backend in ("gpiod", "rpigpio")
        wiring = Wiring(
            clock_lines=self.lines_of_clock(shared=shared_clock), data_lines=self.data_lines, gpio_chip=self.gpio_chip
        )
        return open_backend(backend, wiring, self.clock)


class VirtualChips(Chips):
    """Virtual chips in virtual time: as virtual pins, or behind stand-ins for the two GPIO libraries."""

    def __init__(self) -> None:
        self.clock: VirtualClock = VirtualClock(5_000_000_000)
        self.chips: dict[Channel, VirtualHx711] = {}

    def power_on(self, counts: Counts, *, shared_clock: bool) -> None:
        self.chips = {
            channel: VirtualHx711(
                Oscillator.from_seed(3, channel, self.clock.now_ns()),
                lambda k, t_ns, channel=channel: counts(channel, k % COUNTS_REPEAT),
            )
            for channel in CORNERS
        }

    def open(self, backend: str, *, shared_clock: bool) -> PinBank:
        clock_lines = self.lines_of_clock(shared=shared_clock)
        if backend == "virtual":
            return VirtualPinBank(self.chips, self.clock, shared_clock=shared_clock)
        world = LineWorld(self.chips, self.clock, clock_lines, self.data_lines)
        if backend == "gpiod":
            return GpiodPinBank(clock_lines, self.data_lines, "/dev/gpiochip0", self.clock, FakeGpiod(world))
        return RpigpioPinBank(clock_lines, self.data_lines, self.clock, FakeRpiGpio(world))

    def stick(self, channel: Channel, level: int | None) -> None:
        self.chips[channel].stuck = level

    def disturb(self, channel: Channel, disturbance: Disturbance) -> None:
        self.chips[channel].disturb(disturbance)

    def power_downs(self, channel: Channel) -> int:
        return self.chips[channel].power_downs

    def period_ns(self, channel: Channel) -> float:
        return self.chips[channel].oscillator.period_ns

    def close(self) -> None:
        pass
