"""How well a number tells two groups apart: the area under the ROC curve with its 95 % limits. Pure.

DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837-845, by mid-ranks (Sun & Xu 2014, IEEE Signal Process Lett
21:1389-1393). 0.5 tells nothing, 1 everything; below 0.5 the group that was expected to have more has less.
"""

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]

_Z_95_TWO_SIDED: Final = 1.959963984540054
FEWEST: Final = 3


class Auc(msgspec.Struct, frozen=True):
    """The chance that somebody of the one group has more than somebody of the other, with 95 % limits."""

    area: float
    low: float
    high: float
    n_more: int
    n_less: int

    @property
    def tells(self) -> bool:
        """Return whether chance (0.5) is outside the limits."""
        return not self.low <= 0.5 <= self.high


def chance_of_farthest(values: FloatArray, more: npt.NDArray[np.bool_], shuffles: int, seed: int) -> float:
    """Return how often the farthest of several areas would be as far from 0.5, were the groups dealt by chance.

    `values` has shape (people, measures) without ties to speak of; `more` says who is in the first group. A permutation
    test of the largest |area - 0.5|, which takes care of how many measures there are and how alike.
    """
    ranks = stats.rankdata(values, axis=0)
    count = int(more.sum())
    random = np.random.default_rng(seed)
    least, all_pairs = count * (count + 1) / 2, count * (len(more) - count)

    def farthest(group: npt.NDArray[np.bool_]) -> float:
        areas = (ranks[group].sum(axis=0) - least) / all_pairs
        return float(np.abs(areas - 0.5).max())

    seen = farthest(more)
    as_far = sum(farthest(random.permutation(more)) >= seen - 1e-12 for _ in range(shuffles))
    return (1 + as_far) / (1 + shuffles)


def auc(more: FloatArray, less: FloatArray) -> Auc:
    """Return the area for two groups, the first of which is expected to have more; ties count half.

    Raises ValueError for a group of fewer than three.
    """
    count_more, count_less = len(more), len(less)
    if min(count_more, count_less) < FEWEST:
        raise ValueError(f"two groups of {FEWEST} or more are needed, not {count_more} and {count_less}")
    together = stats.rankdata(np.concatenate([more, less]))
    # the share of the other group that each one surpasses
    over_less = (together[:count_more] - stats.rankdata(more)) / count_less
    over_more = 1 - (together[count_more:] - stats.rankdata(less)) / count_more
    area = float(over_less.mean())
    spread = math.sqrt(float(np.var(over_less, ddof=1)) / count_more + float(np.var(over_more, ddof=1)) / count_less)
    reach = _Z_95_TWO_SIDED * spread
    return Auc(area, max(0.0, area - reach), min(1.0, area + reach), count_more, count_less)
