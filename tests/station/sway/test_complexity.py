"""Entropy and fluctuation: counted as defined, and series whose values are known."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import station.sway.complexity as complexity
from station.sway.complexity import COMPLEXITY, UNITS, count_matches
from station.sway.family import measure

from .making import seconds, sway_mm


def matches_one_by_one(series, tolerance, template):
    count = len(series) - template
    found = [0, 0]
    for i in range(count):
        for j in range(i + 1, count):
            differences = [abs(series[i + k] - series[j + k]) for k in range(template + 1)]
            found[0] += max(differences[:template]) <= tolerance
            found[1] += max(differences) <= tolerance
    return tuple(found)


@settings(deadline=None)
@given(
    st.lists(st.integers(-4, 4), min_size=1, max_size=45),
    st.integers(0, 3),
    st.integers(1, 3),
    st.sampled_from([1, 7, 30, 1 << 16]),
)
def test_matches_are_counted_pair_by_pair_however_many_are_compared_at_a_time(series, tolerance, template, at_a_time):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complexity, "_PAIRS_AT_A_TIME", at_a_time)
        found = count_matches(np.array(series, float), tolerance, template)
    assert found == matches_one_by_one(series, tolerance, template)


def test_the_memory_of_counting_does_not_grow_with_the_square_of_the_length():
    series = np.random.default_rng(0).normal(size=6000)
    tracemalloc.start()
    count_matches(series, 0.2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e6  # all pairs at once would be 36 MB of booleans alone


def measured(ml, ap, fs_hz=25.0):
    return measure(ml, ap, fs_hz, (COMPLEXITY,))


def test_noise_without_memory_has_the_entropy_of_its_distribution_and_fluctuates_as_a_root():
    white = np.random.default_rng(1).normal(size=(2, 10_000))
    found = measured(*white).metrics
    # Two values of a normal distribution are within 0.2 SD with the probability erf(0.1).
    assert found["sample_entropy_ml"] == pytest.approx(-math.log(math.erf(0.1)), abs=0.03)
    assert found["dfa_alpha_ml"] == pytest.approx(0.5, abs=0.05)
    assert found["dfa_alpha_ap"] == pytest.approx(0.5, abs=0.05)


def test_a_random_walk_fluctuates_with_three_halves():
    walk = np.cumsum(np.random.default_rng(2).normal(size=(2, 20_000)), axis=1)
    found = measured(*walk).metrics
    assert found["dfa_alpha_ml"] == pytest.approx(1.5, abs=0.1)


def test_a_wave_is_more_regular_than_sway_and_sway_than_noise():
    wave = np.sin(2 * math.pi * 0.5 * seconds(3000))
    noise = np.random.default_rng(5).normal(size=3000)
    regular, sway, irregular = (
        measured(series, series[::-1], 100.0).metrics["sample_entropy_ml"] for series in (wave, sway_mm()[0], noise)
    )
    assert regular < sway < irregular


def test_entropy_is_taken_at_25_hz_whatever_the_rate():
    ml, ap = sway_mm()
    fine = measured(ml, ap, 100.0).metrics
    coarse = measured(ml[::4], ap[::4], 25.0).metrics
    assert fine["sample_entropy_ml"] == coarse["sample_entropy_ml"]
    assert fine["sample_entropy_ap"] == coarse["sample_entropy_ap"]


def test_a_drift_does_not_hide_the_entropy():
    ml, ap = sway_mm()
    drift = 3.0 * seconds(3000)
    found = measured(ml + drift, ap, 100.0).metrics["sample_entropy_ml"]
    assert found == pytest.approx(measured(ml, ap, 100.0).metrics["sample_entropy_ml"], rel=1e-6)


@pytest.mark.parametrize(
    ("ml", "fs_hz", "reason"),
    [
        (sway_mm(396)[0], 100.0, "too short: 99 samples at 25/s, at least 100 are needed"),
        (sway_mm(3000)[0], 20.0, "sampled too slowly: 20 samples/s, 25 are needed"),
        (np.linspace(0, 1, 3000), 100.0, "no variation about a straight line"),
        (np.full(3000, 7.0), 100.0, "no variation: the centre of pressure does not move in ML"),
    ],
)
def test_what_has_no_entropy_says_why(ml, fs_hz, reason):
    assert measured(ml, np.arange(len(ml)) % 3, fs_hz).not_computed["sample_entropy_ml"] == reason


def test_a_series_that_never_repeats_itself_has_no_entropy(monkeypatch):
    monkeypatch.setattr(complexity, "TOLERANCE_SD", 1e-9)
    found = measured(*sway_mm(), 100.0).not_computed
    assert found["sample_entropy_ml"] == "no two stretches of 3 samples are alike"


def test_what_has_no_exponent_says_why():
    assert measured(*sway_mm(63)).not_computed["dfa_alpha_ml"] == "too short: 63 samples, at least 64 are needed"
    assert set(measured(*sway_mm(64)).metrics) == {"dfa_alpha_ml", "dfa_alpha_ap"}
    still = measured(np.zeros(3000), sway_mm()[1], 100.0)
    assert set(still.not_computed) == {key for key in UNITS if key.endswith("_ml")}
