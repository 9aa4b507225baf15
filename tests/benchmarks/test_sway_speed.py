"""How long sway takes: everything about a finished trial, one tick of the live score, and reading a file."""

import numpy as np
import pytest
from scipy import signal

from station.cop import cop_from_corners
from station.sway.analysis import analyse
from station.sway.causal import CausalLowPass
from station.sway.files import read_recording
from station.sway.streaming import StreamingSway
from station.sway.time_domain import time_domain


def sway_mm(count):
    random = np.random.default_rng(1)
    wander = signal.lfilter([1], [1, -0.998], random.normal(0, 0.05, (2, count)))
    return wander + signal.sosfiltfilt(signal.butter(2, 5.0, fs=100.0, output="sos"), random.normal(0, 1.0, (2, count)))


def test_every_time_domain_measure_of_30_s_at_100_hz(benchmark):
    ml_mm, ap_mm = sway_mm(3000)
    assert benchmark(time_domain, ml_mm, ap_mm, 100.0).not_computed == {}


def test_the_whole_station_profile_of_30_s_at_100_hz(benchmark):
    cop = sway_mm(3000)
    assert benchmark(analyse, np.arange(3000) / 100, *cop).quality.assessable


def endless(points):
    while True:
        yield from points


def test_one_tick_of_the_streaming_measures(benchmark):
    stream = StreamingSway(100.0, 1000)
    points = endless([tuple(point) for point in sway_mm(6000).T.tolist()])
    for _ in range(2000):
        stream.push(*next(points))
    benchmark(lambda: stream.push(*next(points)))


def test_one_tick_from_four_forces_to_the_streaming_measures(benchmark):
    stream, low_pass = StreamingSway(100.0, 1000), CausalLowPass(100.0)
    ticks = endless([(170.0 + ml, 175.0 - ap, 180.0 + ap, 160.0 - ml) for ml, ap in sway_mm(6000).T.tolist()])

    def tick():
        _, ml_mm, ap_mm = cop_from_corners(*next(ticks), 400.0, 400.0)
        stream.push(*low_pass.step(ml_mm, ap_mm))

    for _ in range(2000):
        tick()
    benchmark(tick)


def test_reading_the_live_score_of_a_10_s_window(benchmark):
    stream = StreamingSway(100.0, 1000)
    for point in sway_mm(2000).T.tolist():
        stream.push(*point)
    assert benchmark(stream.sliding).count == 1000


@pytest.mark.parametrize("rows", [6000, 100_000])
def test_reading_a_csv_file(benchmark, tmp_path, rows):
    table = np.column_stack([np.arange(rows) / 100, sway_mm(rows).T])
    path = tmp_path / "a.csv"
    np.savetxt(path, table, delimiter=",", fmt="%.5f", header="time_s,cop_ml_mm,cop_ap_mm", comments="")
    assert len(benchmark(read_recording, path).time_s) == rows
