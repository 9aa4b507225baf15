"""Reading after reading without a touch: when the load that was read has gone, and whether the next is the right one.

Rows of four raw counts in; no clock, no pins, no certificate. A deck that was never calibrated still tells empty from
loaded, one hole from another, and whether a load weighs what the ones before it did.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from calibration.evidence import Four, Reading
from calibration.geometry import SIDES
from calibration.plan import Step
from calibration.procedure import above_zero
from calibration.steady import ROWS_PER_S, SteadyReading, SteadyWatch

MOVED_S: Final = 0.2
MOVED_COUNTS: Final = 4000.0  # of one corner: 0.5 to 1 N, eighty times the noise of a mean over 0.2 s
LOADED_COUNTS: Final = 40_000.0  # of all four: about 1 kg on cells of 50 to 100 kg
MOST_OFF_LOAD: Final = 0.1  # gains of cells differ by 3 % (1 sd), and loads are shared by four
_NAN4: Final[Four] = (math.nan, math.nan, math.nan, math.nan)


class Mismatch(msgspec.Struct, frozen=True):
    """Why a reading is not the one that was asked for. kg: what it reads like; hole: where it seems to stand."""

    what: Literal["not-empty", "not-loaded", "other-load", "other-hole"]
    kg: float = 0.0
    hole: str = ""


class Capture:
    """Push rows. While `held`, waits until the load has changed; then reads as soon as the deck is steady."""

    def __init__(self) -> None:
        self.watch = SteadyWatch()
        self._recent: deque[Four] = deque(maxlen=round(MOVED_S * ROWS_PER_S))
        self._held_at: Four | None = None

    @property
    def held(self) -> bool:
        """Return whether the load that was read last still stands there."""
        return self._held_at is not None

    def begin(self) -> None:
        """Read what stands there as soon as it is steady."""
        self._held_at = None
        self.watch.restart()

    def hold(self) -> None:
        """Wait until what stands there now has been moved."""
        self.watch.restart()
        self._held_at = self._mean()

    def push(self, counts: Four, good: bool) -> SteadyReading | Literal["moved"] | None:
        """Take one row; return a reading when it is complete, "moved" when the load held has changed."""
        if not good:
            self.watch.push(counts, good)
            return None
        self._recent.append(counts)
        if self._held_at is not None:
            if len(self._recent) == self._recent.maxlen and self._has_moved(self._held_at):
                self.begin()
                return "moved"
            return None
        self.watch.push(counts, good)
        return self.watch.reading

    def _mean(self) -> Four:
        if not self._recent:
            return _NAN4
        a, b, c, d = (sum(column) / len(column) for column in zip(*self._recent, strict=True))
        return a, b, c, d

    def _has_moved(self, held_at: Four) -> bool:
        now = self._mean()
        # what was held before the first row has no place: any load is another one
        return not max(abs(new - old) for new, old in zip(now, held_at, strict=True)) <= MOVED_COUNTS


def mismatch(
    step: Step, counts: Four, readings: Sequence[Reading], place_mm: Mapping[str, tuple[float, float]]
) -> Mismatch | None:
    """Return why these counts cannot be the step's load, judged by the readings before it; None when they can."""
    zeros = [reading for reading in readings if reading.kind in ("zero", "zero-return")]
    if not zeros:
        return None
    a, b, c, d = (now - empty for now, empty in zip(counts, zeros[-1].counts, strict=True))
    above = (a, b, c, d)
    total = sum(above)
    per_kg = _counts_per_kg(readings)
    if step.hole is None:
        loaded = abs(total) > LOADED_COUNTS
        return Mismatch("not-empty", kg=round(total / per_kg, 1) if per_kg else 0.0) if loaded else None
    if abs(total) < LOADED_COUNTS:
        return Mismatch("not-loaded")
    if per_kg and abs(total / per_kg / step.mass_kg - 1) > MOST_OFF_LOAD:
        return Mismatch("other-load", kg=round(total / per_kg, 1))
    seen = _nearest_hole(above, place_mm)
    return Mismatch("other-hole", hole=seen) if seen != step.hole else None


def _counts_per_kg(readings: Sequence[Reading]) -> float:
    """Return the mean of what the loads so far have read, all corners together; 0 before the first."""
    loads = above_zero(readings)
    return sum(sum(counts) / reading.mass_kg for reading, counts in loads) / len(loads) if loads else 0.0


def _nearest_hole(above: Four, place_mm: Mapping[str, tuple[float, float]]) -> str:
    """Return the hole at which a load would read most like this, if all cells were alike."""
    total = sum(above)
    u = sum(side[0] * each for side, each in zip(SIDES, above, strict=True)) / total
    v = sum(side[1] * each for side, each in zip(SIDES, above, strict=True)) / total
    return min(place_mm, key=lambda hole: math.dist(place_mm[hole], (u, v)))
