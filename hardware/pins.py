"""The pin contract: what the HX711 driver needs from whatever moves real or virtual GPIO lines.

Every chip has two lines of its own, SCK (we drive it) and DOUT (we read it): four chips, eight lines. A shared SCK
would save three lines and cost the timing: the chips' oscillators run free, so values of one shared frame are up to
12 ms apart, and each chip would be clocked while it updates.

Backends: `hardware.virtual.hx711` (pins of virtual chips in virtual time); GPIO lines of a Raspberry Pi.
"""

from abc import ABC, abstractmethod

from hardware.sensor import Channel


class Lines(ABC):
    """SCK and DOUT of one chip, and the clock that times them. The inner loop of the acquisition: keep it short.

    A backend MUST make each call return only when the line has been set or read, MUST take its time from the same
    clock as the edge times of its bank, and MUST NOT raise or sleep in `sck` and `dout` while the lines are open.
    It MAY return the same object for the same channel each time.
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

    A backend MUST watch every DOUT line for falling edges from the moment it is opened, MUST stamp each edge where it
    happens (kernel edge events: CLOCK_MONOTONIC ns) and not where it is noticed, MUST return each edge at most once,
    MUST leave every SCK low when opened and closed (a high SCK powers the chip down), and MUST NOT wait past
    `until_ns`. It MAY wake late. When one line has several edges waiting, only the newest counts: the conversions
    before it are overwritten in the chip. A line that is low already when the bank is opened has no edge; its chip
    shows itself at its next update, where an unread chip lifts DOUT for 75 us.
    """

    @abstractmethod
    def wait_ready(self, until_ns: int) -> tuple[Channel, int] | None:
        """Wait for the earliest falling edge of any DOUT that was not returned before.

        Returns the channel and the time of the edge, ns (which MAY lie before the call), or None once `until_ns`
        is reached. Raises BusError when the lines are gone.
        """

    @abstractmethod
    def lines(self, channel: Channel) -> Lines:
        """Return the lines of one channel; raises NotPresentError for a channel that the bank was not opened with."""

    @abstractmethod
    def close(self) -> None:
        """Release what this bank opened. Safe to call twice and on a half-built object."""
