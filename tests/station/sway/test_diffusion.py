"""Stabilogram diffusion: the displacement by its definition, and motions whose law is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sway.diffusion import DIFFUSION, UNITS, mean_squared_displacement
from station.sway.family import measure

from .making import seconds, sway_mm

FS_HZ = 100.0


def measured(ml, ap, fs_hz=FS_HZ):
    return measure(ml, ap, fs_hz, (DIFFUSION,))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.floats(0, 1))
def test_the_mean_squared_displacement_is_what_its_definition_says(seed, count, share):
    x = np.cumsum(np.random.default_rng(seed).normal(0, 1, (2, count)), axis=1)
    x -= x.mean(axis=1, keepdims=True)
    lags = int(share * (count - 1))
    found = mean_squared_displacement(x, lags)
    assert found.shape == (2, lags + 1)
    for k in range(lags + 1):
        expected = np.square(x[:, k:] - x[:, : count - k]).mean(axis=1)
        assert found[:, k] == pytest.approx(expected, rel=1e-9, abs=1e-10)


def test_a_steady_drift_goes_with_the_square_of_time():
    found = measured(3.0 * seconds(3000), -4.0 * seconds(3000))
    for key in ("hurst_short", "hurst_short_ml", "hurst_long", "hurst_long_ap"):
        assert found.metrics[key] == pytest.approx(1.0, rel=1e-6)
    # The straight line through v^2 t^2 at equal steps from a to b has the slope v^2 (a + b).
    assert found.metrics["diffusion_short_mm2_s"] == pytest.approx(25 * 1.01 / 2, rel=1e-6)
    assert found.metrics["diffusion_long_ml_mm2_s"] == pytest.approx(9 * 12.5 / 2, rel=1e-6)
    assert found.not_computed["critical_time_s"] == "the lines of short and long lags do not cross within 10 s"


def test_a_random_walk_diffuses_at_half_its_variance_a_second():
    steps = np.random.default_rng(4).normal(0, 0.1, (2, 400_000))
    found = measured(*np.cumsum(steps, axis=1)).metrics
    for region in ("short", "long"):
        assert found[f"diffusion_{region}_ml_mm2_s"] == pytest.approx(0.1**2 * FS_HZ / 2, rel=0.05)
        assert found[f"hurst_{region}_ap"] == pytest.approx(0.5, abs=0.02)


def test_a_held_walk_has_its_critical_point_where_the_lines_cross():
    random = np.random.default_rng(2)
    walk = np.zeros((2, 60_000))
    for k in range(1, walk.shape[1]):  # pulled back with a time constant of 1 s
        walk[:, k] = walk[:, k - 1] * (1 - 0.01) + random.normal(0, 0.1, 2)
    found = measured(*walk).metrics
    assert found["diffusion_long_mm2_s"] < found["diffusion_short_mm2_s"] / 4
    assert 0.5 < found["critical_time_s"] < 2.5
    ends = 2 * 2 * 0.1**2 / (2 * 0.01)  # twice the variance of both axes
    assert found["critical_displacement_mm2"] == pytest.approx(ends, rel=0.25)


def test_the_plane_diffuses_as_its_axes_together():
    found = measured(*sway_mm()).metrics
    for region in ("short", "long"):
        axes = found[f"diffusion_{region}_ml_mm2_s"] + found[f"diffusion_{region}_ap_mm2_s"]
        assert found[f"diffusion_{region}_mm2_s"] == pytest.approx(axes, rel=1e-9)


def test_a_trace_that_comes_back_exactly_has_no_exponent_but_a_coefficient():
    ml = np.sin(2 * math.pi * 1.0 * seconds(3000))
    found = measured(ml, 2 * ml)
    assert found.not_computed["hurst_long_ml"] == "no variation: the trace returns to itself at some lag"
    assert found.not_computed["hurst_long"] == "no variation: the trace returns to itself at some lag"
    assert "diffusion_long_ml_mm2_s" in found.metrics


@pytest.mark.parametrize(
    ("count", "fs_hz", "reason"),
    [(1999, 100.0, "too short: 19.99 s, lags of 10 s need 20 s"), (100, 4.0, "sampled too slowly: 4 lags up to 1 s")],
)
def test_a_record_without_the_lags_has_no_diffusion(count, fs_hz, reason):
    found = measured(*sway_mm(count), fs_hz)
    assert found.not_computed == dict.fromkeys(UNITS, reason)


def test_twenty_seconds_are_enough_and_the_regions_end_where_they_should_at_odd_rates():
    for fs_hz in (25.0, 80.0, 93.7, 100.0):
        count = math.ceil(20 * fs_hz)
        found = measured(3.0 * seconds(count, fs_hz), 1.0 * seconds(count, fs_hz), fs_hz).metrics
        first, last = math.ceil(2.5 * fs_hz - 1e-6) / fs_hz, math.floor(10 * fs_hz + 1e-6) / fs_hz
        assert found["diffusion_long_ml_mm2_s"] == pytest.approx(9 * (first + last) / 2, rel=1e-6)


def test_an_axis_that_does_not_move_leaves_the_plane_to_the_other():
    found = measured(np.zeros(3000), sway_mm()[1])
    assert "does not move in ML" in found.not_computed["diffusion_short_ml_mm2_s"]
    assert found.metrics["diffusion_short_mm2_s"] == pytest.approx(found.metrics["diffusion_short_ap_mm2_s"])
