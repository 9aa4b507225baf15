"""Trunk sway from a sensor at the waist: by hand on small signals, by law on any, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.sway.trunk import UNITS, trunk_sway

from .trunk_signals import G, swaying_g, turned

FS_HZ = 100.0


def circling_g(hz, size_g, count=6000):
    angle = 2 * math.pi * hz * np.arange(count) / FS_HZ
    return np.stack([size_g * np.cos(angle), size_g * np.sin(angle), np.ones(count)])


def test_a_trunk_that_accelerates_round_a_circle_measures_what_it_measures_by_hand():
    hz, size = 0.5, 0.01 * G
    found = trunk_sway(circling_g(hz, 0.01), FS_HZ).metrics
    omega, seconds = 2 * math.pi * hz, 60.0
    assert found["trunk_rms_m_s2"] == pytest.approx(size, rel=1e-3)
    assert found["trunk_path_m_s2"] == pytest.approx(size * omega * seconds, rel=2e-3)
    assert found["trunk_jerk_m2_s5"] == pytest.approx(0.5 * (size * omega) ** 2 * seconds, rel=4e-3)
    assert found["trunk_mean_velocity_m_s"] == pytest.approx(size / omega, rel=2e-2)
    assert found["trunk_f95_hz"] == pytest.approx(0.6, abs=0.101)  # the window spreads one line over three bins


def test_what_is_faster_than_3_5_hz_is_left_out():
    slow = trunk_sway(circling_g(1.0, 0.01), FS_HZ).metrics["trunk_rms_m_s2"]
    assert trunk_sway(circling_g(3.5, 0.01), FS_HZ).metrics["trunk_rms_m_s2"] == pytest.approx(slow / 2, rel=0.02)
    assert trunk_sway(circling_g(12.0, 0.01), FS_HZ).metrics["trunk_rms_m_s2"] < 0.05 * slow


@given(st.integers(0, 2**32 - 1))
def test_how_the_sensor_is_turned_changes_nothing(seed):
    acc_g = swaying_g()
    before = trunk_sway(acc_g, FS_HZ).metrics
    assert set(before) == set(UNITS)
    assert trunk_sway(turned(seed) @ acc_g, FS_HZ).metrics == pytest.approx(before, rel=1e-6)


def test_a_sensor_worn_upside_down_measures_the_same():
    acc_g = swaying_g()
    upside_down = np.diag([1.0, -1.0, -1.0]) @ acc_g
    assert trunk_sway(upside_down, FS_HZ).metrics == pytest.approx(trunk_sway(acc_g, FS_HZ).metrics, rel=1e-6)


@given(st.floats(0.2, 5.0))
def test_accelerations_grow_with_sway_and_jerk_with_its_square(factor):
    acc_g = swaying_g()
    # Exactly in the plane: growing sway must not move the mean.
    plane = acc_g - acc_g.mean(axis=1, keepdims=True)
    plane[2] = 0.0
    up = np.array([[0.0], [0.0], [1.0]])
    small, large = trunk_sway(plane + up, FS_HZ).metrics, trunk_sway(factor * plane + up, FS_HZ).metrics
    for key, power in (("rms_m_s2", 1), ("path_m_s2", 1), ("mean_velocity_m_s", 1), ("jerk_m2_s5", 2)):
        assert large[f"trunk_{key}"] == pytest.approx(small[f"trunk_{key}"] * factor**power, rel=1e-6)
    assert large["trunk_f95_hz"] == small["trunk_f95_hz"]


@given(st.floats(-60.0, 60.0))
def test_how_far_the_sensor_hangs_over_changes_nothing(degrees):
    """A belt that sags tilts gravity into another axis; what is measured is aligned with gravity again."""
    tilt = math.radians(degrees)
    matrix = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    assert trunk_sway(matrix @ swaying_g(), FS_HZ).metrics == pytest.approx(
        trunk_sway(swaying_g(), FS_HZ).metrics, rel=1e-6
    )


def test_the_rate_of_the_sensor_changes_little():
    at_100, at_200 = (trunk_sway(circling_g_at(rate), rate).metrics for rate in (100.0, 200.0))
    assert at_200 == pytest.approx(at_100, rel=0.01)


def circling_g_at(rate_hz):
    angle = 2 * math.pi * 0.7 * np.arange(round(30 * rate_hz)) / rate_hz
    return np.stack([0.01 * np.cos(angle), 0.01 * np.sin(angle), np.ones(len(angle))])


def with_constant(value):
    return np.full((3, 3000), value)


@pytest.mark.parametrize(
    ("acc_g", "fs_hz", "reason"),
    [
        (swaying_g(900), 100.0, "too short: 900 samples in 9 s, at least 1000 samples in 10 s are needed"),
        (swaying_g()[:, :3], 100.0, "too short: 3 samples"),
        (swaying_g(3000), 15.0, "rate too low: 15 samples/s"),
        (swaying_g() * G, 100.0, "no gravity: the acceleration is 9.82 g"),
        (swaying_g() * 0.5, 100.0, "no gravity: the acceleration is 0.501 g"),
        (with_constant(0.577), 100.0, "no variation: the accelerometer gives the same value throughout"),
        (with_constant(0.0), 100.0, "no variation: the accelerometer gives the same value throughout"),
        (
            np.stack([np.zeros(3000), np.zeros(3000), 1 + 0.01 * np.sin(np.arange(3000))]),
            100.0,
            "no variation: nothing",
        ),
        (np.hstack([swaying_g(1500), np.diag([1, 1, -1]) @ swaying_g(1500)]), 100.0, "no way up: the mean"),
    ],
)
def test_what_cannot_be_measured_is_left_out_with_a_reason_for_every_key(acc_g, fs_hz, reason):
    found = trunk_sway(acc_g, fs_hz)
    assert found.metrics == {}
    assert set(found.not_computed) == set(UNITS)
    assert all(text.startswith(reason) for text in found.not_computed.values()), found.not_computed


@pytest.mark.parametrize("acc_g", [np.full((3, 3000), math.nan), np.zeros((2, 3000)), np.zeros(3000)])
def test_what_is_no_signal_of_three_axes_is_an_error(acc_g):
    with pytest.raises(ValueError, match="three axes of finite values"):
        trunk_sway(acc_g, FS_HZ)
