"""Noise from successive differences: right in size, blind to what is slow, exact however long it runs."""

import itertools
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.sensor import Flag
from hardware.virtual.deck import NOISE_COUNTS
from station.live.noise import FEWEST_DIFFERENCES, RunningNoise
from station.live.timebase import ChannelTimebase
from tests.station.live.running import RunningStation


def noise_of(values: list[int], window: int = 465) -> float | None:
    noise = RunningNoise(window)
    for before, after in itertools.pairwise(values):
        noise.add((after - before) ** 2)
    return noise.sd()


@given(sd=st.floats(5, 500), seed=st.integers(0, 1000))
def test_white_noise_is_told_in_its_own_size(sd: float, seed: int) -> None:
    draw = random.Random(seed)
    found = noise_of([round(draw.gauss(0, sd)) for _ in range(466)])
    assert found == pytest.approx(math.hypot(sd, math.sqrt(1 / 12)), rel=0.25)  # five sd of the estimate


@given(zero=st.integers(-(2**23), 2**23), drift=st.floats(-3, 3), seed=st.integers(0, 1000))
def test_neither_a_load_nor_a_zero_that_wanders_is_taken_for_noise(zero: int, drift: float, seed: int) -> None:
    draw = random.Random(seed)
    white = [draw.gauss(0, 50) for _ in range(466)]
    still = noise_of([round(value) for value in white])
    moved = noise_of([round(zero + drift * k + value) for k, value in enumerate(white)])
    assert still is not None
    assert moved == pytest.approx(still, rel=0.02)  # 3 counts a sample: 280 counts a second


@given(values=st.lists(st.integers(-(2**23), 2**23), min_size=150, max_size=600), window=st.integers(100, 300))
def test_only_the_window_counts_and_nothing_is_lost_to_rounding(values: list[int], window: int) -> None:
    differences = np.diff(np.array(values, dtype=object))[-window:]
    exact = math.sqrt(sum(int(each) ** 2 for each in differences) / (2 * len(differences)))
    assert noise_of(values, window) == pytest.approx(exact, rel=1e-12)


def test_too_few_samples_say_nothing() -> None:
    assert noise_of([0, 1] * (FEWEST_DIFFERENCES // 2)) is None
    assert noise_of([0, 1] * (FEWEST_DIFFERENCES // 2) + [0]) is not None


def test_flagged_samples_do_not_count_as_noise_but_by_their_flags() -> None:
    base = ChannelTimebase()
    draw = random.Random(1)
    for k in range(500):
        wild = k % 50 == 25
        flags = int(Flag.SATURATED | Flag.PERIOD) if wild else 0
        base.push((k + 1) * 10_702_000, 8_388_607 if wild else round(draw.gauss(1000, 50)), flags)
    assert base.noise.sd() == pytest.approx(50, rel=0.15)
    assert base.flagged_by() == {"saturated": 10, "period": 10}


def test_a_station_tells_the_noise_of_its_deck_in_counts_and_in_grams(tmp_path: Path) -> None:
    running = RunningStation(tmp_path)
    for _ in range(700):
        running.process.step()  # without its visitor: the deck is empty
    status = running.station.status()
    cells = running.station.grid.model.certificate.cells
    for channel, cell in zip(status.channels, cells, strict=True):
        assert channel.noise_counts == pytest.approx(NOISE_COUNTS, rel=0.15)
        assert channel.noise_counts is not None
        assert channel.noise_g == pytest.approx(channel.noise_counts * cell.gain_n_per_count / 9.80665 * 1000, rel=0.01)
        assert channel.load_n == pytest.approx(0.0, abs=0.1)
    assert status.imu_noise_mg == pytest.approx(0.7, rel=0.15)
    assert status.tilt_deg == pytest.approx(0.0, abs=0.05)
    running.close()
