"""Percentiles of how late something was, for a loop that has no time to sort: one addition a value, no allocation.

Values fall into bins that are 1/16 of a power of two wide, so a percentile is right to 7 %. Percentiles are of late: of
the last 32,768 values at least and twice as many at most, so that weeks of good ones do not hide a bad hour. The count
and the largest are exact, and of all.
"""

from typing import Final

from hardware.status import LatenessUs

_SUB_BITS: Final = 4
_SUB: Final = 1 << _SUB_BITS
_LARGEST_BITS: Final = 40  # 18 minutes in nanoseconds
_BINS: Final = (_LARGEST_BITS - _SUB_BITS + 2) * _SUB
RECENT: Final = 1 << 15


class LatenessHistogram:
    """Takes nanoseconds; what is early counts as 0."""

    __slots__ = ("_before", "_bins", "count", "max_ns")

    def __init__(self) -> None:
        self._bins = [0] * _BINS
        self._before = [0] * _BINS
        self.count = 0
        self.max_ns = 0

    def add(self, late_ns: int) -> None:
        """Count one value."""
        late_ns = max(late_ns, 0)
        shift = max(0, late_ns.bit_length() - _SUB_BITS - 1)
        at = shift * _SUB + (late_ns >> shift)
        bins = self._bins
        bins[at if at < len(bins) else -1] += 1
        self.count += 1
        if late_ns > self.max_ns:
            self.max_ns = late_ns
        if not self.count % RECENT:
            self._before, self._bins = bins, [0] * _BINS

    def percentile_ns(self, fraction: float) -> float:
        """Return the value below which this fraction of the recent ones lies, ns; 0 before there is any."""
        recent = [new + before for new, before in zip(self._bins, self._before, strict=True)]
        wanted = fraction * sum(recent)
        seen = 0
        for at, count in enumerate(recent):
            seen += count
            if count and seen >= wanted:
                shift = max(0, at // _SUB - 1)
                low = (at - shift * _SUB) << shift
                return min(low + (1 << shift) / 2 - (0.5 if shift == 0 else 0.0), float(self.max_ns))
        return 0.0

    def status(self) -> LatenessUs:
        """Return median and 99th percentile of late, and the maximum of all, us."""
        return LatenessUs(
            p50=round(self.percentile_ns(0.5) / 1e3, 2),
            p99=round(self.percentile_ns(0.99) / 1e3, 2),
            max=round(self.max_ns / 1e3, 2),
        )
