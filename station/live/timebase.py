"""From four free-running chips to one 100 Hz grid.

Each HX711 converts at its own 75-100 samples/s. Pairing k-th samples of four such chips is wrong by millimetres
(research: 2.6 mm RMS); interpolating every channel to the tick by its own timestamps is right to 0.01 mm.

A channel's conversions are numbered, holes counted, and a line is fitted through number and time of the newest of
them: rate and phase of that chip's own oscillator. A sample's time is the line's, so a moment that was noticed late
does not bend the signal. From it two conversions are taken off: the converter's filter settles over four, so what is
ready now describes the load two conversions ago.

Known latency, from the movement to the row of the grid: those two conversions, up to one more until the next sample,
and what acquire holds a sample back for; `latency_ms` says how much it is.
"""

from collections import deque
from typing import Final

from hardware.sensor import Flag
from station.live.line_fit import SlidingLine
from station.live.noise import RunningNoise

# Samples/s. Below 75 the board's RATE pin is at 10 SPS or frames are lost; above 100 no HX711 exists (datasheet: 80).
RATE_LIMITS_HZ: Final = (75.0, 100.0)
NOMINAL_INTERVAL_NS: Final = 10_702_000  # measured on real boards: 93.4 samples/s (research, section 1.2)
SLOWEST_INTERVAL_NS: Final = 1e9 / RATE_LIMITS_HZ[0]
# Data sheet: output settles four conversions after a step; its symmetric filter lags by half of that.
GROUP_DELAY_CONVERSIONS: Final = 2
# A hole between good samples of more than two of the chip's own intervals is a gap (design: quality gates); the margin
# keeps a single lost sample (exactly two intervals, and some jitter) on the good side.
GAP_INTERVALS: Final = 2.25
_FIT_WINDOW: Final = 128  # 1.4 s: keeps a fifth of the jitter; an oscillator that drifts 1 % a minute is 30 us off
_FIT_FEWEST: Final = 16  # before, a sample's time is the one it came with
_RATE_FEWEST: Final = 50
_LEARNING: Final = 16  # the shortest of the first intervals is a single one, at any rate a board may have
_SMOOTHING: Final = 0.02
_RESET_AFTER: Final = (
    3  # a longer silence may have been a reset, after which the oscillator starts at a phase of its own
)
# A moment this far off the line says nothing about the oscillator: an edge noticed late. It is placed by the line.
# Half a millisecond covers a busy kernel; an oscillator that jumps is off by more, again and again.
_FAR_NS: Final = 500_000
_FOLLOW_AFTER: Final = 6  # so many in a row, and it is the line that is wrong
_NOISE_WINDOW: Final = 465  # five seconds at 93 samples/s
# plain integers: arithmetic with enum members costs more than the rest of a push
_SETTLING: Final = int(Flag.SETTLING)
_PERIOD: Final = int(Flag.PERIOD)


class ChannelTimebase:
    """One corner on the grid: linear interpolation between its good samples, its measured rate, its counters.

    Flagged samples are counted and left out; what they leave behind is bridged, and marked as a gap when it is longer
    than two sample intervals. `newest_good_ns` is when the newest good sample was ready; `reaches_ns` the time of the
    load that it describes: up to there `at` can answer.
    """

    __slots__ = (
        "_after",
        "_before",
        "_far",
        "_index",
        "_interval_ns",
        "_learnt",
        "_line",
        "_pending",
        "by_flags",
        "flagged",
        "frames",
        "newest_counts",
        "newest_good_ns",
        "newest_ns",
        "noise",
        "reaches_ns",
        "settling",
    )

    def __init__(self) -> None:
        self._pending: deque[tuple[int, int]] = deque()
        self._before: tuple[int, int] | None = None
        self._after: tuple[int, int] | None = None
        self._line = SlidingLine(_FIT_WINDOW)
        self._index = 0
        self._interval_ns = 0.0
        self._learnt = 0
        self._far = 0
        self.newest_ns = 0
        self.newest_good_ns = 0
        self.reaches_ns = 0
        self.frames = 0
        self.flagged = 0
        self.settling = 0
        self.by_flags: dict[int, int] = {}  # flags as they came -> frames
        self.newest_counts: int | None = None
        self.noise = RunningNoise(_NOISE_WINDOW)

    def push(self, t_ns: int, counts: int, flags: int) -> None:
        """Take one sample. Samples that do not come later than the one before are flagged as impossible."""
        if flags & _SETTLING:
            self.settling += 1  # expected after power-up: neither used nor a fault
            self._line.restart()
            return
        self.frames += 1
        if t_ns <= self.newest_ns:
            flags |= _PERIOD
        else:
            self.newest_ns = t_ns
        if flags:
            self.flagged += 1
            self.by_flags[flags] = self.by_flags.get(flags, 0) + 1
            return
        before = self.newest_counts
        if before is not None:
            self.noise.add((counts - before) ** 2)
        self.newest_counts = counts
        load_ns = self._when(t_ns)
        self.newest_good_ns = t_ns
        if load_ns > self.reaches_ns:  # a line that has just been drawn anew may place a sample before the last one
            self.reaches_ns = load_ns
            self._pending.append((load_ns, counts))

    def at(self, t_ns: int) -> tuple[float, bool] | None:
        """Return `(counts, good)` of the load at a grid time, or None while no two good samples surround it.

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

    def _when(self, t_ns: int) -> int:
        """Return the time of the load that a good sample, ready at `t_ns`, describes."""
        line = self._line
        index = self._number(t_ns)
        ready_ns = t_ns
        if len(line) >= _FIT_FEWEST and abs(t_ns - line.at(index)) > _FAR_NS:
            self._far += 1
            if self._far < _FOLLOW_AFTER:
                return line.at(index) - self._delay_ns()
            line.restart()
        self._far = 0
        line.push(index, t_ns)
        if len(line) >= _FIT_FEWEST:
            ready_ns = line.at(index)
        return ready_ns - self._delay_ns()

    def _delay_ns(self) -> int:
        period_ns = self._line.slope if len(self._line) >= _FIT_FEWEST else None
        return round(GROUP_DELAY_CONVERSIONS * (period_ns or self._interval_ns or NOMINAL_INTERVAL_NS))

    def _number(self, t_ns: int) -> int:
        """Return the number of this sample's conversion, holes counted, so that lost frames do not lower the rate."""
        if not self.newest_good_ns:
            return self._index
        span_ns = t_ns - self.newest_good_ns
        if self._learnt < _LEARNING:
            self._learnt += 1
            self._interval_ns = min(self._interval_ns or span_ns, span_ns)
        steps = max(1, round(span_ns / self._interval_ns))
        if steps == 1:
            self._interval_ns += _SMOOTHING * (span_ns - self._interval_ns)
        elif steps > _RESET_AFTER:
            self._line.restart()
        self._index += steps
        return self._index

    def rate_hz(self) -> float | None:
        """Return the chip's own rate over its last good samples, or None before there are 50."""
        slope = self._line.slope if len(self._line) >= _RATE_FEWEST else None
        return 1e9 / slope if slope else None

    def flagged_by(self) -> dict[str, int]:
        """Return flag name in lower case -> frames that carried it; a frame with two flags counts for both."""
        return {
            str(flag.name).lower(): frames
            for flag in Flag
            if (frames := sum(count for flags, count in self.by_flags.items() if flags & flag))
        }

    def latency_ms(self, now_ns: int) -> float | None:
        """Return how far behind `now_ns` the grid can be answered for this corner, ms; None before the first sample."""
        return (now_ns - self.reaches_ns) / 1e6 if self.reaches_ns else None
