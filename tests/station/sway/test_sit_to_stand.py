"""Rises found at the waist: in a recorded person, turned, resampled, noisy and cut; in a model; and not in walks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sway.gravity import followed_vertical
from station.sway.sit_to_stand import find_sit_to_stands

from .trunk_signals import RecordedRises, resampled, series_g, swaying_g, turned, walks_g

WITHIN_S = 0.25
RECORDED = RecordedRises()
TRUE_S = RECORDED.stillness_s


def intervals(acc_g, fs_hz, from_s=0.0):
    found = find_sit_to_stands(acc_g, fs_hz)
    assert found.not_computed is None
    return np.array([(rise.start_s, rise.end_s) for rise in found.rises]).reshape(-1, 2) + from_s


def agree(found_s, expected_s, within_s=WITHIN_S):
    assert len(found_s) == len(expected_s), f"found {found_s.round(2).tolist()}"
    assert found_s == pytest.approx(np.reshape(expected_s, (-1, 2)), abs=within_s)


# --- a recorded person ------------------------------------------------------------------------------------------------


def test_every_rise_of_the_recording_is_found_and_nothing_else():
    """Among the rest are five walks, four times sitting down, and two deep bends."""
    agree(intervals(RECORDED.acc_g, RECORDED.rate_hz), TRUE_S)


def test_the_rises_are_those_on_which_both_methods_of_the_other_program_agree():
    agree(RECORDED.displacement_s[:3], TRUE_S, 0.01)
    agree(intervals(RECORDED.acc_g, RECORDED.rate_hz), RECORDED.displacement_s[:3])


def test_the_last_two_that_the_other_program_marks_by_displacement_start_nobody_from_a_seat():
    """Between standing up for the third time and sitting down at the end the waist stays up, and then stays down.

    Seen without any detector: height from the whole stretch between two rests, the drift of its velocity taken away.
    """
    rate = RECORDED.rate_hz
    upward, _ = followed_vertical(RECORDED.acc_g, rate)
    at = slice(round(80.5 * rate), round(91.0 * rate))
    velocity = np.cumsum(upward[at] - upward[round(72 * rate) : round(80 * rate)].mean()) / rate
    velocity -= np.linspace(0, velocity[-1], len(velocity))
    height = np.cumsum(velocity) / rate

    def height_at(seconds):
        return height[round((seconds - 80.5) * rate)]

    third_end, (fourth, fourth_end), (fifth, fifth_end) = (TRUE_S[2, 1], *RECORDED.displacement_s[3:])
    stood_up = height_at(third_end)
    assert stood_up == pytest.approx(0.5, abs=0.1)
    assert height_at(fourth) > 0.6 * stood_up  # on their feet already as the "fourth rise" starts
    assert abs(height_at(fourth_end) - height_at(fourth)) < 0.2
    assert height_at(fifth) < 0.3 * stood_up  # seated again as the "fifth" starts, and
    assert abs(height_at(fifth_end - 0.1) - height_at(fifth)) < 0.15  # still so at its end


@pytest.mark.parametrize("seed", range(8))
def test_how_the_sensor_is_turned_changes_nothing(seed):
    agree(intervals(turned(seed) @ RECORDED.acc_g, RECORDED.rate_hz), intervals(RECORDED.acc_g, RECORDED.rate_hz), 0.01)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 208.0, 416.0])
def test_another_rate_finds_the_same(rate_hz):
    agree(intervals(resampled(RECORDED.acc_g, RECORDED.rate_hz, rate_hz), rate_hz), TRUE_S)


@pytest.mark.parametrize("noise_g", [0.002, 0.005, 0.01])
@pytest.mark.parametrize("seed", range(3))
def test_a_sensor_with_ten_times_the_usual_noise_finds_the_same(noise_g, seed):
    noise = np.random.default_rng(seed).normal(0, noise_g, RECORDED.acc_g.shape)
    agree(intervals(RECORDED.acc_g + noise, RECORDED.rate_hz), TRUE_S)


@pytest.mark.parametrize("gain", [0.96, 0.98, 1.02, 1.04])
def test_a_gain_that_is_off_finds_the_same(gain):
    agree(intervals(gain * RECORDED.acc_g, RECORDED.rate_hz), TRUE_S)


@pytest.mark.parametrize("seed", range(6))
def test_axes_that_differ_by_a_per_cent_and_offsets_of_10_mg_find_the_same(seed):
    random = np.random.default_rng(seed)
    acc_g = RECORDED.acc_g * (1 + random.normal(0, 0.01, (3, 1))) + random.uniform(-0.01, 0.01, (3, 1))
    agree(intervals(acc_g, RECORDED.rate_hz), TRUE_S)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 85.0), st.floats(4.0, 91.0))
def test_a_piece_of_the_recording_has_the_rises_that_are_whole_in_it(start_s, length_s):
    first, last = round(start_s * RECORDED.rate_hz), round((start_s + length_s) * RECORDED.rate_hz)
    piece = RECORDED.acc_g[:, first:last]
    end_s = start_s + piece.shape[1] / RECORDED.rate_hz
    whole = [(start, end) for start, end in TRUE_S if start - 1.5 >= start_s and end + 1.0 <= end_s]
    cut = [(start, end) for start, end in TRUE_S if start_s < end + 1.0 and start - 1.5 < end_s]
    found_s = intervals(piece, RECORDED.rate_hz, first / RECORDED.rate_hz)
    if len(cut) == len(whole):
        agree(found_s, whole)
    else:  # a rise at the edge may be found or not; nothing else may
        near = [any(np.abs(found - true).max() < 1.0 for true in np.array(cut)) for found in found_s]
        assert all(near)
        assert len(found_s) >= len(whole)


# --- people who do not rise -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("walk", range(2))
@pytest.mark.parametrize("gain", [0.97, 1.0, 1.03])
def test_a_walk_has_no_rise_in_it(walk, gain):
    agree(intervals(gain * walks_g()[walk], 100.0), [])


@pytest.mark.parametrize("seed", range(4))
def test_quiet_standing_has_no_rise_in_it(seed):
    agree(intervals(swaying_g(6000, seed=seed), 100.0), [])


def test_sitting_still_for_a_long_time_has_no_rise_in_it():
    first, last = (round(seconds * RECORDED.rate_hz) for seconds in (10.0, 22.0))
    agree(intervals(RECORDED.acc_g[:, first:last], RECORDED.rate_hz), [])


def test_a_lift_that_carries_somebody_up_is_no_rise():
    acc_g, _ = series_g(1, 2.0, 1.5, lean_deg=0.0)
    agree(intervals(acc_g, 100.0), [])


def test_a_step_up_a_stair_is_no_rise():
    acc_g, _ = series_g(1, 0.8, 1.5, height_m=0.18)
    agree(intervals(acc_g, 100.0), [])


# --- a modelled person ------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.floats(1.3, 2.4), st.floats(0.2, 2.0), st.floats(0.35, 0.5), st.integers(0, 2**32 - 1))
def test_every_rise_of_a_series_is_found_whatever_its_pace(count, rise_s, wait_s, height_m, seed):
    acc_g, rises_s = series_g(count, rise_s, wait_s, height_m=height_m)
    found = find_sit_to_stands(turned(seed) @ acc_g, 100.0).rises
    assert len(found) == count
    for rise, (start_s, end_s) in zip(found, rises_s, strict=True):
        # The smoothest path begins and ends so gently that nobody could say when to a quarter of it.
        assert rise.start_s == pytest.approx(start_s, abs=0.25 * rise_s)
        assert rise.end_s == pytest.approx(end_s, abs=0.25 * rise_s)
        assert rise.rise_m == pytest.approx(height_m, rel=0.35)
