"""From a chip's own count to station time: the straight lines that keep within what was observed, and their middle.

A sensor counts ticks (LSM6DSOX) or samples (MPU) at its own rate, which is off by up to a few percent. An observation
says that a count was reached between two station times: a counter was read between them, or a sample was taken within
the period before a look at the FIFO. These are bounds and not measurements with noise, so the truth is a line within
all of them. Of the lines that are, the steepest and the flattest are found; rate and phase are those half-way between.
(A least-squares line can lie outside the bounds when observations keep in step with the chip for a while.)

Accuracy: `error_ns`, half of what the bounds leave open at the newest observation. For a counter some 0.1 ms at
400 kHz: its resolution and the time of the read, the latter a constant lag. For a FIFO's count half a period at worst,
see `hardware.mpu6050`. At the start the rate is taken to be within 3.5 % of nominal.
"""

from collections import deque
from typing import Final

OBSERVE_EVERY_NS: Final = 250_000_000
OBSERVE_AT_FIRST_EVERY_NS: Final = 20_000_000
_SPANS: Final = 8  # no time is extrapolated by more than an eighth of what the rate was taken over
_KEPT: Final = 40  # 10 s
_SLACK_NS: Final = 200_000
_RATE_WITHIN: Final = 0.035  # of nominal


class _Observation:
    """One count and its bounds; and the flattest and steepest slope that it leaves together with a later one."""

    __slots__ = ("earliest_ns", "flattest", "latest_ns", "steepest", "ticks")

    def __init__(self, ticks: int, earliest_ns: int, latest_ns: int, slopes: tuple[float, float]) -> None:
        self.ticks = ticks
        self.earliest_ns = earliest_ns
        self.latest_ns = latest_ns
        self.flattest, self.steepest = slopes


class ChipTime:
    """The lines for one chip since its count last started. Ticks must be unwrapped by the caller.

    tick_ns: the length of a tick, from the observations in use; error_ns: by how much a time may be off at the newest.
    """

    def __init__(self, tick_ns: float) -> None:
        """Start with a nominal tick length, ns."""
        self.tick_ns = tick_ns
        self.error_ns = 0.0
        self._slopes = (tick_ns * (1 - _RATE_WITHIN), tick_ns * (1 + _RATE_WITHIN))
        self._kept: deque[_Observation] = deque(maxlen=_KEPT)
        self._narrowest_ns = 0
        self._anchor_ticks = 0
        self._anchor_ns = 0
        self._beyond_ns = 0.0  # of the anchor
        self._due_ns = 0

    def is_due(self, now_ns: int) -> bool:
        """Return whether another observation would help now."""
        return now_ns >= self._due_ns

    @property
    def span_ns(self) -> int:
        """Return the time between the oldest and the newest observation in use."""
        return self._kept[-1].latest_ns - self._kept[0].latest_ns if self._kept else 0

    def observe(self, ticks: int, earliest_ns: int, latest_ns: int) -> bool:
        """Take note that the chip reached a count between two station times; return whether that was used.

        Counts must not fall. An observation much wider than the best one so far was interrupted, says little, and is
        left out; but the second says more than the nominal rate.
        """
        width_ns = latest_ns - earliest_ns
        if len(self._kept) > 1 and width_ns > 2 * self._narrowest_ns + _SLACK_NS:
            return False
        self._narrowest_ns = min(width_ns, self._narrowest_ns) if self._kept else width_ns
        if self._kept and self._kept[-1].ticks == ticks:  # nothing has happened since: both bounds hold
            last = self._kept.pop()
            # sorted: bounds that were made with a tick a little too short may leave nothing between them
            earliest_ns, latest_ns = sorted((max(earliest_ns, last.earliest_ns), min(latest_ns, last.latest_ns)))
        for old in self._kept:
            apart = ticks - old.ticks
            flattest = (earliest_ns - old.latest_ns) / apart
            steepest = (latest_ns - old.earliest_ns) / apart
            if flattest > old.flattest:
                old.flattest = flattest
            if steepest < old.steepest:
                old.steepest = steepest
        self._kept.append(_Observation(ticks, earliest_ns, latest_ns, self._slopes))
        self._fit()
        self._due_ns = latest_ns + min(max(self.span_ns // _SPANS, OBSERVE_AT_FIRST_EVERY_NS), OBSERVE_EVERY_NS)
        return True

    def station_ns(self, ticks: int) -> int:
        """Return the station time of a tick, ns. Needs one observation."""
        return self._anchor_ns + round(self._beyond_ns + (ticks - self._anchor_ticks) * self.tick_ns)

    def _fit(self) -> None:
        kept = self._kept
        while True:
            flattest = max([each.flattest for each in kept])
            steepest = min([each.steepest for each in kept])
            if flattest <= steepest or len(kept) == 1:
                break
            kept.popleft()  # no line is within all bounds: the chip's rate has wandered since the oldest
        newest = kept[-1]
        ticks, ns = newest.ticks, newest.latest_ns
        # seen from the newest observation, a flatter line through the older ones arrives earlier
        earliest = max([each.earliest_ns - ns + (ticks - each.ticks) * flattest for each in kept])
        latest = min([each.latest_ns - ns + (ticks - each.ticks) * steepest for each in kept])
        self.tick_ns = (flattest + steepest) / 2
        self.error_ns = abs(latest - earliest) / 2
        self._anchor_ticks, self._anchor_ns = ticks, ns
        self._beyond_ns = (earliest + latest) / 2
