"""The pin contract: what the HX711 readers need from whatever moves real or virtual GPIO lines.

Every chip has two lines of its own, SCK (we drive it) and DOUT (we read it): four chips, eight lines. A shared SCK
saves three lines and costs the timing (`hardware.shared_clock`), but decks that are wired so exist.

Backends, one file each: `hardware.gpiod_pins` (any Raspberry Pi, kernel edge times), `hardware.rpigpio_pins` (the
RPi.GPIO interface, polled), `hardware.virtual.pins` (pins of virtual chips in virtual time). `hardware.pin_backends`
chooses between the first two.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from hardware.errors import NotPresentError, SettingError
from hardware.sensor import CORNERS, Channel

LANE_BITS: Final = 32  # how far apart `PinBank.shared_lines` packs the levels of the four DOUT lines


class Lines(ABC):
    """SCK and DOUT of one chip, and the clock that times them. The inner loop of the acquisition: keep it short.

    A backend MUST make each call return only when the line has been set or read, MUST take its time from the same
    clock as the edge times of its bank, and MUST NOT sleep in `sck` and `dout`. It MAY return the same object for the
    same channel each time. Lines that vanish while they are open (only hardware that is unplugged does that) MAY
    raise OSError from any call.
    """

    __slots__ = ()

    @abstractmethod
    def sck(self, level: int) -> None:
        """Drive SCK to 0 or 1. Setting the level it already has does nothing."""

    @abstractmethod
    def dout(self) -> int:
        """Return the level of DOUT now, 0 or 1."""

    @abstractmethod
    def now_ns(self) -> int:
        """Return the time now on the bank's clock, ns. MUST NOT go backwards; costs no pin access."""

    @abstractmethod
    def drain(self, until_ns: int) -> None:
        """Forget the falling edges of DOUT up to and including `until_ns` that `wait_ready` has not returned yet.

        The driver calls this after each frame with the time at which the frame ended: until then DOUT carried data
        bits, whose falling edges say nothing about readiness. Later edges MUST be kept.
        """


class PinBank(ABC):
    """The lines of all chips of one deck.

    A backend MUST watch every DOUT line for falling edges from the moment it is opened, MUST return each edge at most
    once, MUST leave every SCK low when opened and closed (a high SCK powers the chip down), and MUST NOT wait past
    `until_ns`. It MUST stamp each edge where it happens (kernel edge events: CLOCK_MONOTONIC ns); one that cannot MUST
    be `polled`, and MUST say with each edge by how much its stamp may be off. It MAY wake late. When one line has
    several edges waiting, only the newest counts: the conversions before it are overwritten in the chip. A line that is
    low already when the bank is opened has no edge; its chip shows itself at its next update, where an unread chip
    lifts DOUT for 75 us. A backend MAY return an edge that was none (a data bit whose edge the kernel stamped late,
    noise): readers look again.

    description: what this is, in words, e.g. `gpiod on /dev/gpiochip0 (pinctrl-rp1)`; lost_edges: channel -> edges
    that are known to have happened and were not seen; polled: whether an edge is only known to lie between two looks.
    """

    polled: ClassVar[bool] = False
    description: str
    lost_edges: Mapping[Channel, int]

    @abstractmethod
    def wait_ready(self, until_ns: int) -> tuple[Channel, int, int] | None:
        """Wait for the earliest falling edge of any DOUT that was not returned before.

        Returns the channel, the time of the edge, ns (which MAY lie before the call), and by how much that may be off
        either way, ns (0 where the kernel stamps edges), or None once `until_ns` is reached. Raises BusError when the
        lines are gone.
        """

    def look(self) -> None:  # noqa: B027
        """Take note of the lines as they are now, before something that takes long. Only a polled bank has to."""

    @abstractmethod
    def lines(self, channel: Channel) -> Lines:
        """Return the lines of one channel.

        Raises NotPresentError for a channel that the bank was not opened with, SettingError when all chips share one
        clock line.
        """

    @abstractmethod
    def shared_lines(self) -> Lines:
        """Return the one SCK line that drives all chips, with all their DOUT lines.

        Its `dout` returns the levels of all four, that of `CORNERS[i]` in bit `LANE_BITS * i`, so that shifting four
        values in takes the same steps as one; its `drain` forgets edges of all four. Raises SettingError when each
        chip has a clock line of its own.
        """

    @abstractmethod
    def close(self) -> None:
        """Release what this bank opened. Safe to call twice and on a half-built object."""


def own_lane(channel: Channel, clock_lines: Sequence[int]) -> int:
    """Return the place in `CORNERS` of a chip whose clock line is its own; raises what `PinBank.lines` raises."""
    if channel not in CORNERS:
        raise NotPresentError(f"no HX711 lines for {channel.label}: a deck has them at its four corners")
    if len(set(clock_lines)) == 1:
        raise SettingError(f"BCM line {clock_lines[0]} clocks all four chips: use shared_lines()")
    return CORNERS.index(channel)


def shared_clock_line(clock_lines: Sequence[int]) -> int:
    """Return the BCM line that clocks all four chips; raises what `PinBank.shared_lines` raises."""
    if len(set(clock_lines)) > 1:
        raise SettingError(f"each chip has a clock line of its own (BCM {clock_lines}): use lines()")
    return clock_lines[0]
