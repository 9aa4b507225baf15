"""A hand on the virtual deck: adds its force where it presses, moment by moment as in arrays, and leaves no trace."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import SettingError
from hardware.virtual.control import Tap, perform
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.person import VirtualPerson

S = 1_000_000_000
CORNERS = ("front_left", "front_right", "back_left", "back_right")


def corner_forces_n(person: VirtualPerson, t_ns: int) -> list[float]:
    deck = VirtualDeck(person, noise_counts=0.0)
    return [
        (deck.conversion(channel, 0, t_ns) - deck.zeros_counts[channel]) / deck.gains_counts_per_n[channel]
        for channel in range(4)
    ]


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("stands", [False, True])
def test_the_cell_under_the_hand_takes_most_of_it(corner: str, stands: bool) -> None:
    person = VirtualPerson(70.0)
    if stands:
        person.step_on(S)
    before = VirtualPerson(70.0)
    if stands:
        before.step_on(S)
    perform(person, Tap(corner, force_n=60.0, for_s=1.0), 5 * S)  # type: ignore[arg-type]
    t_ns = round(5.5 * S)
    more = np.array(corner_forces_n(person, t_ns)) - corner_forces_n(before, t_ns)
    assert CORNERS[int(np.argmax(more))] == corner
    assert more.sum() == pytest.approx(60.0, abs=0.1)
    assert more.max() > 40.0  # beside somebody who stands the deck is a stiff plate: 3/4, 1/4, 1/4, -1/4


@given(
    times_s=st.lists(st.floats(0, 12), min_size=1, max_size=40),
    presses=st.lists(st.tuples(st.floats(0.3, 2), st.floats(1, 400), st.sampled_from(CORNERS)), max_size=3),
    stands=st.booleans(),
)
def test_one_moment_and_many_give_the_same_bits(
    times_s: list[float], presses: list[tuple[float, float, str]], stands: bool
) -> None:
    person = VirtualPerson(70.0)
    if stands:
        person.step_on(0)
    for number, (for_s, force_n, corner) in enumerate(presses):
        perform(person, Tap(corner, force_n=force_n, for_s=for_s), (2 + 3 * number) * S)  # type: ignore[arg-type]
    t_ns = np.array([round(t * S) for t in times_s])
    many = np.array(person.over(t_ns)).T
    assert [person.at(int(t)) for t in t_ns] == [tuple(row) for row in many.tolist()]


def test_before_and_after_nothing_is_changed() -> None:
    pressed, left_alone = VirtualPerson(70.0), VirtualPerson(70.0)
    pressed.press(5 * S, 180.0, 180.0, 80.0, 1.0)
    for t_s in (4.999, 5.0, 6.0, 7.0):
        assert pressed.at(round(t_s * S)) == left_alone.at(round(t_s * S))
    assert pressed.at(round(5.5 * S)) == (80.0, 180.0, 180.0)


@pytest.mark.parametrize(("force_n", "for_s"), [(0.0, 1.0), (-5.0, 1.0), (900.0, 1.0), (50.0, 0.1), (50.0, 100.0)])
def test_a_press_that_makes_no_sense_is_refused(force_n: float, for_s: float) -> None:
    with pytest.raises(SettingError, match="is expected"):
        VirtualPerson(70.0).press(S, 0.0, 0.0, force_n, for_s)
