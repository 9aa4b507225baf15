"""Percentiles without sorting are the percentiles, within the width of a bin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.lateness import RECENT, LatenessHistogram


@given(
    values=st.lists(st.integers(0, 10**11), min_size=1, max_size=300),
    fraction=st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.99, 1.0]),
)
def test_a_percentile_is_right_to_within_seven_percent(values: list[int], fraction: float) -> None:
    histogram = LatenessHistogram()
    for value in values:
        histogram.add(value)
    true = float(np.quantile(values, fraction, method="inverted_cdf"))
    assert histogram.percentile_ns(fraction) == pytest.approx(true, rel=0.07, abs=1)
    assert histogram.max_ns == max(values)
    assert histogram.count == len(values)


def test_early_is_not_late_and_nothing_is_nothing() -> None:
    histogram = LatenessHistogram()
    assert histogram.status().p99 == 0
    histogram.add(-5)
    assert (histogram.max_ns, histogram.percentile_ns(0.5)) == (0, 0)


def test_what_is_later_than_anything_sensible_still_counts() -> None:
    histogram = LatenessHistogram()
    histogram.add(1 << 60)
    assert histogram.count == 1
    assert histogram.max_ns == 1 << 60


def test_a_bad_hour_shows_after_weeks_of_good_ones_and_the_largest_stays() -> None:
    histogram = LatenessHistogram()
    histogram.add(10**9)
    for _ in range(4 * RECENT):
        histogram.add(1_000)
    assert histogram.percentile_ns(1.0) == pytest.approx(1_000, rel=0.07)
    for _ in range(RECENT // 10):
        histogram.add(10**6)
    assert histogram.percentile_ns(0.99) == pytest.approx(10**6, rel=0.07)
    assert (histogram.count, histogram.max_ns) == (4 * RECENT + RECENT // 10 + 1, 10**9)
