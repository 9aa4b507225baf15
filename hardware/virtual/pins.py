"""The pins of virtual HX711 chips in virtual time: the pin backend of tests, of the demo and of every virtual deck."""

from collections.abc import Mapping

from hardware.clock import VirtualClock
from hardware.errors import NotPresentError, SettingError
from hardware.pins import LANE_BITS, Lines, PinBank
from hardware.sensor import CORNERS, Channel
from hardware.virtual.hx711 import VirtualHx711


class _SharedLines(Lines):
    """All chips on one SCK; `dout` reads every DOUT, as one access to the GPIO controller's level register does."""

    __slots__ = ("_chips", "_clock", "_gpio_ns")

    def __init__(self, chips: Mapping[Channel, VirtualHx711], clock: VirtualClock, gpio_ns: int) -> None:
        self._chips = tuple((LANE_BITS * CORNERS.index(channel), chip) for channel, chip in chips.items())
        self._clock, self._gpio_ns = clock, gpio_ns

    def sck(self, level: int) -> None:
        """Drive the one SCK, which each chip sees at the same moment."""
        self._clock.t_ns += self._gpio_ns
        for _, chip in self._chips:
            chip.sck(level)

    def dout(self) -> int:
        """Return every DOUT, in lanes."""
        self._clock.t_ns += self._gpio_ns
        levels = 0
        for shift, chip in self._chips:
            levels |= chip.dout() << shift
        return levels

    def now_ns(self) -> int:
        """Return the virtual time, ns."""
        return self._clock.t_ns

    def drain(self, until_ns: int) -> None:
        """Forget every chip's edges up to `until_ns`."""
        for _, chip in self._chips:
            chip.drain(until_ns)


class VirtualPinBank(PinBank):
    """The pins of some virtual chips on a virtual clock, which only `wait_ready` and pin accesses move.

    chips: one chip a channel; gpio_ns: virtual time that one pin access takes (1.5 us: mmap'd GPIO on a Pi);
    shared_clock: all chips hang on one SCK line.
    Whoever moves the clock past a chip's next update behind the bank's back loses that conversion, as on a real deck.
    """

    def __init__(
        self,
        chips: Mapping[Channel, VirtualHx711],
        clock: VirtualClock,
        gpio_ns: int = 1500,
        *,
        shared_clock: bool = False,
    ) -> None:
        self.description = "virtual pins"
        self.lost_edges: Mapping[Channel, int] = {}
        self._clock = clock
        self._chips = dict(chips)
        self._shared = _SharedLines(self._chips, clock, gpio_ns) if shared_clock else None
        for chip in self._chips.values():
            chip.attach(clock, 0 if shared_clock else gpio_ns)

    def wait_ready(self, until_ns: int) -> tuple[Channel, int, int] | None:
        """Jump to the earliest edge and return it, or to `until_ns` and return None."""
        first: tuple[Channel, VirtualHx711] | None = None
        first_ns = until_ns + 1
        for channel, chip in self._chips.items():
            edge_ns = chip.edge_ns()
            if edge_ns < first_ns:
                first, first_ns = (channel, chip), edge_ns
        if first is None:
            self._clock.sleep_until_ns(until_ns)
            return None
        self._clock.sleep_until_ns(first_ns)
        first[1].drain(first_ns)
        return first[0], first_ns, 0

    def lines(self, channel: Channel) -> Lines:
        """Return the chip's pins."""
        if self._shared is not None:
            raise SettingError("these virtual chips share one clock line: use shared_lines()")
        try:
            return self._chips[channel]
        except KeyError:
            known = ", ".join(c.label for c in self._chips) or "none"
            raise NotPresentError(f"no virtual chip on channel {channel!r}; this bank has: {known}") from None

    def shared_lines(self) -> Lines:
        """Return the one SCK with every DOUT."""
        if self._shared is None:
            raise SettingError("each of these virtual chips has a clock line of its own: use lines()")
        return self._shared

    def close(self) -> None:
        """Leave every SCK low."""
        for chip in self._chips.values():
            chip.sck(0)
