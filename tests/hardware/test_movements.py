"""Leaning, sitting and rising: the forces and the path of the COP that a deck sees from somebody who does that."""

import numpy as np
import pytest

from hardware.errors import SettingError
from hardware.virtual.balance import AGILITY, CONDITIONS, Condition, Physique
from hardware.virtual.movements import DIRECTIONS, SEATED_SHARE
from hardware.virtual.person import VirtualPerson

S = 1_000_000_000


def standing(condition: Condition = "older", seed: int = 1) -> VirtualPerson:
    person = VirtualPerson(70, condition=condition, seed=seed)
    person.step_on(0)
    return person


def seated(condition: Condition = "older") -> VirtualPerson:
    person = standing(condition)
    person.sit(4 * S)
    return person


def shares(person: VirtualPerson, from_ns: int, to_ns: int | None) -> np.ndarray:
    assert to_ns is not None
    return person.over(np.arange(from_ns, to_ns, 5_000_000))[0] / person.weight_n


# --- leaning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_reach_goes_where_it_was_told_stays_there_and_comes_back(direction: str) -> None:
    person = standing()
    done = person.reach(direction, 5 * S, distance_mm=50.0, hold_s=2.0)
    assert done.reached_mm == 50.0
    assert done.until_ns is not None
    agility = AGILITY["older"]
    held_ns = 5 * S + round((agility.reaction_s + agility.lean_s + 0.2) * S)
    fz, ml, ap = person.over(np.arange(held_ns, held_ns + round(1.6 * S), 5_000_000))
    angle = np.radians(DIRECTIONS[direction])
    assert ml.mean() == pytest.approx(50 * np.sin(angle), abs=6)
    assert ap.mean() == pytest.approx(50 * np.cos(angle), abs=9)
    assert fz == pytest.approx(person.weight_n, rel=0.006)
    _, ml, ap = person.over(np.arange(done.until_ns, done.until_ns + 5 * S, 5_000_000))
    assert abs(ml.mean()) < 5
    assert abs(ap.mean()) < 8


def test_nothing_moves_before_the_reaction_and_then_the_cop_first_goes_the_other_way() -> None:
    person, still = standing("young"), standing("young")
    person.reach("right", 5 * S)
    t = np.arange(5 * S, 8 * S, 5_000_000)
    shift = person.over(t)[1] - still.over(t)[1]
    reacts = round(AGILITY["young"].reaction_s / 0.005)
    assert np.abs(shift[:reacts]).max() < 1e-9
    assert shift[reacts : reacts + 60].min() < -3, "the body is pushed off before it goes"
    assert shift.max() > 60


def test_the_young_reach_further_and_sooner_than_the_old_and_those_at_risk() -> None:
    done = [standing(condition).reach("forward", 5 * S) for condition in CONDITIONS]
    reached = [each.reached_mm or 0.0 for each in done]
    assert reached == sorted(reached, reverse=True)
    assert 40 < reached[2] < reached[0] < 100
    assert AGILITY["young"].reaction_s < AGILITY["older"].reaction_s < AGILITY["older-at-risk"].reaction_s


def test_a_target_beyond_the_own_limit_is_not_reached_and_a_near_one_is() -> None:
    furthest = standing().reach("left", 5 * S).reached_mm
    assert standing().reach("left", 5 * S, distance_mm=400.0).reached_mm == furthest
    assert standing().reach("left", 5 * S, distance_mm=15.0).reached_mm == 15.0


def test_a_weight_shift_starts_at_once_and_is_over_sooner_than_a_reach() -> None:
    person, still = standing(), standing()
    done = person.shift_weight("left", 5 * S, 40.0)
    t = np.arange(5 * S, 8 * S, 5_000_000)
    shift = person.over(t)[1] - still.over(t)[1]
    assert np.abs(shift[:60]).max() > 1
    assert shift.min() < -38
    reach = standing().reach("left", 5 * S, 40.0, hold_s=0.5)
    assert reach.until_ns is not None
    assert done.until_ns is not None
    assert done.until_ns < reach.until_ns


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("stance", ["quiet", "tandem", "one-foot"])
def test_as_far_as_they_dare_the_cop_stays_on_the_feet(stance: str, condition: Condition) -> None:
    person = standing(condition)
    person.stand(stance, 3 * S)
    edge_ml, edge_ap = person.physique.base_mm("feet-apart" if stance == "quiet" else stance)  # type: ignore[arg-type]
    now_ns = 6 * S
    for direction in DIRECTIONS:
        done = person.reach(direction, now_ns)
        assert done.until_ns is not None
        _, ml, ap = person.over(np.arange(now_ns, done.until_ns, 5_000_000))
        assert np.abs(ml).max() <= edge_ml
        assert np.abs(ap).max() <= edge_ap
        now_ns = done.until_ns


# --- the chair ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", CONDITIONS)
def test_somebody_who_sits_leaves_a_sixth_of_their_weight_on_the_deck_and_hardly_sways(condition: Condition) -> None:
    person = seated(condition)
    t = np.arange(8 * S, 20 * S, 5_000_000)
    fz, ml, ap = person.over(t)
    assert fz == pytest.approx(SEATED_SHARE * person.weight_n, rel=0.01)
    assert 0.15 <= SEATED_SHARE <= 0.20
    assert ml.std() < 1.5
    assert ap.std() < 2.5
    assert abs(ap.mean()) < 30


@pytest.mark.parametrize("condition", CONDITIONS)
def test_rising_lightens_the_feet_peaks_at_seat_off_falls_below_the_weight_and_settles(condition: Condition) -> None:
    person = seated(condition)
    done = person.rise(10 * S)
    share = shares(person, 10 * S, done.until_ns)
    seat_off, peak = int(np.argmax(share >= 1)), int(np.argmax(share))
    assert share[:seat_off].min() < SEATED_SHARE - 0.02
    assert 1.08 <= share.max() <= 1.22
    assert 0.25 < seat_off / len(share) < peak / len(share) < 0.45
    assert 0.78 < share[peak:].min() < 0.97
    assert share[-1] == pytest.approx(1, abs=0.006)
    upward_bw_s = (share[seat_off:] - 1).sum() * 0.005
    assert abs(upward_bw_s) < 0.006, "the body comes to rest: what was pushed up is given back"
    after = shares(person, done.until_ns or 0, (done.until_ns or 0) + 3 * S)
    assert after == pytest.approx(1, abs=0.006)
    duration_s = ((done.until_ns or 0) - 10 * S) / S
    assert 1.3 <= duration_s <= 3.0, "Kazi 2025: 1.60 +- 0.28 s young, 1.69 +- 0.26 s older"


def test_the_cop_goes_to_the_heels_at_seat_off_and_forward_after_it() -> None:
    person = seated()
    done = person.rise(10 * S)
    _, _, ap = person.over(np.arange(10 * S, done.until_ns, 5_000_000))
    lowest, highest = int(np.argmin(ap)), int(np.argmax(ap))
    assert ap[lowest] < -20
    assert lowest < highest
    assert ap[highest] > 5


def test_with_hands_the_legs_push_less_and_it_takes_longer() -> None:
    alone, with_hands = seated(), seated()
    a, b = alone.rise(10 * S), with_hands.rise(10 * S, hands=True)
    assert shares(with_hands, 10 * S, b.until_ns).max() < 1.02 < shares(alone, 10 * S, a.until_ns).max()
    assert (b.until_ns or 0) > (a.until_ns or 0)


def rises(share: np.ndarray) -> int:
    """Count how often the force comes up from the seat to standing."""
    up, count = False, 0
    for value in share:
        if not up and value > 0.9:
            up, count = True, count + 1
        elif up and value < 0.4:
            up = False
    return count


@pytest.mark.parametrize(("condition", "in_30_s"), [("young", 19), ("older", 14), ("older-at-risk", 9)])
@pytest.mark.parametrize("hands", [False, True])
def test_as_many_chair_stands_as_were_asked_for_and_as_fast_as_the_person_can(
    condition: Condition, in_30_s: int, hands: bool
) -> None:
    person = seated(condition)
    done = person.chair_stands(10 * S, 30, hands=hands)
    assert rises(shares(person, 10 * S, done.until_ns)) == 30
    counted = rises(shares(person, 10 * S, 40 * S))
    assert abs(counted - (in_30_s / 1.2 if hands else in_30_s)) <= 1.2
    assert shares(person, done.until_ns or 0, (done.until_ns or 0) + S)[-1] == pytest.approx(SEATED_SHARE, rel=0.01)


def test_a_slower_pace_is_kept_and_a_faster_one_is_beyond_them() -> None:
    fast, paced, rushed = seated(), seated(), seated()
    own = fast.chair_stands(10 * S, 5).until_ns or 0
    assert rushed.chair_stands(10 * S, 5, pace_s=0.5).until_ns == own
    slow = paced.chair_stands(10 * S, 5, pace_s=6.0).until_ns or 0
    assert (slow - 10 * S) / S == pytest.approx(30, rel=0.1)
    assert rises(shares(paced, 10 * S, slow)) == 5


def test_a_series_ends_where_they_are_told_to_stay_up() -> None:
    person = seated()
    person.chair_stands(10 * S, 10)
    person.rise(10 * S + round(2.4 * S))  # in the second rise
    share = shares(person, 10 * S, 25 * S)
    assert rises(share) == 2
    assert share[-1000:] == pytest.approx(1, abs=0.006)
    person.stand("tandem", 26 * S)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (lambda p: p.rise(12 * S), "stands already; sit down first"),
        (lambda p: p.chair_stands(12 * S), "chair stands begin on the chair"),
        (lambda p: p.reach("up", 12 * S), "no direction 'up'; directions are forward, "),
        (lambda p: p.reach("left", 12 * S, distance_mm=-3.0), "makes no sense"),
        (lambda p: p.shift_weight("left", 12 * S, hold_s=float("nan")), "makes no sense"),
        (lambda p: p.shift_weight("left", 12 * S, distance_mm=float("nan")), "makes no sense"),
        (lambda p: p.stand("quiet", 12 * S, eyes="shut"), "eyes 'shut'"),
    ],
)
def test_nonsense_is_refused_by_somebody_who_stands(command, words: str) -> None:
    person = standing()
    with pytest.raises(SettingError, match=words):
        command(person)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (lambda p: p.sit(12 * S), "the person sits; rise first"),
        (lambda p: p.stand("tandem", 12 * S), "the person sits; rise first"),
        (lambda p: p.reach("left", 12 * S), "the person sits; rise first"),
        (lambda p: p.step_off(12 * S), "the person sits; rise first"),
        (lambda p: p.lose_balance(12 * S), "the person sits; rise first"),
        (lambda p: p.chair_stands(12 * S, 0), "0 chair stands"),
        (lambda p: p.chair_stands(12 * S, 5, pace_s=float("nan")), "chair stands of nan s"),
    ],
)
def test_nonsense_is_refused_by_somebody_who_sits(command, words: str) -> None:
    person = seated()
    before = person.at(11 * S)
    with pytest.raises(SettingError, match=words):
        command(person)
    assert person.at(11 * S) == before
    person.rise(12 * S)
    with pytest.raises(SettingError, match="still standing up"):
        person.reach("left", 12 * S + S // 2)


def test_a_body_height_sets_the_base() -> None:
    assert Physique(150).base_mm("one-foot")[0] < Physique(190).base_mm("one-foot")[0]
