"""The spectrum of sway: known waves have known powers and places."""

import math

import numpy as np
import pytest

from station.sway.family import measure
from station.sway.frequency import FREQUENCY, UNITS

from .making import seconds


def measured(ml, ap=None, fs_hz=100.0):
    return measure(ml, np.zeros_like(ml) if ap is None else ap, fs_hz, (FREQUENCY,))


def wave(hz, amplitude_mm, count=6000, fs_hz=100.0):
    return amplitude_mm * np.sin(2 * math.pi * hz * seconds(count, fs_hz) + 0.4)


def test_a_wave_has_half_its_amplitude_squared_as_power_at_its_frequency():
    found = measured(wave(1.0, 3.0)).metrics
    assert found["power_total_ml_mm2"] == pytest.approx(4.5, rel=1e-3)
    assert found["power_mid_ml_mm2"] == pytest.approx(4.5, rel=1e-3)
    assert found["power_50_ml_hz"] == pytest.approx(1.0)
    assert found["centroid_frequency_ml_hz"] == pytest.approx(1.0, rel=0.01)
    assert found["frequency_dispersion_ml"] < 0.1


def test_each_band_has_the_power_of_the_wave_in_it():
    found = measured(wave(0.3, 4.0) + wave(1.2, 2.0) + wave(4.0, 1.0)).metrics
    assert found["power_low_ml_mm2"] == pytest.approx(8.0, rel=0.02)  # its lobe reaches below 0.15 Hz
    assert found["power_mid_ml_mm2"] == pytest.approx(2.0, rel=1e-3)
    assert found["power_high_ml_mm2"] == pytest.approx(0.5, rel=1e-3)
    assert found["power_total_ml_mm2"] == pytest.approx(10.5, rel=0.02)
    assert found["power_50_ml_hz"] == pytest.approx(0.3)
    assert found["power_95_ml_hz"] == pytest.approx(1.3)  # 10.125 of 10.5: within the main lobe of 1.2 Hz
    assert found["centroid_frequency_ml_hz"] == pytest.approx(
        math.sqrt((8 * 0.3**2 + 2 * 1.2**2 + 0.5 * 4**2) / 10.5), rel=0.01
    )


@pytest.mark.parametrize("hz", [0.05, 7.0])
def test_what_is_outside_the_band_does_not_count(hz):
    found = measured(wave(1.0, 1.0) + wave(hz, 1.0)).metrics
    assert found["power_total_ml_mm2"] == pytest.approx(0.5, rel=0.15)


def test_the_edges_of_bands_and_segments_stay_where_they_are_at_odd_rates():
    for fs_hz in (80.0, 100.0, 93.7, 128.0):
        found = measured(wave(0.5, 1.0, int(60 * fs_hz), fs_hz), fs_hz=fs_hz).metrics
        assert found["power_50_ml_hz"] == pytest.approx(0.5, rel=2e-3)
        assert found["power_total_ml_mm2"] == pytest.approx(0.5, rel=1e-2)


def test_power_does_not_grow_with_the_length_of_the_record():
    white = np.random.default_rng(1).normal(0, 1.0, (2, 120_000))
    short, long = (measured(*white[:, :count]).metrics["power_total_ml_mm2"] for count in (12_000, 120_000))
    assert long == pytest.approx((5.0 - 0.1) / 50, rel=0.05)  # its share of the 50 Hz that white noise fills
    assert short == pytest.approx(long, rel=0.1)


def test_a_straight_drift_has_no_spectrum():
    found = measured(np.linspace(0, 30, 3000), wave(1.0, 1.0, 3000))
    assert found.not_computed["power_total_ml_mm2"] == "no variation in ML between 0.15 and 5 Hz"
    assert found.metrics["power_total_ap_mm2"] > 0


@pytest.mark.parametrize(
    ("count", "fs_hz", "reason"),
    [(600, 100.0, "too short: 6 s, one period of 0.15 Hz is 6.7 s"), (200, 8.0, "sampled too slowly")],
)
def test_a_record_without_the_band_has_no_measures_of_it(count, fs_hz, reason):
    found = measured(wave(1.0, 1.0, count, fs_hz), fs_hz=fs_hz)
    assert found.metrics == {}
    assert set(found.not_computed) == set(UNITS)
    assert all(text.startswith(reason) for text in found.not_computed.values())


def test_an_axis_that_does_not_move_has_a_reason_of_its_own():
    assert "does not move in AP" in measured(wave(1.0, 1.0)).not_computed["power_50_ap_hz"]
