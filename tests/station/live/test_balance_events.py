"""A stance ends when somebody steps, grabs the rail or steps off; swaying does not end it."""

import math

import pytest

from station.live.balance_events import BalanceWatch, balance_rules
from station.live.grid import Row
from station.visit.effects import Stance

WEIGHT_N = 700.0
STANCES: tuple[Stance, ...] = ("quiet", "side-by-side", "semi-tandem", "tandem", "one-foot")


def row(fz_n: float = WEIGHT_N, ml: float = 0.0, ap: float = 0.0) -> Row:
    return Row(0, 0, 0, 0, 0, fz_n, ml, ap, 0)


def first(watch: BalanceWatch, rows: list[Row]) -> tuple[str, int] | None:
    for number, each in enumerate(rows):
        if event := watch.push(each):
            return event[0], number - round(event[1] * 100) + 1
    return None


@pytest.mark.parametrize("stance", STANCES)
def test_vigorous_sway_within_the_feet_is_held(stance: Stance) -> None:
    sway = [row(WEIGHT_N * (1 + 0.03 * math.sin(k)), 25 * math.sin(k / 15), 30 * math.sin(k / 23)) for k in range(3500)]
    assert first(BalanceWatch(stance, WEIGHT_N), sway) is None


@pytest.mark.parametrize("stance", STANCES)
def test_stepping_off_is_seen_and_dated_to_its_beginning(stance: Stance) -> None:
    rows = [row()] * 400 + [row(fz_n=0.5 * WEIGHT_N)] * 100
    assert first(BalanceWatch(stance, WEIGHT_N), rows) == ("stepped off", 400)


@pytest.mark.parametrize("stance", STANCES)
def test_hands_on_the_rail_are_seen(stance: Stance) -> None:
    rows = [row()] * 400 + [row(fz_n=0.9 * WEIGHT_N)] * 200
    found = first(BalanceWatch(stance, WEIGHT_N), rows)
    assert found is not None
    assert "rail" in found[0]
    assert found[1] == 400


@pytest.mark.parametrize("stance", ["tandem", "one-foot"])
def test_a_foot_that_comes_down_ends_a_narrow_stance(stance: Stance) -> None:
    rows = [row()] * 600 + [row(ml=95.0)] * 100
    assert first(BalanceWatch(stance, WEIGHT_N), rows) == ("a foot moved", 600)


def test_a_single_bad_row_ends_nothing() -> None:
    rows = [row()] * 300 + [row(ml=400.0)] + [row(fz_n=10.0)] + [row()] * 300
    assert first(BalanceWatch("tandem", WEIGHT_N), rows) is None


def test_every_stance_has_limits() -> None:
    assert set(balance_rules().foot_moved.limits_mm) == set(STANCES)


def test_while_settling_feet_may_move_and_only_stepping_off_ends_it() -> None:
    watch = BalanceWatch("one-foot", WEIGHT_N)
    assert all(watch.push(row(ml=90.0), settling=True) is None for _ in range(200))
    assert any(watch.push(row(fz_n=100.0), settling=True) for _ in range(20))
