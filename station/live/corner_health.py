"""What is wrong with one corner, in words that lead staff to the cable: why it is silent, how little it delivers.

Also tells two exchanged plugs from a zero that has drifted: taking a new zero would hide the first for good.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from calibration.certificate import Certificate
from hardware.sensor import CORNERS, Flag
from station.live.grid import Grid

# Half of what the slowest chip gives: losses that the gates of a trial do not see as such, because holes are bridged.
FEWEST_GOOD_PER_S: Final = 60
_WATCHED_NS: Final = 2_000_000_000
_RECENT_NS: Final = 300_000_000
SAME_ZERO_N: Final = 0.49  # 50 g: a zero that is this near is that cell's
_WHY: Final = (
    (Flag.SATURATED, "is at the end of its range: check the wires of its bridge"),
    (Flag.ALL_ONES, "reads all ones: it has no power, or its data wire is off"),
    (Flag.FROZEN, "says the same again and again"),
    (Flag.DOUT_LOW_AFTER_FRAME, "gives torn frames only: check its data wire"),
    (Flag.LONG_PULSE, "gives bad frames only: this computer is too busy to read it"),
    (Flag.SPIKE, "gives values that leap"),
)


class DeliveryWatch:
    """How many good samples each corner has delivered over the last two seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, tuple[int, ...]]] = deque()

    def too_few(self, now_ns: int, grid: Grid) -> list[str]:
        """Return the labels of those that deliver too few good samples; none in the first two seconds."""
        seen = self._seen
        good = tuple(corner.frames - corner.flagged for corner in grid.corners)
        seen.append((now_ns, good))
        while len(seen) > 1 and seen[1][0] <= now_ns - _WATCHED_NS:
            seen.popleft()
        span_ns = now_ns - seen[0][0]
        if span_ns < _WATCHED_NS:
            return []
        rates = ((now - before) * 1e9 / span_ns for now, before in zip(good, seen[0][1], strict=True))
        return [channel.label for channel, rate in zip(CORNERS, rates, strict=True) if rate < FEWEST_GOOD_PER_S]


def why_silent(label: str, now_ns: int, grid: Grid) -> str:
    """Return what is wrong with a corner that has delivered no good sample for half a second."""
    number = next(int(channel) for channel in CORNERS if channel.label == label)
    t_ns, flags = grid.last_bad[number]
    if now_ns - t_ns < _RECENT_NS:
        for flag, words in _WHY:
            if flags & flag:
                return f"load cell {label} {words}"
    return f"load cell {label} delivers nothing: check its plug"


def exchanged_plugs(zero_drift_n: Sequence[float] | None, certificate: Certificate) -> tuple[str, str] | None:
    """Return the two corners whose empty readings are each other's zero, or None.

    zero_drift_n: what the empty deck reads at each corner, N. Two cells with the same zero cannot be told apart.
    """
    if zero_drift_n is None or max(abs(n) for n in zero_drift_n) <= SAME_ZERO_N:
        return None
    cells = certificate.cells
    counts = [cell.zero_counts + n / cell.gain_n_per_count for cell, n in zip(cells, zero_drift_n, strict=True)]
    wrong = [number for number, n in enumerate(zero_drift_n) if abs(n) > SAME_ZERO_N]
    if len(wrong) != 2:
        return None
    first, second = wrong
    for number, other in ((first, second), (second, first)):
        if abs((counts[number] - cells[other].zero_counts) * cells[other].gain_n_per_count) > SAME_ZERO_N:
            return None
    return cells[first].corner, cells[second].corner


def exchanged_words(corners: tuple[str, str]) -> str:
    """Return what to tell staff about two exchanged plugs."""
    return f"load cells {corners[0]} and {corners[1]} read each other's zero: their plugs are exchanged"
