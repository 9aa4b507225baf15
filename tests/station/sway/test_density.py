"""Sway density: counted as its definition says, and peaks where somebody rests."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from station.sway.density import DENSITY, UNITS, sway_density
from station.sway.family import measure

from .making import sway_mm


def counted(cop, radius):
    """Sway density one sample after the other."""
    found = []
    for k in range(cop.shape[1]):
        near = (np.square(cop - cop[:, [k]]).sum(axis=0) <= radius * radius).tolist()
        found.append(
            next((n for n, here in enumerate(near[k + 1 :]) if not here), len(near) - k - 1)
            + next((n for n, here in enumerate(near[:k][::-1]) if not here), k)
        )
    return found


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.sampled_from([0.05, 0.3, 1.0, 4.0, 60.0]))
def test_the_density_is_the_count_of_neighbours_in_time_within_the_circle(seed, count, radius):
    cop = np.cumsum(np.random.default_rng(seed).normal(0, 0.3, (2, count)), axis=1)
    assert sway_density(cop, radius).tolist() == counted(cop, radius)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=60))
def test_a_sample_exactly_on_the_circle_is_inside(points):
    cop = np.array(points, float).T
    assert sway_density(cop, 3.0).tolist() == counted(cop, 3.0)


def test_a_trace_that_stays_for_ever_is_all_neighbours():
    assert set(sway_density(np.zeros((2, 40_000)), 3.0).tolist()) == {39_999}


def test_a_stay_longer_than_any_leap_ends_where_it_ends():
    cop = np.zeros((2, 30_000))
    cop[0, 25_000:] = 10.0
    found = sway_density(cop, 3.0)
    assert set(found[:25_000].tolist()) == {24_999}
    assert set(found[25_000:].tolist()) == {4_999}


def test_the_measures_are_the_peaks_of_the_low_passed_count_and_the_ways_between_them():
    cop = sway_mm()
    seconds_near = np.array(counted(cop, 3.0)) / 100
    smooth_s = signal.sosfiltfilt(signal.butter(4, 2.5, fs=100.0, output="sos"), seconds_near).tolist()
    tops = [k for k in range(1, 2999) if smooth_s[k - 1] < smooth_s[k] > smooth_s[k + 1]]
    ways = [math.dist(cop[:, a], cop[:, b]) for a, b in pairwise(tops)]
    found = measure(*cop, 100.0, (DENSITY,)).metrics
    assert found["sway_density_peak_s"] == pytest.approx(np.mean([smooth_s[k] for k in tops]), rel=0.05)
    assert found["sway_density_peak_distance_mm"] == pytest.approx(np.mean(ways), rel=0.05)


def test_what_rounding_makes_of_a_flat_count_is_no_peak():
    cop = np.repeat([[0.0, 50.0], [0.0, 10.0]], 2000, axis=1)  # two long stays; the count is the same in both
    assert measure(*cop, 100.0, (DENSITY,)).not_computed["sway_density_peak_s"].startswith("0 peaks")


@pytest.mark.parametrize(
    ("cop", "fs_hz", "reason"),
    [
        (sway_mm(3000) * 1e-3, 100.0, "0 peaks of sway density, at least 2 are needed"),
        (sway_mm(15), 100.0, "too short: 15 samples, the filter needs 16"),
        (sway_mm(100), 5.0, "sampled too slowly: a 2.5 Hz low-pass is needed"),
    ],
)
def test_a_trace_without_peaks_has_no_mean_of_them(cop, fs_hz, reason):
    assert measure(*cop, fs_hz, (DENSITY,)).not_computed == dict.fromkeys(UNITS, reason)
