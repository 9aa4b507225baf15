"""How far a measure repeats: ICC(2,1), its mean-of-k form, and the smallest change that is not chance. Pure.

Two-way random effects, absolute agreement (Shrout & Fleiss 1979, Psychol Bull 86:420-428; confidence limits: McGraw &
Wong 1996, Psychol Methods 1:30-46, table 7). Sway is skewed and its error grows with its size, so everything is taken
on the logarithm, where the minimal detectable change (95 %) becomes a ratio that holds for small and large sway alike:
exp(1.96 sqrt(2) SEM), with SEM^2 the variance between the trials of one person, shifts between first and later trials
included; for the mean of k trials SEM^2 / k.
"""

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]

_Z_95_TWO_SIDED: Final = 1.959963984540054


class Repeatability(msgspec.Struct, frozen=True):
    """Of one measure: ICC with its 95 % limits, and the ratio beyond which a change is real (95 %)."""

    icc_one_trial: float
    icc_one_trial_low: float
    icc_one_trial_high: float
    icc_mean_of_three: float
    mdc_ratio_one_trial: float
    mdc_ratio_mean_of_three: float


class Agreement(msgspec.Struct, frozen=True):
    """ICC(2,1) with its 95 % limits, ICC(2,k), and the standard error of measurement of one trial."""

    one: float
    one_low: float
    one_high: float
    mean: float
    sem: float


def repeatability(values: FloatArray) -> Repeatability:
    """Return the repeatability of a measure, shape (people, 3 trials), every value above 0.

    Raises ValueError for fewer than three people, another number of trials, or values that have no logarithm.
    """
    if values.ndim != 2 or values.shape[1] != 3 or not (values > 0).all():
        raise ValueError(f"repeatability needs values above 0 of 3 trials a person, not {values.shape}")
    seen = agreement(np.log(values))
    return Repeatability(
        icc_one_trial=seen.one,
        icc_one_trial_low=seen.one_low,
        icc_one_trial_high=seen.one_high,
        icc_mean_of_three=seen.mean,
        mdc_ratio_one_trial=_smallest_ratio(seen.sem),
        mdc_ratio_mean_of_three=_smallest_ratio(seen.sem / math.sqrt(3)),
    )


def agreement(values: FloatArray) -> Agreement:
    """Return the agreement of trials, shape (people, trials); at least three people and two trials.

    Raises ValueError for fewer, and for values that do not differ.
    """
    people, trials = values.shape
    if people < 3 or trials < 2 or not np.ptp(values) > 0:
        raise ValueError(f"agreement needs 2 trials of 3 people or more that differ, not {values.shape}")
    person, trial = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    rest = values - person - trial + values.mean()
    between_people = trials * float(np.var(person, ddof=1))
    between_trials = people * float(np.var(trial, ddof=1))
    error = float(np.square(rest).sum()) / ((people - 1) * (trials - 1))
    shift = (between_trials - error) / people  # below 0 by chance where trials do not differ: then there is none
    one = (between_people - error) / (between_people + (trials - 1) * error + trials * shift)
    mean = (between_people - error) / (between_people + shift)
    low, high = _limits(one, between_people, between_trials, error, people, trials)
    return Agreement(one=one, one_low=low, one_high=high, mean=mean, sem=math.sqrt(error + max(0.0, shift)))


def _smallest_ratio(sem: float) -> float:
    return math.exp(_Z_95_TWO_SIDED * math.sqrt(2) * sem)


def _limits(
    icc: float, between_people: float, between_trials: float, error: float, people: int, trials: int
) -> tuple[float, float]:
    a = trials * icc / (people * (1 - icc))
    b = 1 + trials * icc * (people - 1) / (people * (1 - icc))
    top = (a * between_trials + b * error) ** 2
    freedom = top / ((a * between_trials) ** 2 / (trials - 1) + (b * error) ** 2 / ((people - 1) * (trials - 1)))
    rest = trials * between_trials + (trials * people - trials - people) * error
    below = float(special.fdtri(people - 1, freedom, 0.975))
    above = float(special.fdtri(freedom, people - 1, 0.975))
    low = people * (between_people - below * error) / (below * rest + people * between_people)
    high = people * (above * between_people - error) / (rest + people * above * between_people)
    return low, high
