"""How long the other measures take: trunk sway and rises of a worn sensor, chair stands, loading."""

import numpy as np
from scipy import signal

from station.sway.chair_stand import chair_stand
from station.sway.loading import loading
from station.sway.sit_to_stand import find_sit_to_stands
from station.sway.trunk import trunk_sway


def trunk_g(count):
    random = np.random.default_rng(1)
    slow = signal.butter(2, 2.0, fs=100.0, output="sos")
    return signal.sosfiltfilt(slow, random.normal(0, 0.01, (3, count)), axis=1) + np.array([[0.0], [0.05], [1.0]])


def stands_n(count):
    """Return somebody of 700 N who stands up and sits down every 2.5 s, pushing off and braking."""
    phase = np.arange(count) / 250.0 % 1.0
    table = (
        (0.0, 140),
        (0.1, 140),
        (0.25, 800),
        (0.35, 640),
        (0.42, 700),
        (0.58, 700),
        (0.7, 640),
        (0.85, 140),
        (1, 140),
    )
    return np.interp(phase, *zip(*table, strict=True))


def test_trunk_sway_of_60_s_at_100_hz(benchmark):
    acc_g = trunk_g(6000)
    assert benchmark(trunk_sway, acc_g, 100.0).not_computed == {}


def test_looking_for_rises_in_60_s_at_100_hz(benchmark):
    acc_g = trunk_g(6000)
    assert benchmark(find_sit_to_stands, acc_g, 100.0).rises == ()


def test_counting_chair_stands_in_30_s_at_100_hz(benchmark):
    fz_n = stands_n(3000)
    assert benchmark(chair_stand, fz_n, 100.0, 700.0).metrics["repetitions"] == 12


def test_the_loading_of_30_s_at_100_hz(benchmark):
    corners_n = np.random.default_rng(1).normal(175, 3, (4, 3000))
    assert benchmark(loading, corners_n).not_computed == {}
