"""From a chip's own tick counter to station time: a running straight-line fit.

A sensor stamps its samples with its own counter, whose rate is off by up to a few percent. Now and then the driver
reads that counter directly and notes the station's time just before and just after. A line through the last 10 s of
such pairs gives the station time of any tick.

Accuracy: the counter's resolution plus half the time the read took on the bus (0.2 ms at 400 kHz), the latter a
constant lag rather than noise. In the first 0.1 s the nominal rate is used, and pairs come close together: wrong by
the rate error times the distance to the newest pair (0.3 ms for 20 ms at 1.5 %).
"""

from collections import deque
from typing import Final

OBSERVE_EVERY_NS: Final = 250_000_000
OBSERVE_AT_FIRST_EVERY_NS: Final = 20_000_000
_KEPT: Final = 40
_SHORTEST_SPAN_NS: Final = 100_000_000
_LEARNING_SPAN_NS: Final = 500_000_000
_SLACK_NS: Final = 200_000


class ChipTime:
    """The fit for one chip since its counter last started. Ticks must be unwrapped by the caller."""

    def __init__(self, tick_ns: float) -> None:
        """Start with a nominal tick length, ns."""
        self.tick_ns = tick_ns
        self._pairs: deque[tuple[int, int, int]] = deque(maxlen=_KEPT)  # ticks, station ns, width ns
        self._narrowest_ns = 0
        self._anchor_ticks = 0
        self._anchor_ns = 0.0
        self._due_ns = 0

    def is_due(self, now_ns: int) -> bool:
        """Return whether another observation would help now."""
        return now_ns >= self._due_ns

    def observe(self, ticks: int, before_ns: int, after_ns: int) -> bool:
        """Take one direct reading of the counter, made between two station times; return whether it was used.

        A reading that took much longer than the best one so far was interrupted and says nothing: it is left out, or
        dropped when the better one comes.
        """
        width_ns = after_ns - before_ns
        if self._pairs:
            if width_ns > 2 * self._narrowest_ns + _SLACK_NS:
                return False
            if width_ns < self._narrowest_ns:
                widest_ns = 2 * width_ns + _SLACK_NS
                self._pairs = deque((pair for pair in self._pairs if pair[2] <= widest_ns), maxlen=_KEPT)
                self._narrowest_ns = width_ns
        else:
            self._narrowest_ns = width_ns
        self._pairs.append((ticks, before_ns + width_ns // 2, width_ns))
        learning = self._pairs[-1][1] - self._pairs[0][1] < _LEARNING_SPAN_NS
        self._due_ns = after_ns + (OBSERVE_AT_FIRST_EVERY_NS if learning else OBSERVE_EVERY_NS)
        self._fit()
        return True

    def station_ns(self, ticks: int) -> int:
        """Return the station time of a tick, ns. Needs one observation."""
        return round(self._anchor_ns + (ticks - self._anchor_ticks) * self.tick_ns)

    def _fit(self) -> None:
        pairs = self._pairs
        last_ticks, last_ns, _ = pairs[-1]
        if last_ns - pairs[0][1] < _SHORTEST_SPAN_NS:
            self._anchor_ticks, self._anchor_ns = last_ticks, float(last_ns)
            return
        # centred on the newest pair, so that hours of nanoseconds keep their digits in a float
        count = len(pairs)
        xs = [ticks - last_ticks for ticks, _, _ in pairs]
        ys = [ns - last_ns for _, ns, _ in pairs]
        mean_x, mean_y = sum(xs) / count, sum(ys) / count
        spread = sum((x - mean_x) ** 2 for x in xs)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
        self.tick_ns = slope
        self._anchor_ticks, self._anchor_ns = last_ticks, last_ns + mean_y - slope * mean_x
