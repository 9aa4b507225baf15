"""The profile that reproduces another program digit for digit, and the resampling that it needs."""

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from station.sway.analysis import analyse, to_builtins
from station.sway.measures import UNITS as OWN
from station.sway.profiles import QUIJOUX2021, smooth
from station.sway.quijoux2021 import UNITS, padded_welch, paper_outputs
from station.sway.swarii import swarii

from .making import seconds, sway_mm
from .recorded import BESIDE, DATA, all_trials, example_mm, needs_all_recordings, shipped_mm, subjects

SHIPPED = json.loads((DATA / "quijoux2021.json").read_text())


def outputs(cop_mm, variant):
    """Return the paper's outputs by our own command's way, or of the signal that is only filtered."""
    cop_mm = cop_mm[:, :3000] if variant.startswith("first30s") else cop_mm
    if not variant.startswith("full60s_no_resample") and not variant.startswith("no_resample"):
        return analyse((np.arange(cop_mm.shape[1]) + 1) / 100, *cop_mm, profile="quijoux2021", families=()).quijoux2021
    mean_mm = cop_mm.mean(axis=1)
    return paper_outputs(smooth((cop_mm.T - mean_mm).T, 100.0, QUIJOUX2021.low_pass) / 10, mean_mm / 10, 100.0)


def assert_agrees(found, reference):
    assert list(found) == list(UNITS)
    assert set(found) == set(reference)
    agree = {key: math.isclose(found[key], value, rel_tol=1e-6) for key, value in reference.items()}
    assert [(key, found[key], reference[key]) for key, equal in agree.items() if not equal] == []


@pytest.mark.parametrize(
    ("trial", "variant"), [(trial, variant) for trial, variants in SHIPPED.items() for variant in variants]
)
def test_all_72_outputs_agree_to_a_millionth_on_the_people_who_ship(trial, variant):
    assert_agrees(outputs(shipped_mm(trial), variant), SHIPPED[trial][variant])


@needs_all_recordings
def test_all_72_outputs_agree_on_every_record_that_the_program_was_run_on():
    records = json.loads((BESIDE / "peer-values" / "quijoux2021.json").read_text())["records"]
    example = records.pop("quijoux_test_rows4000_7000")
    for variant, reference in example.items():
        assert_agrees(outputs(example_mm(), variant), reference)
    seen = set()
    for row, cop_mm in subjects([row for row in all_trials() if row["trial"] in records]):
        for variant, reference in records[row["trial"]].items():
            if variant != "meta":
                assert_agrees(outputs(cop_mm, variant), reference)
                seen.add((row["trial"], variant))
    assert len(seen) == 3 * len(records)


@needs_all_recordings
def test_all_72_outputs_agree_on_every_older_person_with_open_eyes_on_firm_ground():
    with (BESIDE / "peer-values" / "quijoux2021_older_eyes_open_firm_60s.csv").open(newline="") as lines:
        table = {row["Trial"]: row for row in csv.DictReader(lines)}
    count = 0
    for row, cop_mm in subjects([row for row in all_trials() if row["trial"] in table]):
        assert_agrees(outputs(cop_mm, "full60s"), {key: float(table[row["trial"]][key]) for key in UNITS})
        count += 1
    assert count == len(table) == 153


def test_the_analysis_has_our_own_measures_of_the_same_signal_beside_the_papers_outputs():
    analysis = analyse(seconds(3000), *sway_mm(), profile="quijoux2021", file="a.csv")
    result = to_builtins(analysis)
    assert list(result)[-1] == "quijoux2021"
    assert list(result["metrics"]) == list(OWN)
    assert (result["profile"], result["fs_hz"]) == ("quijoux2021", 25.0)
    assert result["not_computed"] == {}
    assert len(result["quijoux2021"]) == 72
    assert result["metrics"]["mean_velocity_mm_s"] / 10 == pytest.approx(
        result["quijoux2021"]["mean_velocity_ML_AND_AP"], rel=1e-9
    )
    assert "quijoux2021" not in to_builtins(analyse(seconds(3000), *sway_mm()))


@pytest.mark.parametrize("count", [3, 12, 40, 200, 500, 1000])
def test_what_a_short_record_has_no_output_for_says_so(count):
    analysis = analyse(seconds(count), *shipped_mm("BDS00037")[:, :count], profile="quijoux2021")
    missing = {f"quijoux2021.{key}" for key, value in analysis.quijoux2021.items() if value is None}
    assert missing == {key for key in analysis.not_computed if key.startswith("quijoux2021.")}
    assert all(analysis.not_computed.values())
    assert (count < 700) == bool(missing)


def test_an_axis_that_does_not_move_has_outputs_only_where_there_is_something_to_say():
    ml, _ = sway_mm()
    found = analyse(seconds(3000), ml, np.full(3000, 4.0), profile="quijoux2021").quijoux2021
    assert found["mean_value_AP"] == pytest.approx(0.4)
    assert found["mean_frequency_AP"] is None
    assert found["LFS_ML_AND_AP"] is None
    assert found["zero_crossing_SPD_AP"] is None
    assert found["zero_crossing_SPD_ML"] > 0


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 700), st.sampled_from([25.0, 50.0, 100.0]))
def test_every_output_is_a_finite_number_or_a_reason(seed, count, fs_hz):
    random = np.random.default_rng(seed)
    cop_cm = random.choice([random.normal(0, 1, (2, count)), random.integers(-1, 2, (2, count)).astype(float)])
    found = paper_outputs(cop_cm, cop_cm.mean(axis=1), fs_hz)
    assert list(found) == list(UNITS)
    assert all(value if isinstance(value, str) else math.isfinite(value) for value in found.values())


@pytest.mark.parametrize("count", [300, 499, 500, 748, 1499])
def test_the_short_way_to_the_padded_spectrum_gives_what_the_long_way_gives(count):
    values, _ = sway_mm(count, fs_hz=25.0)
    frequency, density = padded_welch(values, 25.0, 250)
    long_way = signal.welch(values, 25.0, nperseg=250, nfft=count, detrend="linear")
    assert frequency == pytest.approx(long_way[0], rel=1e-12)
    assert density == pytest.approx(long_way[1], rel=1e-9, abs=1e-12 * long_way[1].max())


def mean_over_window(time_s, values, at_s, half_s):
    """SWARII at one instant, by its definition."""
    near = [k for k in range(len(time_s)) if abs(time_s[k] - at_s) < half_s]
    edges = [max(time_s[0], at_s - half_s), min(time_s[-1], at_s + half_s)]
    edges[1:1] = [(time_s[k] + time_s[k + 1]) / 2 for k in near[:-1]]
    return values[near[0]] if len(near) == 1 else np.average(values[near], weights=np.diff(edges))


def test_a_grid_point_is_the_mean_of_its_window_weighted_by_time():
    random = np.random.default_rng(3)
    time_s = np.cumsum(random.uniform(0.002, 0.03, 400))
    time_s -= time_s[0]
    cop_mm = np.cumsum(random.normal(0, 0.2, (2, 400)), axis=1)
    found = swarii(time_s, cop_mm, 25.0, 0.08)
    inner = (time_s >= 0.1) & (np.arange(400) > 0) & (np.arange(400) < 399)
    known_s, known = time_s[inner], cop_mm[:, inner]
    for k in range(0, found.shape[1], 7):
        at_s = known_s[0] + k / 25
        for axis in range(2):
            expected = mean_over_window(known_s, known[axis], at_s, (0.08 - 1e-6) / 2)
            assert found[axis, k] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_window_without_a_sample_is_bridged_in_a_straight_line():
    time_s = np.delete(seconds(300), slice(100, 130))
    found = swarii(time_s, np.stack([time_s * 7, -time_s]), 25.0, 0.08)
    at_s = 0.1 + np.arange(found.shape[1]) / 25
    far_from_gap = (abs(at_s - 1.15) > 0.22) & (at_s < 2.9) & (at_s > 0.15)
    assert found[0][far_from_gap] == pytest.approx(at_s[far_from_gap] * 7, abs=0.01)
    assert np.diff(found[0]).min() > 0  # no hole, no hold


def test_a_glitch_that_is_over_in_two_samples_is_left_out_and_a_step_that_stays_is_not():
    cop_mm = sway_mm(600) * 0.1
    glitch, step = cop_mm.copy(), cop_mm.copy()
    glitch[0, 300:302] += 60.0
    step[0, 300:] += 60.0
    resampled = swarii(seconds(600), cop_mm, 25.0, 0.08)
    assert np.abs(swarii(seconds(600), glitch, 25.0, 0.08) - resampled).max() < 0.5
    assert np.abs(swarii(seconds(600), step, 25.0, 0.08) - resampled)[0, -1] == pytest.approx(60.0, abs=1e-9)
