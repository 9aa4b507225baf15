"""Spectra and straight lines, against scipy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from station.sway.spectrum import welch
from station.sway.straight_line import about_line

from .making import sway_mm


@pytest.mark.parametrize(("count", "segment"), [(3000, 1000), (3000, 937), (2001, 500), (800, 800), (801, 801)])
def test_the_density_is_that_of_scipy(count, segment):
    series = sway_mm(count)
    frequency_hz, density = welch(series, 100.0, segment)
    expected_hz, expected = signal.welch(series, 100.0, nperseg=segment, noverlap=segment // 2, detrend="linear")
    assert frequency_hz == pytest.approx(expected_hz, rel=1e-12)
    assert density == pytest.approx(expected, rel=1e-9, abs=1e-12 * expected.max())


@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.floats(-1e3, 1e3), st.floats(-10, 10))
def test_what_is_left_about_a_line_does_not_know_the_line_that_was_added(seed, count, height, slope):
    series = np.random.default_rng(seed).normal(size=(3, 2, count))
    left = about_line(series)
    assert left == pytest.approx(signal.detrend(series), abs=1e-11)
    assert about_line(series + height + slope * np.arange(count)) == pytest.approx(left, abs=1e-9)
