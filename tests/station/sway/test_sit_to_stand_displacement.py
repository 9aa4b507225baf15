"""Rises by the displacement method: what the other program finds is found, and where it finds what is no rise."""

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import integrate

from station.sway.gravity import followed_vertical
from station.sway.sit_to_stand import find_sit_to_stands
from station.sway.sit_to_stand_displacement import find_by_displacement

from .recorded import BESIDE, DATA
from .trunk_signals import RecordedRises, resampled, series_g, swaying_g, turned, walks_g

RECORDED = RecordedRises()
RATE_HZ = RECORDED.rate_hz
# Published with the starts and ends: "Duration", s, and "Vertical Displacement", m.
PUBLISHED_DURATION_S = (1.4140, 1.6405, 1.6796, 3.2967, 1.7968)
PUBLISHED_RISE_M = (0.4816, 0.5359, 0.5166, 0.7482, 0.5520)
# One sample: versions of the program differ by that much in which side of a crossing they take.
ONE_SAMPLE_S = 1.01 / 128
RUNS = json.loads((DATA / "skdh01718.json").read_text())


def rises(acc_g, fs_hz):
    """Return start, s, end, s, and height, m, of each rise, shape (n, 3)."""
    found = find_by_displacement(acc_g, fs_hz)
    assert found.not_computed is None
    return np.array([(rise.start_s, rise.end_s, rise.rise_m) for rise in found.rises]).reshape(-1, 3)


def signal_of(run):
    """Return what the other program was given in a run: accelerations, g, and their rate."""
    if run["signal"] == "series":
        return series_g(run["count"], run["rise_s"], run["wait_s"], fs_hz=128.0)[0], 128.0
    if run["signal"].startswith("walk"):
        return resampled(walks_g()[int(run["signal"].split()[1])], 100.0, 128.0), 128.0
    acc_g = RECORDED.acc_g[:, ::-1] if run.get("backwards") else RECORDED.acc_g
    return acc_g[:, run.get("first", 0) : run.get("last")] * run.get("gain", 1.0), RATE_HZ


# --- what the other program finds -------------------------------------------------------------------------------------


def test_all_five_that_the_other_program_published_are_found_within_a_sample_and_nothing_else():
    found = rises(RECORDED.acc_g, RATE_HZ)
    assert len(found) == 5
    assert found[:, :2] == pytest.approx(RECORDED.displacement_s, abs=ONE_SAMPLE_S)
    assert found[:, 1] - found[:, 0] == pytest.approx(PUBLISHED_DURATION_S, abs=ONE_SAMPLE_S)
    assert found[:, 2] == pytest.approx(PUBLISHED_RISE_M, abs=0.002)


@pytest.mark.skipif(
    not (BESIDE / "sit-to-stand").is_dir(), reason="the original is not beside the project; the copy is tested"
)
def test_all_five_are_found_in_the_original_with_all_its_digits():
    with (
        np.load(BESIDE / "sit-to-stand" / "s2s_input_data.npz") as given_,
        np.load(BESIDE / "sit-to-stand" / "s2s_displacement_results.npz") as published,
    ):
        time_s, acc_g = given_["time"], given_["accel"].T
        expected_s = np.column_stack([published["STS Start"], published["STS End"]]) - time_s[0]
        expected_m = published["Vertical Displacement"]
    found = rises(acc_g, (len(time_s) - 1) / (time_s[-1] - time_s[0]))
    assert found[:, :2] == pytest.approx(expected_s, abs=ONE_SAMPLE_S)
    assert found[:, 2] == pytest.approx(expected_m, abs=0.002)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: " ".join(str(v) for k, v in run.items() if k != "found"))
def test_whatever_the_program_finds_in_pieces_gains_walks_and_models_is_found_and_nothing_else(run):
    expected = np.reshape(run["found"], (-1, 3))
    found = rises(*signal_of(run))
    assert len(found) == len(expected)
    # The program leaves out the last sample of a recording, and so do rises that end there.
    assert found[:, :2] == pytest.approx(expected[:, :2], abs=ONE_SAMPLE_S)
    assert found[:, 2] == pytest.approx(expected[:, 2], abs=0.002)


def test_the_runs_of_the_program_have_rises_and_recordings_without_one():
    counts = [len(run["found"]) for run in RUNS]
    assert len(RUNS) == 29
    assert sum(counts) == 43
    assert counts.count(0) == 10


@pytest.mark.parametrize("seed", range(4))
def test_how_the_sensor_is_turned_changes_nothing(seed):
    assert rises(turned(seed) @ RECORDED.acc_g, RATE_HZ) == pytest.approx(rises(RECORDED.acc_g, RATE_HZ), abs=1e-6)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 208.0, 416.0])
def test_another_rate_finds_the_same(rate_hz):
    found = rises(resampled(RECORDED.acc_g, RATE_HZ, rate_hz), rate_hz)
    assert found[:, :2] == pytest.approx(RECORDED.displacement_s, abs=3 / 50)
    assert found[:, 2] == pytest.approx(PUBLISHED_RISE_M, abs=0.08)  # where drift begins and ends moves by a sample


# --- where the two rules differ ---------------------------------------------------------------------------------------


def test_the_two_rules_agree_on_the_three_rises_from_a_chair():
    station = [(rise.start_s, rise.end_s, rise.rise_m) for rise in find_sit_to_stands(RECORDED.acc_g, RATE_HZ).rises]
    other = rises(RECORDED.acc_g, RATE_HZ)
    assert len(station) == 3
    assert other[:3, :2] == pytest.approx(np.array(station)[:, :2], abs=0.15)
    assert other[:3, 2] == pytest.approx(np.array(station)[:, 2], abs=0.04)


def test_the_fourth_and_the_fifth_are_said_to_rise_by_half_a_metre_and_more_and_rise_by_a_tenth_and_nothing():
    """Height from the whole stretch between two rests, with 0 for the velocity in both, as a trunk at rest has it."""
    upward, _ = followed_vertical(RECORDED.acc_g, RATE_HZ)
    first, last = round(80.5 * RATE_HZ), round(91.0 * RATE_HZ)
    at_rest = upward[round(72 * RATE_HZ) : round(80 * RATE_HZ)].mean()
    velocity = integrate.cumulative_trapezoid(upward[first:last] - at_rest, dx=1 / RATE_HZ, initial=0)
    velocity -= np.linspace(0, velocity[-1], len(velocity))
    height = integrate.cumulative_trapezoid(velocity, dx=1 / RATE_HZ, initial=0)

    def climbed(rise):
        start, end = (min(round(seconds * RATE_HZ), last - 1) - first for seconds in rise[:2])
        return height[end] - height[start]

    found = rises(RECORDED.acc_g, RATE_HZ)
    assert [climbed(rise) for rise in found[2:]] == pytest.approx([0.52, 0.11, 0.01], abs=0.02)
    assert found[2:, 2] == pytest.approx([0.52, 0.75, 0.55], abs=0.01)


def test_the_station_finds_rises_that_the_other_program_loses_in_a_short_quiet_recording():
    acc_g, rises_s = series_g(3, 1.5, 1.0, fs_hz=128.0)
    assert len(find_sit_to_stands(acc_g, 128.0).rises) == len(rises_s)
    assert len(rises(acc_g, 128.0)) == 0


# --- whatever is handed in --------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 87.0), st.floats(3.1, 91.0), st.floats(0.0, 0.3), st.integers(0, 2**32 - 1))
@example(85.0, 3.1, 0.0, 0)
def test_rises_come_in_order_and_are_no_longer_and_no_lower_than_the_method_allows(start_s, length_s, noise_g, seed):
    first, last = round(start_s * RATE_HZ), round((start_s + length_s) * RATE_HZ)
    piece = RECORDED.acc_g[:, first:last] + np.random.default_rng(seed).normal(0, noise_g, (3, 1))
    found = find_by_displacement(piece, RATE_HZ)
    assert (found.rises is None) == (found.not_computed is not None)
    before_s = -1.0
    for rise in found.rises or ():
        assert rise.start_s > before_s + 0.4
        assert 0 < rise.duration_s < 4.5
        assert rise.end_s <= piece.shape[1] / RATE_HZ
        assert rise.rise_m > 0.125
        before_s = rise.start_s


# --- what neither rule searches ---------------------------------------------------------------------------------------

BOTH = pytest.mark.parametrize("find", [find_sit_to_stands, find_by_displacement])


@BOTH
def test_a_signal_that_cannot_be_searched_says_why_and_finds_no_number(find):
    for acc_g, fs_hz, reason in (
        (swaying_g(200), 100.0, "too short: 2 s, at least 3 s are needed"),
        (swaying_g(3000), 10.0, "rate too low: 10 samples/s"),
        (swaying_g() * 9.8, 100.0, "no gravity: the acceleration is 9.82 g"),
        (np.ones((3, 3000)), 100.0, "no variation"),
    ):
        found = find(acc_g, fs_hz)
        assert found.rises is None
        assert found.not_computed.startswith(reason), found.not_computed


@BOTH
@pytest.mark.parametrize(
    ("acc_g", "fs_hz"),
    [
        (np.full((3, 3000), np.nan), 100.0),
        (np.full((3, 3000), np.inf), 100.0),
        (np.ones((2, 3000)), 100.0),
        (np.ones(3000), 100.0),
        (np.ones((3, 3000)), 0.0),
        (np.ones((3, 3000)), np.nan),
    ],
)
def test_what_is_no_signal_is_an_error(find, acc_g, fs_hz):
    with pytest.raises(ValueError, match="finite values"):
        find(acc_g, fs_hz)
