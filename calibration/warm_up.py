"""Is a deck that was switched on warm? The drift of its empty corners, from rows of raw counts. No clock, no pins.

Means of one second each, a line through the last thirty of them. Whoever steps on the deck, or leans on it, begins the
thirty seconds anew.
"""

from collections import deque
from typing import Final

from calibration.evidence import Four
from calibration.steady import QUIET_STEP_COUNTS, ROWS_PER_S

# The mean of a second has 5 counts of noise (52 in a conversion): over 30 s that is 7 counts/min, a quarter of the
# limit, and the worst of four corners passes for warm by noise alone once in tens of thousands.
DRIFT_S: Final = 30


class DriftWatch:
    """Push rows of an empty deck; `drift_counts_per_min` is the worst corner's, None before thirty steady seconds."""

    def __init__(self) -> None:
        self._sums = [0.0] * 4
        self._rows = 0
        self._means: deque[Four] = deque(maxlen=DRIFT_S)
        self.steady = True

    def push(self, counts: Four, good: bool) -> bool:
        """Take one row; return whether a second has become complete with it."""
        if not good:
            self._forget()
            return False
        for corner, each in enumerate(counts):
            self._sums[corner] += each
        self._rows += 1
        if self._rows < ROWS_PER_S:
            return False
        a, b, c, d = (each / ROWS_PER_S for each in self._sums)
        self._sums, self._rows = [0.0] * 4, 0
        mean = (a, b, c, d)
        self.steady = not self._means or all(
            abs(new - old) <= QUIET_STEP_COUNTS for new, old in zip(mean, self._means[-1], strict=True)
        )
        if not self.steady:
            self._means.clear()
        self._means.append(mean)
        return True

    @property
    def drift_counts_per_min(self) -> float | None:
        """Return how fast the worst corner drifts, without sign; None before there is enough to tell."""
        n = len(self._means)
        if n < DRIFT_S:
            return None
        centre = (n - 1) / 2
        spread = sum((k - centre) * (k - centre) for k in range(n))
        worst = 0.0
        for column in zip(*self._means, strict=True):
            worst = max(worst, abs(sum((k - centre) * each for k, each in enumerate(column)) / spread))
        return worst * 60

    def _forget(self) -> None:
        self._sums, self._rows = [0.0] * 4, 0
        self._means.clear()
        self.steady = False
