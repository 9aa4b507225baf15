"""How long sway takes: everything about a finished trial, one tick of the live score, and reading a file."""

from pathlib import Path

import numpy as np
import pytest
from scipy import signal

import hardware.virtual.recordings
from station.cop import cop_from_corners
from station.sway.analysis import analyse
from station.sway.batch import analyse_all
from station.sway.causal import CausalLowPass
from station.sway.family import measure
from station.sway.files import read_recording, sources_in
from station.sway.measures import FAMILIES, RECORDED
from station.sway.streaming import StreamingSway
from station.sway.time_domain import time_domain

RECORDINGS = Path(hardware.virtual.recordings.__file__).parent


def sway_mm(count):
    random = np.random.default_rng(1)
    wander = signal.lfilter([1], [1, -0.998], random.normal(0, 0.05, (2, count)))
    return wander + signal.sosfiltfilt(signal.butter(2, 5.0, fs=100.0, output="sos"), random.normal(0, 1.0, (2, count)))


def test_every_time_domain_measure_of_30_s_at_100_hz(benchmark):
    ml_mm, ap_mm = sway_mm(3000)
    assert benchmark(time_domain, ml_mm, ap_mm, 100.0).not_computed == {}


@pytest.fixture(scope="module")
def person():
    """30 s of a real person, times and ML and AP."""
    recording = read_recording(RECORDINGS / "older-falls-1.csv")
    return recording.time_s[1000:4000], recording.ml_mm[1000:4000], recording.ap_mm[1000:4000]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_of_measures_of_30_s_at_100_hz(benchmark, person, family):
    benchmark(measure, person[1], person[2], 100.0, (family,))


def test_every_measure_of_30_s_at_100_hz(benchmark, person):
    """The station profile with every family; less than 15 ms is wanted on the machine of the developers."""
    assert benchmark(analyse, *person).quality.assessable


def test_what_a_record_needs_of_30_s_at_100_hz(benchmark, person):
    assert benchmark(analyse, *person, families=RECORDED).quality.assessable


def test_the_72_outputs_of_quijoux_2021_of_30_s_at_100_hz(benchmark, person):
    """Resampling and filtering included; less than 25 ms is wanted, the paper's program takes 416 ms."""
    assert None not in benchmark(analyse, *person, profile="quijoux2021", families=()).quijoux2021.values()


@pytest.mark.parametrize("minutes", [0.5, 2, 8, 30])
@pytest.mark.parametrize("family", [*FAMILIES, None], ids=lambda family: family.name if family else "quijoux2021")
def test_how_the_cost_grows_with_the_length(benchmark, family, minutes):
    """N log N is wanted for all but sample entropy, which compares pairs (of every fourth sample)."""
    count = int(minutes * 6000)
    cop = sway_mm(count)
    time_s = np.arange(count) / 100
    if family is None:
        benchmark.pedantic(analyse, (time_s, *cop), {"profile": "quijoux2021", "families": ()}, rounds=3)
    else:
        benchmark.pedantic(measure, (*cop, 100.0, (family,)), rounds=3)


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


@pytest.mark.parametrize("window", [1000, 4000])
def test_one_tick_of_the_streaming_measures_with_a_reading_of_the_window(benchmark, window):
    """The loop reads at 30 Hz. What a reading costs does not grow with the window."""
    stream = StreamingSway(100.0, window)
    points = endless([tuple(point) for point in sway_mm(6000).T.tolist()])

    def tick():
        stream.push(*next(points))
        return stream.sliding()

    for _ in range(6000):
        tick()
    assert benchmark(tick).count == window


@pytest.mark.parametrize("rows", [6000, 100_000, 1_000_000])
def test_reading_a_csv_file(benchmark, tmp_path, rows):
    table = np.column_stack([np.arange(rows) / 100, sway_mm(rows).T])
    path = tmp_path / "a.csv"
    np.savetxt(path, table, delimiter=",", fmt="%.5f", header="time_s,cop_ml_mm,cop_ap_mm", comments="")
    assert len(benchmark(read_recording, path).time_s) == rows


@pytest.mark.parametrize("jobs", [1, 2])
def test_analysing_100_trials_of_60_s_with_every_measure(benchmark, tmp_path, jobs):
    counts = np.rint(sway_mm(6000) * 1e5).astype(np.int32).T
    np.savez_compressed(tmp_path / "subject_001.npz", **{f"T{number}": counts for number in range(100)})
    sources = sources_in(tmp_path)
    found = benchmark.pedantic(lambda: list(analyse_all(sources, "station", jobs)), rounds=3)
    assert len(found) == 100
    benchmark.extra_info["trials_per_s"] = round(100 / benchmark.stats.stats.min, 1)
