"""When an HX711 that is silent, or talks nonsense, is powered down and up again: a clock of deadlines, without pins.

    running --(no conversion for 250 ms, or 8 nonsense frames)--> waiting --(pause over)--> down --(10 ms)--> settling
       ^                                                            |  ^                                         |  |
       +--------------------(a conversion came by itself)-----------+  +-----------(nothing for 1 s)------------+  |
       +-----------------------------------(the first conversion)---------------------------------------------------+

Nothing here waits: whoever holds the pins asks `due` now and then (every 20 ms) and goes on with the other chips.
The pause before each further try grows, and shrinks back only after a hundred good frames, so that an unplugged cable
costs a power cycle a minute and not twenty a second. A chip that is plugged in again needs none: it starts by itself.
"""

from enum import Enum
from typing import Final

# Two of the longest conversions (10 samples/s less 10 %): DOUT that is high for longer is a chip that is powered down,
# unplugged or dead.
READY_TIMEOUT_NS: Final = 250_000_000
# Linux (drivers/iio/adc/hx711.c): a shorter reset pulse makes the first value after it unreliable, and the chip may
# take up to 1 s until it is ready; data sheet: 400 ms at 10 samples/s.
POWER_DOWN_NS: Final = 10_000_000
SETTLE_TIMEOUT_NS: Final = 1_000_000_000
NONSENSE_FRAMES: Final = 8  # in a row; a true -1 that reads as all ones comes in runs of one or two
PAUSES_NS: Final = tuple(seconds * 1_000_000_000 for seconds in (0, 1, 2, 4, 8, 16, 32, 60))
_PROVEN_FRAMES: Final = 100


class Step(Enum):
    """What the holder of the pins has to do now."""

    POWER_DOWN = "set SCK high"
    POWER_UP = "set SCK low"


class _State(Enum):
    RUNNING = 1
    WAITING = 2
    DOWN = 3
    SETTLING = 4


class RestartPolicy:
    """One chip's restarts.

    restarts: power cycles begun; ready_timeouts: how often no conversion came for 250 ms while the chip should run;
    settle_timeouts: how often none came within 1 s of a restart. All only grow.
    """

    def __init__(self, now_ns: int) -> None:
        self.restarts = self.ready_timeouts = self.settle_timeouts = 0
        self._state = _State.SETTLING  # it may have been powered up this moment
        self._deadline_ns = now_ns + SETTLE_TIMEOUT_NS
        self._tries = 0  # since the chip last proved itself
        self._nonsense = self._good = 0

    @property
    def powered_down(self) -> bool:
        """Return whether SCK is to be high now."""
        return self._state is _State.DOWN

    @property
    def running(self) -> bool:
        """Return whether conversions are coming, as far as is known."""
        return self._state is _State.RUNNING

    @property
    def given_up(self) -> bool:
        """Return whether the chip is left alone until its next restart."""
        return self._state is _State.WAITING

    def heard(self, ready_ns: int, *, good: bool, nonsense: bool) -> None:
        """Take note of a frame that was read; `nonsense` is one that no working chip sends."""
        if nonsense and self._state is not _State.RUNNING:
            return  # this is no sign of life
        self._state = _State.RUNNING
        self._deadline_ns = ready_ns + READY_TIMEOUT_NS
        if good:
            self._nonsense = 0
            self._good += 1
            if self._good >= _PROVEN_FRAMES:
                self._tries = 0
        elif nonsense:
            self._good = 0
            self._nonsense += 1
            if self._nonsense >= NONSENSE_FRAMES:
                self._wait(ready_ns)

    def due(self, now_ns: int) -> Step | None:
        """Return what is to be done now, if anything."""
        if now_ns < self._deadline_ns:
            return None
        if self._state is _State.RUNNING:
            self.ready_timeouts += 1
            self._wait(now_ns)
            if now_ns < self._deadline_ns:
                return None
        if self._state is _State.WAITING:
            self._state = _State.DOWN
            self._deadline_ns = now_ns + POWER_DOWN_NS
            self._tries += 1
            self.restarts += 1
            return Step.POWER_DOWN
        if self._state is _State.DOWN:
            self.restarted(now_ns)
            return Step.POWER_UP
        self.settle_timeouts += 1
        self._wait(now_ns)
        return None

    def restarted(self, now_ns: int) -> None:
        """Take note that SCK went low after a power-down, on whoever's account: the chip now has 1 s to be ready."""
        self._state = _State.SETTLING
        self._deadline_ns = now_ns + SETTLE_TIMEOUT_NS
        self._nonsense = self._good = 0

    def unwatched(self, now_ns: int) -> None:
        """Take note that nobody has looked until now: that silence says nothing about the chip."""
        self._deadline_ns = max(self._deadline_ns, now_ns + READY_TIMEOUT_NS)

    def _wait(self, now_ns: int) -> None:
        self._state = _State.WAITING
        self._deadline_ns = now_ns + PAUSES_NS[min(self._tries, len(PAUSES_NS) - 1)]
        self._nonsense = 0
