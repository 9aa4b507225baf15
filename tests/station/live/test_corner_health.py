"""Two exchanged plugs are told from a drifted zero; the empty deck after a visit is given time, but not for ever."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.certificate import Cell, Certificate
from calibration.virtual import certify_virtual_deck
from hardware.sensor import CORNERS
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from station.live.corner_health import exchanged_plugs
from station.live.grid import Row
from station.live.zero_return import LONGEST_ROWS, ZeroReturn

ZEROS = (50_000.0, -20_000.0, 90_000.0, 10_000.0)
GAINS = (2.3e-4, 2.2e-4, 2.25e-4, 2.35e-4)
NAMES = tuple(channel.label for channel in CORNERS)


def certificate(zeros: tuple[float, ...] = ZEROS) -> Certificate:
    cells = tuple(
        Cell(name, number, f"cell {number}", gain, zero)
        for number, (name, gain, zero) in enumerate(zip(NAMES, GAINS, zeros, strict=True))
    )
    ideal = certify_virtual_deck(VirtualDeck(EmptyDeck(), 1))
    return msgspec.structs.replace(ideal, cells=cells)


def drift_n(counts: tuple[float, ...]) -> list[float]:
    return [(count - zero) * gain for count, zero, gain in zip(counts, ZEROS, GAINS, strict=True)]


pairs = st.permutations(range(4)).map(lambda order: (min(order[:2]), max(order[:2])))
small_n = st.lists(st.floats(-0.4, 0.4), min_size=4, max_size=4)


@given(pairs, small_n)
def test_any_two_exchanged_plugs_are_named_whatever_else_has_drifted_a_little(
    pair: tuple[int, int], drifts_n: list[float]
) -> None:
    counts = list(ZEROS)
    counts[pair[0]], counts[pair[1]] = ZEROS[pair[1]], ZEROS[pair[0]]
    # what the cell that is plugged in there has drifted, read with that cell's own gain
    cell_of = {pair[0]: pair[1], pair[1]: pair[0]}
    read = tuple(count + drifts_n[number] / GAINS[cell_of.get(number, number)] for number, count in enumerate(counts))
    assert exchanged_plugs(drift_n(read), certificate()) == (NAMES[pair[0]], NAMES[pair[1]])


@given(st.lists(st.floats(-5.0, 5.0), min_size=4, max_size=4))
def test_a_drifted_zero_is_no_exchanged_plug(drifts_n: list[float]) -> None:
    # zeros lie 7 N and more apart, so a drift of less than 5 N never looks like another cell's zero
    assert exchanged_plugs(drifts_n, certificate()) is None


def test_nothing_is_said_before_the_empty_deck_was_read() -> None:
    assert exchanged_plugs(None, certificate()) is None


def empty(*forces_n: float) -> Row:
    return Row(0, *forces_n, sum(forces_n), float("nan"), float("nan"), 0)  # type: ignore[arg-type, call-arg]


def answers(rows: list[Row]) -> list[bool | None]:
    watch = ZeroReturn()
    return [watch.push(row) for row in rows]


def test_a_deck_that_is_back_is_known_in_less_than_half_a_second() -> None:
    assert answers([empty(0.1, -0.1, 0.2, 0.0)] * 40) == [None] * 39 + [True]


def test_a_foot_that_lingers_is_waited_for() -> None:
    lingering = [empty(8.0, 2.0, 0.0, 0.0)] * 300
    said = answers([*lingering, *[empty(0.0, 0.0, 0.0, 0.0)] * 40])
    assert (set(said[:300]), said[-1]) == ({None}, True)


@pytest.mark.parametrize("bad", [empty(0.6, 0, 0, 0), empty(0, 0, 0, -0.6), empty(*[float("nan")] * 4)])
def test_a_deck_that_does_not_come_back_or_cannot_be_read_is_not_waited_for_for_ever(bad: Row) -> None:
    assert answers([bad] * LONGEST_ROWS) == [None] * (LONGEST_ROWS - 1) + [False]
