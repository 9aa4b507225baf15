"""How sure a percentile is that was read off a few people: limits that assume nothing of the distribution. Pure.

By order statistics (Conover 1999, Practical Nonparametric Statistics, section 3.2): how many of n people are below the
true percentile is binomial, so two of their values lie on either side of it with a known probability.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]

_TAIL: Final = 0.025


def percentile_limits(values: FloatArray, share: float) -> tuple[float | None, float | None]:
    """Return the 95 % limits of the percentile at `share` (0 to 1), in values of shape (people,).

    None where nobody is low or high enough to be the limit: there are too few.
    """
    ranked, below = np.sort(values), np.arange(1, len(values) + 1)
    low = int(np.searchsorted(stats.binom.cdf(below - 1, len(values), share), _TAIL, side="right"))
    high = int(np.searchsorted(-stats.binom.sf(below - 1, len(values), share), -_TAIL, side="left"))
    return (float(ranked[low - 1]) if low else None, float(ranked[high]) if high < len(values) else None)


def fewest_with_upper_limit(share: float) -> int:
    """Return how many people the percentile at `share` needs to have an upper limit at all."""
    return math.ceil(math.log(_TAIL) / math.log(share))
