"""Limits of stability: leans of known reach, time and straightness towards targets in eight directions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sway.limits_of_stability import DIRECTIONS, UNITS, Target, limits_of_stability

from .chair_person import least_jerk

FS_HZ = 100.0
TRIAL_S = 8.0


def lean(direction, reach_mm, *, reaction_s=0.6, move_s=1.2, aside_mm=0.0, steps=1):
    """Return the COP (2, N) of standing 1 s, a target for 8 s, a lean in `steps` movements with a stop after each."""
    t = np.arange(round((1 + TRIAL_S) * FS_HZ)) / FS_HZ - 1.0 - reaction_s
    along = sum(reach_mm / steps * least_jerk((t - k * (move_s + 0.6)) / move_s)[0] for k in range(steps))
    across = aside_mm * np.sin(np.pi * np.clip(t / move_s, 0, 1)) ** 2
    angle = math.radians(45 * DIRECTIONS.index(direction))
    return np.array(
        [
            along * math.sin(angle) + across * math.cos(angle) + 3.0,
            along * math.cos(angle) - across * math.sin(angle) - 20.0,
        ]
    )


def target(direction, distance_mm=80.0, from_s=1.0):
    return Target(direction, from_s, from_s + TRIAL_S, distance_mm)


def one(cop_mm, direction, distance_mm=80.0):
    return limits_of_stability(*cop_mm, FS_HZ, [target(direction, distance_mm)])


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(DIRECTIONS), st.floats(20.0, 120.0), st.floats(0.2, 1.5), st.floats(0.6, 2.0))
def test_a_straight_lean_has_its_reach_its_time_and_full_control(direction, reach_mm, reaction_s, move_s):
    found = one(lean(direction, reach_mm, reaction_s=reaction_s, move_s=move_s), direction, 100.0).measures.metrics
    assert found[f"reach_{direction}_mm"] == pytest.approx(reach_mm, rel=1e-6)
    assert found["end_point_excursion_percent"] == pytest.approx(reach_mm, rel=0.01)
    assert found["directional_control_percent"] == pytest.approx(100, abs=1e-6)
    # Moving is seen once it is further than sway goes: 5 mm of the way, at most a third of it here.
    assert reaction_s <= found["reaction_time_s"] + 1e-9 <= reaction_s + 0.4 * move_s + 0.02


def test_all_eight_directions_make_all_the_measures():
    cop = np.hstack([lean(direction, 50.0 + 5 * k) for k, direction in enumerate(DIRECTIONS)])
    targets = [target(direction, from_s=1.0 + 9.0 * k) for k, direction in enumerate(DIRECTIONS)]
    found = limits_of_stability(*cop, FS_HZ, targets).measures
    assert found.not_computed == {}
    assert list(found.metrics) == list(UNITS)
    reaches = [found.metrics[f"reach_{direction}_mm"] for direction in DIRECTIONS]
    assert reaches == pytest.approx([50.0 + 5 * k for k in range(8)])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(DIRECTIONS), st.integers(1, 7))
def test_turning_the_person_turns_the_direction(direction, turns):
    angle = math.radians(45 * turns)
    ml, ap = lean(direction, 60.0, aside_mm=8.0)
    turned = np.array([ml * math.cos(angle) + ap * math.sin(angle), ap * math.cos(angle) - ml * math.sin(angle)])
    other = DIRECTIONS[(DIRECTIONS.index(direction) + turns) % 8]
    before, after = one((ml, ap), direction).reaches[0], one(turned, other).reaches[0]
    assert after.reach_mm == pytest.approx(before.reach_mm)
    assert after.reaction_time_s == before.reaction_time_s
    assert after.directional_control_percent == pytest.approx(before.directional_control_percent)


def test_straying_costs_control_and_not_reach():
    straight, stray = (one(lean("right", 60.0, aside_mm=aside_mm), "right").reaches[0] for aside_mm in (0.0, 12.0))
    assert stray.reach_mm == pytest.approx(straight.reach_mm)
    # Seen from 5 mm on, a quarter of the time, half-way out: 6 mm further out and 12 mm back, over 55 mm.
    assert stray.directional_control_percent == pytest.approx(100 * (1 - 18 / 55), abs=2)


def test_the_first_movement_ends_where_it_stops_even_if_another_follows():
    reach = one(lean("forward", 80.0, steps=2), "forward", 80.0).reaches[0]
    assert reach.end_point_excursion_percent == pytest.approx(50, abs=2)
    assert reach.reach_mm == pytest.approx(80, rel=1e-6)


def test_somebody_who_does_not_move_has_no_reach_and_says_so():
    random = np.random.default_rng(0).normal(0, 0.5, (2, 900))
    found = one(random, "left").measures
    assert found.metrics == {}
    assert found.not_computed["reach_left_mm"] == "no movement towards the target"
    assert found.not_computed["reach_right_mm"] == "no target in this direction was shown"
    assert found.not_computed["reaction_time_s"] == "no movement towards any target"


def test_a_lean_the_other_way_is_no_reach():
    assert one(lean("back", 60.0), "forward").reaches[0].reach_mm is None


def test_somebody_already_on_the_way_has_a_reach_and_no_reaction_time():
    reach = one(lean("forward", 60.0, reaction_s=-0.1, move_s=0.8), "forward").reaches[0]
    assert reach.reach_mm == pytest.approx(60, abs=1)
    assert reach.reaction_time_s is None


def test_of_two_targets_in_a_direction_the_further_reach_counts():
    cop = np.hstack([lean("left", 40.0), lean("left", 55.0)])
    found = limits_of_stability(*cop, FS_HZ, [target("left"), target("left", from_s=10.0)]).measures
    assert found.metrics["reach_left_mm"] == pytest.approx(55.0)


def test_no_target_is_no_measure():
    found = limits_of_stability(np.zeros(900), np.zeros(900), FS_HZ, []).measures
    assert set(found.not_computed) == set(UNITS)


@pytest.mark.parametrize(
    "wrong", [target("left", from_s=0.2), target("left", from_s=2.0), target("left", distance_mm=0.0)]
)
def test_a_target_outside_the_recording_is_an_error(wrong):
    with pytest.raises(ValueError, match="the target left from"):
        limits_of_stability(*lean("left", 40.0), FS_HZ, [wrong])
