"""Is the deck steady, and what does it read? Rows of four counts in, a steady reading out; no clock, no pins.

A reading is taken by itself: as soon as the last second is quiet, counting begins; when five quiet seconds are
together the reading is done. Whoever leans on the deck, bumps it or takes the weight away begins it anew.
"""

import math
from collections import deque
from typing import Final

import msgspec

from calibration.evidence import Four

ROWS_PER_S: Final = 100  # the station's grid
READING_S: Final = 5.0
LOOK_S: Final = 1.0
# A quiet second: standard deviation of a corner's counts (an honest board has 40 to 60, interpolation takes some off),
# and how far its mean may move from one second to the next (0.5 N: a hand, a sleeve).
QUIET_SD_COUNTS: Final = 250.0
QUIET_STEP_COUNTS: Final = 300.0


class Steadiness(msgspec.Struct, frozen=True):
    """What the stability bar shows. progress: 0 to 1 of a reading; unrest: 0 still, 1 at the limit, more beyond."""

    progress: float
    unrest: float


class SteadyReading(msgspec.Struct, frozen=True):
    """Five quiet seconds. counts: means of the corners; sd_counts: over the rows; drift: slope, counts/s."""

    counts: Four
    sd_counts: Four
    drift_counts_per_s: Four
    rows: int


class SteadyWatch:
    """Push rows of counts; `reading` is there once five quiet seconds are together. A row that is bad breaks them."""

    def __init__(self, reading_s: float = READING_S) -> None:
        self._needed = round(reading_s * ROWS_PER_S)
        self._rows: list[Four] = []
        self._look: deque[Four] = deque(maxlen=round(LOOK_S * ROWS_PER_S))
        self._unrest = math.inf
        self.reading: SteadyReading | None = None

    def restart(self) -> None:
        """Forget everything: another load, or the same one anew."""
        self._rows.clear()
        self._look.clear()
        self._unrest = math.inf
        self.reading = None

    @property
    def steadiness(self) -> Steadiness:
        """Return what to show now."""
        progress = 1.0 if self.reading else len(self._rows) / self._needed
        return Steadiness(progress, min(self._unrest, 9.9))

    def push(self, counts: Four, good: bool) -> None:
        """Take one row of the grid; `good` is False where a corner could not be read."""
        if self.reading is not None:
            return
        if not good:
            self.restart()
            return
        look = self._look
        look.append(counts)
        if len(look) < (look.maxlen or 0):
            return
        if self._rows:
            self._rows.append(counts)
        if len(self._rows) % 10 == 0:  # ten times a second is enough to see a hand
            self._unrest = self._how_unrestful()
            if self._unrest > 1.0:
                self._rows.clear()
            elif not self._rows:
                self._rows.extend(look)
        if len(self._rows) >= self._needed:
            self.reading = _reading(self._rows)

    def _how_unrestful(self) -> float:
        worst = 0.0
        for corner, column in enumerate(zip(*self._look, strict=True)):
            mean = sum(column) / len(column)
            sd = math.sqrt(sum((each - mean) ** 2 for each in column) / (len(column) - 1))
            worst = max(worst, sd / QUIET_SD_COUNTS)
            if self._rows:
                begun = sum(row[corner] for row in self._rows) / len(self._rows)
                worst = max(worst, abs(mean - begun) / QUIET_STEP_COUNTS)
        return worst


def _reading(rows: list[Four]) -> SteadyReading:
    n = len(rows)
    centre = (n - 1) / 2
    spread = sum((k - centre) ** 2 for k in range(n)) / ROWS_PER_S
    means: list[float] = []
    sds: list[float] = []
    drifts: list[float] = []
    for column in zip(*rows, strict=True):
        mean = sum(column) / n
        means.append(mean)
        sds.append(math.sqrt(sum((each - mean) ** 2 for each in column) / (n - 1)))
        drifts.append(sum((k - centre) * each for k, each in enumerate(column)) / spread)
    return SteadyReading(_four(means), _four(sds), _four(drifts), n)


def _four(values: list[float]) -> Four:
    a, b, c, d = values
    return a, b, c, d
