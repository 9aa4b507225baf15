"""How far measures repeat: a published example, and what must be true of any."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sway.repeatability import agreement, repeatability

# Shrout & Fleiss 1979, table 2: six people, four judges.
PUBLISHED = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)


def trials(people=40, spread=0.3, error=0.1, seed=1):
    """Return sway of people whose logarithms differ by `spread`, and whose trials differ by `error`."""
    random = np.random.default_rng(seed)
    own = random.normal(2.0, spread, (people, 1))
    return np.exp(own + random.normal(0.0, error, (people, 3)))


def test_the_published_example_comes_out():
    seen = agreement(PUBLISHED)
    assert (round(seen.one, 2), round(seen.mean, 2)) == (0.29, 0.62)
    # limits as R's psych::ICC prints them for these data
    assert (seen.one_low, seen.one_high) == pytest.approx((0.019, 0.76), abs=0.002)


def test_the_error_that_was_put_in_is_the_change_that_comes_out():
    seen = repeatability(trials(people=4000))
    assert math.log(seen.mdc_ratio_one_trial) == pytest.approx(1.96 * math.sqrt(2) * 0.1, rel=0.03)
    assert seen.icc_one_trial == pytest.approx(0.3**2 / (0.3**2 + 0.1**2), abs=0.01)


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 0.5), st.floats(0.01, 0.5))
def test_three_trials_are_better_than_one_and_limits_hold_the_estimate(seed, spread, error):
    seen = repeatability(trials(12, spread, error, seed))
    assert 1 < seen.mdc_ratio_mean_of_three < seen.mdc_ratio_one_trial
    assert math.log(seen.mdc_ratio_mean_of_three) * math.sqrt(3) == pytest.approx(math.log(seen.mdc_ratio_one_trial))
    assert seen.icc_one_trial_low <= seen.icc_one_trial <= seen.icc_one_trial_high <= 1


@settings(deadline=None)
@given(st.floats(0.001, 1000))
def test_the_unit_does_not_matter(factor):
    one, other = repeatability(trials()), repeatability(trials() * factor)
    assert other.icc_one_trial == pytest.approx(one.icc_one_trial)
    assert other.mdc_ratio_one_trial == pytest.approx(one.mdc_ratio_one_trial)


def test_a_shift_between_first_and_later_trials_counts_as_error():
    learned = trials() * np.array([1.3, 1.0, 0.8])
    assert repeatability(learned).mdc_ratio_one_trial > repeatability(trials()).mdc_ratio_one_trial
    assert repeatability(learned).icc_one_trial < repeatability(trials()).icc_one_trial


@pytest.mark.parametrize("values", [np.ones((5, 2)), np.zeros((5, 3)), np.ones((5, 3)), np.ones((2, 3)), np.ones(3)])
def test_what_has_no_repeatability_is_refused(values):
    with pytest.raises(ValueError, match=r"needs"):
        repeatability(values)
