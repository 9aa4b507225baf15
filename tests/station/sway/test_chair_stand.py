"""Chair stands counted in the force under the feet of a person as mechanics has it, whoever it is, at any pace."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sway.chair_stand import STANDS_WITHIN, UNITS, chair_stand

from .chair_person import FS_HZ, ChairPerson, G, Stand, least_jerk

PERSON = ChairPerson(stands=[Stand()] * 5)

stands = st.builds(
    Stand,
    before_s=st.floats(0.3, 1.5),
    rise_s=st.floats(0.7, 2.5),
    stand_s=st.floats(0.3, 1.5),
    lower_s=st.floats(0.8, 2.5),
)
people = st.builds(
    ChairPerson,
    mass_kg=st.floats(40.0, 150.0),
    height_m=st.floats(0.25, 0.45),
    seated_share=st.floats(0.12, 0.3),
    shift_s=st.floats(0.2, 0.5),
    noise_n=st.floats(0.0, 2.0),
    stands=st.lists(stands, min_size=1, max_size=8),
)


def counted(person, seconds=None, *, weight=1.0, window_s=None):
    """Count in a person's force; `weight`: what is believed of their body weight."""
    length_s = seconds or len(person.path()[1]) / FS_HZ + 1.0
    return chair_stand(person(length_s), FS_HZ, weight * person.weight_n, window_s)


def repetitions(found):
    return found.metrics["repetitions"]


@settings(max_examples=100, deadline=None)
@given(people, st.floats(0.997, 1.003))
def test_every_stand_of_anybody_is_counted_once_and_timed_to_a_fifth_of_a_second(person, weight):
    found = counted(person, weight=weight)
    _, _, seat_off_s, up_s = person.path()
    assert repetitions(found) == len(person.stands)
    assert found.not_counted == ()
    for rise, seat_off, up, stand in zip(found.rises, seat_off_s, up_s, person.stands, strict=True):
        assert rise.seat_off_s == pytest.approx(seat_off, abs=0.2)
        # A gentler push than what counts as standing does not show when it ends; and the smoothest path ends so gently
        # that its last tenth is hardly a movement any more.
        pushes = least_jerk(0.21)[1] * person.height_m / stand.rise_s**2 / G
        if pushes > 1.2 * STANDS_WITHIN:
            assert rise.standing_s == pytest.approx(up, abs=0.1 + 0.1 * stand.rise_s)


@settings(max_examples=60, deadline=None)
@given(people, st.floats(0.5, 2.0))
def test_what_somebody_weighs_changes_neither_the_count_nor_its_times(person, factor):
    person = replace(person, noise_n=0.0)
    heavier = replace(person, mass_kg=person.mass_kg * factor)
    assert counted(heavier).metrics == pytest.approx(counted(person).metrics, rel=1e-6)


def test_the_measures_of_five_even_stands_are_those_of_the_model():
    found = counted(PERSON)
    assert set(found.metrics) == set(UNITS)
    assert found.metrics["repetitions"] == 5
    assert found.metrics["mean_rise_time_s"] == pytest.approx(0.35 + 1.3, abs=0.15)
    # 0.8 of body weight shifts in 0.35 s, by a path whose steepest is 15/8 of its mean.
    assert found.metrics["peak_rise_force_bw_s"] == pytest.approx(0.8 / 0.35 * 15 / 8, rel=0.1)


def test_five_times_sit_to_stand_is_from_go_to_the_fifth_stand():
    _, _, _, up_s = PERSON.path()
    assert counted(PERSON).five_times_s == pytest.approx(up_s[4], abs=0.2)
    assert counted(replace(PERSON, stands=[Stand()] * 4)).five_times_s is None


def test_a_slower_rise_takes_longer_and_pushes_less_steeply():
    quick = counted(PERSON).metrics
    slow = counted(replace(PERSON, shift_s=0.6, stands=[Stand(rise_s=2.2)] * 5)).metrics
    assert slow["mean_rise_time_s"] > quick["mean_rise_time_s"] + 0.8
    assert slow["peak_rise_force_bw_s"] < 0.7 * quick["peak_rise_force_bw_s"]


@settings(max_examples=100, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(0.9, 2.0), st.floats(50.0, 120.0))
def test_more_than_half_way_up_at_30_s_counts(way, rise_s, mass_kg):
    """The sixth rise is `way` through its time as the time is over; half its time is half its height."""
    stand = Stand(rise_s=rise_s)
    before = ChairPerson(mass_kg=mass_kg, stands=[stand] * 5)
    taken_s = len(before.path()[1]) / FS_HZ
    waits_s = 30.0 - taken_s - before.shift_s - way * rise_s
    person = replace(before, stands=[*before.stands, replace(stand, before_s=waits_s)])
    found = counted(person, 40.0, window_s=30.0)
    height = person.path()[0][2999] / person.height_m
    if height > 0.62:
        assert repetitions(found) == 6
    elif height < 0.38:
        assert repetitions(found) == 5
    assert repetitions(found) in (5, 6)


def test_a_first_rise_that_has_just_begun_at_30_s_is_none():
    person = ChairPerson(stands=[Stand(before_s=29.3)])
    found = counted(person, 40.0, window_s=30.0)
    assert repetitions(found) == 0
    assert len(found.not_counted) == 1
    assert found.not_counted[0].endswith("was not half-way up when the time was over")
    assert found.not_computed == dict.fromkeys(("mean_rise_time_s", "peak_rise_force_bw_s"), "no rise was finished")


def test_what_comes_after_30_s_is_not_looked_at():
    person = ChairPerson(stands=[Stand()] * 12)
    assert repetitions(counted(person, 60.0, window_s=30.0)) < repetitions(counted(person, 60.0)) == 12


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.floats(0.2, 0.5))
def test_a_rise_that_turns_back_half_way_is_not_counted_and_says_so(which, share):
    one_half = list(PERSON.stands)
    one_half[which] = Stand(rise_s=0.8, stand_s=0.0, lower_s=0.8, share=share)
    found = counted(replace(PERSON, stands=one_half))
    assert repetitions(found) == 4
    assert len(found.not_counted) == 1
    assert "turned back before the top" in found.not_counted[0]


def test_leaning_forward_and_back_is_no_attempt():
    force = PERSON(30.0)
    force[2000:2100] += 0.4 * PERSON.weight_n * np.sin(np.pi * np.arange(100) / 100)
    found = chair_stand(force, FS_HZ, PERSON.weight_n)
    assert repetitions(found) == 5
    assert found.not_counted == ()


def test_somebody_who_turns_at_the_top_without_standing_still_is_counted():
    person = replace(PERSON, stands=[Stand(before_s=0.2, rise_s=0.8, stand_s=0.0, lower_s=0.8)] * 12)
    found = counted(person, 30.0, window_s=30.0)
    _, _, _, up_s = person.path()
    assert repetitions(found) == np.count_nonzero(up_s < 29.8)
    assert found.rises[3].standing_s == pytest.approx(up_s[3], abs=0.2)


@pytest.mark.parametrize("pause_s", [5.0, 12.0])
def test_a_pause_on_the_chair_or_on_the_feet_changes_nothing(pause_s):
    for pausing in (Stand(before_s=pause_s), Stand(stand_s=pause_s)):
        person = replace(PERSON, noise_n=1.0, stands=[Stand(), pausing, Stand()])
        assert repetitions(counted(person)) == 3


@settings(max_examples=40, deadline=None)
@given(st.floats(3.0, 18.0))
def test_stepping_off_in_the_middle_ends_the_count_with_a_reason(off_s):
    force = PERSON(30.0)
    force[round(off_s * FS_HZ) :] = 0.0
    found = chair_stand(force, FS_HZ, PERSON.weight_n)
    _, _, _, up_s = PERSON.path()
    assert repetitions(found) in (np.count_nonzero(up_s < off_s - 0.3), np.count_nonzero(up_s < off_s + 0.1))
    assert found.ended is not None
    assert found.ended.startswith("stepped off: nobody is on the deck at ")
    assert float(found.ended.split()[8]) == pytest.approx(off_s, abs=0.1)


def test_a_rise_that_stepping_off_cuts_is_not_counted():
    _, _, seat_off_s, _ = PERSON.path()
    force = PERSON(30.0)
    force[round((seat_off_s[2] + 1.0) * FS_HZ) :] = 0.0
    found = chair_stand(force, FS_HZ, PERSON.weight_n)
    assert repetitions(found) == 2
    assert "was not finished" in found.not_counted[0]


@pytest.mark.parametrize(
    ("force", "reason"),
    [
        (np.full(3000, 700.0), "does not start seated: 100% of body weight is on the deck"),
        (np.full(3000, 5.0), "no feet on the deck at the start: 0.7% of body weight"),
        (np.zeros(3000), "no load: the vertical force is 0 throughout"),
        (np.full(50, 150.0), "too short: 0.5 s, at least 1 s are needed"),
    ],
)
def test_a_force_that_is_no_test_has_no_count_and_says_why(force, reason):
    found = chair_stand(force, FS_HZ, 700.0)
    assert found.metrics == {}
    assert set(found.not_computed) == set(UNITS)
    assert all(text.startswith(reason) for text in found.not_computed.values()), found.not_computed


def test_somebody_who_stays_seated_has_stood_up_no_times():
    found = chair_stand(np.random.default_rng(1).normal(140, 2, 3000), FS_HZ, 700.0)
    assert repetitions(found) == 0


def test_a_body_weight_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="body weight above 0"):
        chair_stand(np.zeros(3000), FS_HZ, 0.0)
