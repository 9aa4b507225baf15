"""The fixed-rate loop: ticks on absolute deadlines, counts what came late, never lets lateness add up.

Lateness costs latency only: samples carry their own times, so a late tick works through what has arrived meanwhile.
"""

from collections.abc import Callable
from typing import Final

from hardware.clock import Clock
from hardware.lateness import LatenessHistogram
from station.messages import LoopStatus

TICK_HZ: Final = 100
TICK_NS: Final = 1_000_000_000 // TICK_HZ


class FixedRateLoop:
    """Calls `tick(now_ns)` at 100 Hz. A tick that begins after the next deadline is an overrun and is counted."""

    def __init__(self, clock: Clock, tick: Callable[[int], None], period_ns: int = TICK_NS) -> None:
        self._clock = clock
        self._tick = tick
        self._period_ns = period_ns
        self._lateness = LatenessHistogram()
        self._deadline_ns: int | None = None
        self.ticks = 0
        self.overruns = 0

    def step(self) -> None:
        """Wait for the next deadline and run one tick; missed deadlines are skipped and counted, not caught up."""
        if self._deadline_ns is None:
            self._deadline_ns = self._clock.now_ns() + self._period_ns
        self._clock.sleep_until_ns(self._deadline_ns)
        now_ns = self._clock.now_ns()
        late_ns = now_ns - self._deadline_ns
        self._lateness.add(late_ns)
        self.ticks += 1
        missed = late_ns // self._period_ns
        self.overruns += missed
        self._deadline_ns += (missed + 1) * self._period_ns
        self._tick(now_ns)

    def status(self) -> LoopStatus:
        """Return ticks, overruns and lateness so far."""
        return LoopStatus(self.ticks, self.overruns, self._lateness.status())
