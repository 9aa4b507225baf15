"""Percentiles of how late something was, for a loop that has no time to sort: one addition a value, no allocation.

Values fall into bins that are 1/16 of a power of two wide, so a percentile is right to 7 %; the largest is exact.
"""

from typing import Final

from hardware.status import LatenessUs

_SUB_BITS: Final = 4
_SUB: Final = 1 << _SUB_BITS
_LARGEST_BITS: Final = 40  # 18 minutes in nanoseconds


class LatenessHistogram:
    """Takes nanoseconds; what is early counts as 0."""

    __slots__ = ("_bins", "count", "max_ns")

    def __init__(self) -> None:
        self._bins = [0] * ((_LARGEST_BITS - _SUB_BITS + 2) * _SUB)
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

    def percentile_ns(self, fraction: float) -> float:
        """Return the value below which this fraction of all lies, ns; 0 before there is any."""
        wanted = fraction * self.count
        seen = 0
        for at, count in enumerate(self._bins):
            seen += count
            if count and seen >= wanted:
                shift = max(0, at // _SUB - 1)
                low = (at - shift * _SUB) << shift
                return min(low + (1 << shift) / 2 - (0.5 if shift == 0 else 0.0), float(self.max_ns))
        return 0.0

    def status(self) -> LatenessUs:
        """Return median, 99th percentile and maximum, us."""
        return LatenessUs(
            p50=round(self.percentile_ns(0.5) / 1e3, 2),
            p99=round(self.percentile_ns(0.99) / 1e3, 2),
            max=round(self.max_ns / 1e3, 2),
        )
