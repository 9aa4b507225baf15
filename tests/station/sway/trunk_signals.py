"""What the tests of a worn sensor measure: recorded people, and a trunk that sways, rises and leans by mechanics."""

from pathlib import Path

import numpy as np
from scipy import signal
from scipy.spatial.transform import Rotation

G = 9.80665
DATA = Path(__file__).parent / "data"


class RecordedRises:
    """The recording of rises: accelerations (3, N) in g, and what the other program marks in it."""

    def __init__(self):
        with np.load(DATA / "sit_to_stand.npz") as parts:
            self.acc_g = np.stack([parts[f"acc_{axis}_g_1e4"] for axis in "xyz"]) / 1e4
            self.rate_hz = float(parts["rate_hz"])
            self.displacement_s = np.column_stack([parts["displacement_start_s"], parts["displacement_end_s"]])
            self.stillness_s = np.column_stack([parts["stillness_start_s"], parts["stillness_end_s"]])


def walks_g():
    with np.load(DATA / "walking.npz") as parts:
        return [parts[name] / 1e4 for name in sorted(parts)]


def turned(seed):
    """Return a rotation matrix, any of them."""
    return Rotation.random(random_state=seed).as_matrix()


def resampled(acc_g, from_hz, to_hz):
    count = int((acc_g.shape[1] - 1) / from_hz * to_hz)
    at = np.arange(count) / to_hz * from_hz
    return np.stack([np.interp(at, np.arange(acc_g.shape[1]), axis) for axis in acc_g])


def swaying_g(count=3000, fs_hz=100.0, seed=0, size=0.01):
    """Return a person in quiet stance, upright sensor (x right, y forward, z up): noise below 2 Hz in the plane."""
    random = np.random.default_rng(seed)
    slow = signal.butter(2, 2.0, fs=fs_hz, output="sos")
    acc_g = signal.sosfiltfilt(slow, random.normal(0, size, (3, count)), axis=1) * np.array([[1.0], [1.5], [0.3]])
    return acc_g + np.array([[0.02], [0.05], [1.0]])


def series_g(count, rise_s, wait_s, fs_hz=100.0, height_m=0.4, lean_deg=35.0, rest_s=2.0):
    """Return a trunk that rises and sits down `count` times, with `wait_s` at the top and on the chair, and its rises.

    Height goes by the smoothest path; the trunk is bent by `lean_deg` half-way up and half-way down. At rest before and
    after. Second value: start and end of each rise, s.
    """
    t = np.arange(round((2 * rest_s + count * 2 * (rise_s + wait_s)) * fs_hz)) / fs_hz
    upward, lean, rises = np.zeros(len(t)), np.zeros(len(t)), []
    for k in range(count):
        up = rest_s + k * 2 * (rise_s + wait_s)
        for start, way in ((up, 1), (up + rise_s + wait_s, -1)):
            share = np.clip((t - start) / rise_s, 0, 1)
            upward += way * height_m / rise_s**2 * (60 * share - 180 * share**2 + 120 * share**3)
            lean += np.radians(lean_deg) * np.sin(np.pi * share) ** 2
        rises.append((up, up + rise_s))
    gravity_and_up = 1 + upward / G
    noise = np.random.default_rng(1).normal(0, 0.003, (3, len(t)))
    return np.stack([np.zeros(len(t)), np.sin(lean), np.cos(lean)]) * gravity_and_up + noise, np.array(rises)
