"""From four free-running chips to one 100 Hz grid.

Each HX711 converts at its own 75-100 samples/s. Pairing k-th samples of four such chips is wrong by millimetres
(research: 2.6 mm RMS); interpolating every channel to the tick by its own timestamps is right to 0.01 mm.
"""

from collections import deque
from typing import Final

from hardware.sensor import Flag

# Samples/s. Below 75 the board's RATE pin is at 10 SPS or frames are lost; above 100 no HX711 exists (datasheet: 80).
RATE_LIMITS_HZ: Final = (75.0, 100.0)
NOMINAL_INTERVAL_NS: Final = 10_702_000  # measured on real boards: 93.4 samples/s (research, section 1.2)
SLOWEST_INTERVAL_NS: Final = 1e9 / RATE_LIMITS_HZ[0]
# A hole between good samples of more than two of the chip's own intervals is a gap (design: quality gates); the margin
# keeps a single lost sample (exactly two intervals, and some jitter) on the good side.
GAP_INTERVALS: Final = 2.25
_RATE_WINDOW: Final = 512  # good samples over which the rate is taken, about 5.5 s
_LEARNING: Final = 16  # the shortest of the first intervals is a single one, at any rate a board may have
_SMOOTHING: Final = 0.02
# plain integers: arithmetic with enum members costs more than the rest of a push
_SETTLING: Final = int(Flag.SETTLING)
_PERIOD: Final = int(Flag.PERIOD)


class ChannelTimebase:
    """One corner on the grid: linear interpolation between its good samples, its measured rate, its counters.

    Flagged samples are counted and left out; what they leave behind is bridged, and marked as a gap when it is longer
    than two sample intervals.
    """

    __slots__ = (
        "_after",
        "_before",
        "_conversions",
        "_index",
        "_interval_ns",
        "_learnt",
        "_pending",
        "flagged",
        "frames",
        "newest_good_ns",
        "newest_ns",
        "settling",
    )

    def __init__(self) -> None:
        self._pending: deque[tuple[int, int]] = deque()
        self._before: tuple[int, int] | None = None
        self._after: tuple[int, int] | None = None
        self._conversions: deque[tuple[int, int]] = deque(maxlen=_RATE_WINDOW)  # (number, time) of good samples
        self._index = 0
        self._interval_ns = 0.0
        self._learnt = 0
        self.newest_ns = 0
        self.newest_good_ns = 0
        self.frames = 0
        self.flagged = 0
        self.settling = 0

    def push(self, t_ns: int, counts: int, flags: int) -> None:
        """Take one sample. Samples that do not come later than the one before are flagged as impossible."""
        if flags & _SETTLING:
            self.settling += 1  # expected after power-up: neither used nor a fault
            return
        self.frames += 1
        if t_ns <= self.newest_ns:
            flags |= _PERIOD
        else:
            self.newest_ns = t_ns
        if flags:
            self.flagged += 1
            return
        self._number(t_ns)
        self.newest_good_ns = t_ns
        self._pending.append((t_ns, counts))

    def at(self, t_ns: int) -> tuple[float, bool] | None:
        """Return `(counts, good)` at a grid time, or None while no two good samples surround it.

        Grid times must not go backwards. `good` is False inside a gap.
        """
        pending = self._pending
        while self._after is None or self._after[0] < t_ns:
            if not pending:
                return None
            self._before, self._after = self._after, pending.popleft()
        before = self._before
        after_t, after_v = self._after
        if before is None:
            return (float(after_v), True) if after_t == t_ns else None
        before_t, before_v = before
        span = after_t - before_t
        value = before_v + (after_v - before_v) * ((t_ns - before_t) / span)
        interval_ns = min(max(self._interval_ns, NOMINAL_INTERVAL_NS), SLOWEST_INTERVAL_NS)
        return value, span <= GAP_INTERVALS * interval_ns

    def _number(self, t_ns: int) -> None:
        """Give this sample the number of its conversion, holes counted, so that lost frames do not lower the rate."""
        if not self.newest_good_ns:
            self._conversions.append((0, t_ns))
            return
        span_ns = t_ns - self.newest_good_ns
        if self._learnt < _LEARNING:
            self._learnt += 1
            self._interval_ns = min(self._interval_ns or span_ns, span_ns)
        steps = max(1, round(span_ns / self._interval_ns))
        if steps == 1:
            self._interval_ns += _SMOOTHING * (span_ns - self._interval_ns)
        self._index += steps
        self._conversions.append((self._index, t_ns))

    def rate_hz(self) -> float | None:
        """Return the chip's own rate over its last good samples, or None before there are 50."""
        if len(self._conversions) < 50:
            return None
        first_index, first_ns = self._conversions[0]
        last_index, last_ns = self._conversions[-1]
        return 1e9 * (last_index - first_index) / (last_ns - first_ns)
