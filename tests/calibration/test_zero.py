"""The zero of the empty deck: it follows a drift, and never a person."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.evidence import Four
from calibration.zero import (
    EMPTY_N,
    RANGE_N,
    SOMETHING_N,
    STEP_N,
    STILL_ROWS,
    ZeroBlocked,
    ZeroGood,
    ZeroMoved,
    ZeroWatch,
    moved,
)


def fed(watch: ZeroWatch, forces: Four, rows: int = STILL_ROWS, good: bool = True, free: bool = True) -> object:
    verdict = None
    for _ in range(rows):
        verdict = watch.push(forces, good, free) or verdict
    return verdict


def test_a_small_drift_of_an_empty_deck_is_followed_after_three_still_seconds() -> None:
    watch = ZeroWatch((0.1, 0.0, 0.0, 0.0))
    assert fed(watch, (0.2, -0.1, 0.0, 0.3), STILL_ROWS - 1) is None
    verdict = fed(watch, (0.2, -0.1, 0.0, 0.3), 1)
    assert isinstance(verdict, ZeroMoved)
    assert verdict.offset_n == pytest.approx((0.3, -0.1, 0.0, 0.3))


def test_a_deck_at_zero_is_left_alone() -> None:
    assert isinstance(fed(ZeroWatch(), (0.01, -0.01, 0.0, 0.0)), ZeroGood)


def test_a_drift_beyond_the_limit_blocks_and_says_what_to_do() -> None:
    verdict = fed(ZeroWatch(), (STEP_N + 0.1, 0.0, 0.0, -0.1))
    assert isinstance(verdict, ZeroBlocked)
    assert "daily check" in verdict.reason


def test_a_bag_on_the_deck_blocks() -> None:
    verdict = fed(ZeroWatch(), (10.0, 5.0, 5.0, 5.0))
    assert isinstance(verdict, ZeroBlocked)
    assert "take everything off" in verdict.reason


def test_a_deck_that_has_lost_its_plate_blocks_however_light_it_reads() -> None:
    verdict = fed(ZeroWatch(), (-60.0, -60.0, -60.0, -60.0))
    assert isinstance(verdict, ZeroBlocked)
    assert "should be empty and reads -24.47 kg" in verdict.reason


def test_outside_its_range_the_zero_never_goes() -> None:
    blocked = fed(ZeroWatch((RANGE_N - 0.1, 0.0, 0.0, 0.0)), (0.3, 0.0, 0.0, 0.0))
    assert isinstance(blocked, ZeroBlocked)
    assert "calibrate" in blocked.reason
    assert isinstance(moved((0.0, 0.0, 0.0, 0.0), (float("nan"), 0.0, 0.0, 0.0)), ZeroBlocked)


@pytest.mark.parametrize(("good", "free"), [(False, True), (True, False)])
def test_nothing_moves_while_rows_are_bad_or_somebody_is_served(good: bool, free: bool) -> None:
    assert fed(ZeroWatch(), (0.2, 0.0, 0.0, 0.0), 4 * STILL_ROWS, good, free) is None


def test_one_bad_row_begins_the_three_seconds_anew() -> None:
    watch = ZeroWatch()
    fed(watch, (0.2, 0.0, 0.0, 0.0), STILL_ROWS - 1)
    fed(watch, (0.2, 0.0, 0.0, 0.0), 1, good=False)
    assert fed(watch, (0.2, 0.0, 0.0, 0.0), STILL_ROWS - 1) is None


def test_an_unsteady_deck_is_not_zeroed() -> None:
    watch = ZeroWatch()
    for row in range(STILL_ROWS):
        assert watch.push((0.1 + row / STILL_ROWS * 0.3, 0.0, 0.0, 0.0), True, True) is None


corner_shares = st.tuples(*[st.floats(-0.25, 1.0)] * 4).filter(lambda shares: abs(sum(shares)) > 0.2)
on_the_deck = st.tuples(st.floats(EMPTY_N, 2000.0), corner_shares, st.integers(1, 700))


@settings(max_examples=200, deadline=None)
@given(st.lists(on_the_deck, max_size=5), st.integers(1, 3))
def test_no_sequence_of_loads_with_somebody_on_the_deck_ever_changes_the_zero(
    loads: list[tuple[float, Four, int]], every: int
) -> None:
    """Whoever is on the deck weighs half a kilogram or more, however it is shared and however still they stand."""
    watch = ZeroWatch()
    for total_n, shares, rows in loads:
        whole = sum(shares)
        a, b, c, d = (total_n * share / whole * 1.0001 for share in shares)
        for _ in range(rows):
            assert not isinstance(watch.push((a, b, c, d), True, True), ZeroMoved)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(-400.0, 800.0), st.integers(1, 50)), min_size=1, max_size=60))
def test_who_bounces_through_nothing_does_not_move_it_either(steps: list[tuple[float, int]]) -> None:
    """Means over seconds may be small while rows are not: every row has to be empty."""
    watch = ZeroWatch()
    since_person = STILL_ROWS
    for total_n, rows in steps:
        for _ in range(rows):
            verdict = watch.push((total_n / 4,) * 4, True, True)
            since_person = 0 if abs(total_n) >= EMPTY_N else since_person + 1
            if isinstance(verdict, ZeroMoved):
                assert since_person >= STILL_ROWS


def test_between_a_bag_and_a_person_is_a_limit_that_the_station_knows() -> None:
    assert fed(ZeroWatch(), (SOMETHING_N / 4,) * 4, 4 * STILL_ROWS) is None
