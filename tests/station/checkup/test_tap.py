"""Pressing each corner: whatever is exchanged, reversed or dead is named rightly, and a good deck is left in peace."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.sensor import CORNERS, Channel
from station.checkup.tap import HOLD_S, REST_S, Change, PressWatch, TapVerdict, corrected, judge

ORDERS = list(itertools.permutations(CORNERS))
SIGNS = st.tuples(*[st.sampled_from((1, -1))] * 4)


def opposite(corner: Channel) -> Channel:
    return CORNERS[3 - CORNERS.index(corner)]


def shares(corner: Channel, stiff: bool) -> dict[Channel, float]:
    """How a press over a corner is shared: on a stiff deck, or on one that gives way."""
    if stiff:
        return {each: 0.75 if each is corner else -0.25 if each is opposite(corner) else 0.25 for each in CORNERS}
    return {each: 0.9 if each is corner else 0.0 if each is opposite(corner) else 0.05 for each in CORNERS}


def change(
    corner: Channel,
    order: tuple[Channel, ...],
    signs: tuple[int, ...],
    force_n: float = 60.0,
    stiff: bool = True,
    dead: Channel | None = None,
) -> Change:
    """What the channels say when a corner is pressed; the cell at CORNERS[k] is wired to channel order[k].

    dead: this cell says nothing whatever is on it.
    """
    said: dict[Channel, float] = {}
    for cell, share in shares(corner, stiff).items():
        said[order[cell]] = 0.0 if cell is dead else share * force_n * signs[cell]
    return tuple(said[channel] for channel in CORNERS)


def verdict_on(order: tuple[Channel, ...], signs: tuple[int, ...] = (1, 1, 1, 1), stiff: bool = True) -> TapVerdict:
    return judge({corner: change(corner, order, signs, stiff=stiff) for corner in CORNERS})


def swapped_pairs(verdict: TapVerdict) -> set[frozenset[str]]:
    return {
        frozenset(finding.split(" are swapped")[0].split(" and "))
        for finding in verdict.findings
        if " are swapped" in finding
    }


def words(corner: Channel) -> str:
    return corner.label.replace("_", " ")


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(str(int(each)) for each in order))
@given(signs=SIGNS, stiff=st.booleans())
def test_every_exchange_and_every_polarity_is_named_rightly(
    order: tuple[Channel, ...], signs: tuple[int, ...], stiff: bool
) -> None:
    verdict = verdict_on(order, signs, stiff)
    assert [each.answered_by for each in verdict.corners] == [channel.label for channel in order]
    assert [each.reversed for each in verdict.corners] == [sign < 0 for sign in signs]
    pairs = {
        frozenset((words(a), words(b))) for a, b in zip(CORNERS, order, strict=True) if a is not b and order[b] is a
    }
    assert swapped_pairs(verdict) == pairs
    in_rings = {words(a) for a, b in zip(CORNERS, order, strict=True) if a is not b and order[b] is not a}
    rings = [finding for finding in verdict.findings if "in a ring" in finding]
    assert len(rings) == bool(in_rings)
    assert all(f"{corner} answers as" in rings[0] for corner in in_rings)
    reversed_ = {finding.split(" is reversed")[0] for finding in verdict.findings if " is reversed" in finding}
    assert reversed_ == {words(corner) for corner, sign in zip(CORNERS, signs, strict=True) if sign < 0}
    assert verdict.passed == (order == CORNERS and -1 not in signs)
    assert len(verdict.findings) == len(pairs) + len(rings) + len(reversed_)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(str(int(each)) for each in order))
def test_the_corrected_lines_put_every_corner_right(order: tuple[Channel, ...]) -> None:
    board_on = {channel: f"lines of the board at {cell.label}" for cell, channel in zip(CORNERS, order, strict=True)}
    lines = [board_on[channel] for channel in CORNERS]  # as configured: wrong
    now = corrected(lines, verdict_on(order))
    assert now == tuple(f"lines of the board at {corner.label}" for corner in CORNERS)


@given(order=st.sampled_from(ORDERS), signs=SIGNS, dead=st.sampled_from(CORNERS), stiff=st.booleans())
def test_a_dead_cell_is_found_wherever_it_is_wired(
    order: tuple[Channel, ...], signs: tuple[int, ...], dead: Channel, stiff: bool
) -> None:
    pressed = {corner: change(corner, order, signs, stiff=stiff, dead=dead) for corner in CORNERS}
    verdict = judge(pressed)
    assert not verdict.passed
    assert [each.answered_by for each in verdict.corners] == [
        None if corner is dead else channel.label for corner, channel in zip(CORNERS, order, strict=True)
    ]
    about = [finding for finding in verdict.findings if "dead" in finding]
    assert len(about) == 1
    assert words(dead) in about[0]
    assert words(order[dead]) in about[0]
    assert corrected(["a", "b", "c", "d"], verdict) is None


def test_a_channel_that_is_silent_is_no_answer_and_hides_nothing_of_the_others() -> None:
    pressed: dict[Channel, Change | None] = {
        corner: (*change(corner, CORNERS, (1, 1, 1, 1))[:3], None) for corner in CORNERS
    }
    verdict = judge(pressed)
    assert [each.answered_by for each in verdict.corners] == ["front_left", "front_right", "back_left", None]
    assert [finding for finding in verdict.findings if "back right does not answer" in finding]


def test_a_corner_that_nobody_pressed_is_said_to_be_perhaps_not_pressed() -> None:
    pressed: dict[Channel, Change | None] = {corner: change(corner, CORNERS, (1, 1, 1, 1)) for corner in CORNERS}
    pressed[Channel.BACK_LEFT] = None
    (finding,) = judge(pressed).findings
    assert finding.startswith("back left does not answer")
    assert "was not pressed" in finding


def test_a_person_who_presses_the_wrong_corner_is_asked_again_and_no_wire_is_blamed() -> None:
    pressed: dict[Channel, Change | None] = {corner: change(corner, CORNERS, (1, 1, 1, 1)) for corner in CORNERS}
    pressed[Channel.FRONT_RIGHT] = pressed[Channel.FRONT_LEFT]
    verdict = judge(pressed)
    assert not verdict.passed
    (finding,) = verdict.findings
    assert finding.startswith("front left and front right were answered by the same channel, front left")
    assert "repeat" in finding


def test_a_press_between_two_corners_is_no_answer() -> None:
    pressed: dict[Channel, Change | None] = {corner: change(corner, CORNERS, (1, 1, 1, 1)) for corner in CORNERS}
    pressed[Channel.FRONT_LEFT] = (30.0, 25.0, 3.0, 2.0)
    assert judge(pressed).corners[0].answered_by is None


# --- finding the presses ---------------------------------------------------------------------------------------------


def presses(watch: PressWatch, moments: list[tuple[float, Change]]) -> list[Change]:
    return [found for t_s, corners_n in moments if (found := watch.push(t_s, corners_n)) is not None]


def stream(*parts: tuple[float, Change], noise_n: float = 0.3, seed: int = 1) -> list[tuple[float, Change]]:
    """30 Hz of readings: `(seconds, what the corners read)` one after the other."""
    draw = random.Random(seed)
    moments: list[tuple[float, Change]] = []
    for seconds, level in parts:
        for _ in range(round(seconds * 30)):
            noisy = tuple(None if n is None else n + draw.gauss(0, noise_n) for n in level)
            moments.append((len(moments) / 30, noisy))
    return moments


EMPTY: Change = (1.0, -3.0, 250.0, 0.0)  # a zero may be anywhere: only changes count


def on_top(press: Change) -> Change:
    return tuple(None if a is None or b is None else a + b for a, b in zip(EMPTY, press, strict=True))


def test_each_press_is_found_once_however_long_it_is_held() -> None:
    press = (45.0, 15.0, 15.0, -15.0)
    moments = stream((1, EMPTY), (5, on_top(press)), (1, EMPTY), (1, on_top((0.0, -50.0, 0.0, 0.0))), (1, EMPTY))
    found = presses(PressWatch(), moments)
    assert len(found) == 2
    assert found[0] == pytest.approx(press, abs=0.5)
    assert found[1] == pytest.approx((0.0, -50.0, 0.0, 0.0), abs=0.5)


def test_a_knock_is_no_press_and_nor_is_a_cable_that_is_moved() -> None:
    knock = on_top((300.0, 0.0, 0.0, 0.0))
    assert presses(PressWatch(), stream((1, EMPTY), (0.1, knock), (1, EMPTY), (3, on_top((12.0,) * 4)))) == []


def test_whoever_never_lets_go_is_not_taken_for_the_next_press() -> None:
    """Else letting go would look like a cell that is reversed."""
    watch = PressWatch()
    held = on_top((60.0, 0.0, 0.0, 0.0))
    assert len(presses(watch, stream((1, EMPTY), (4, held)))) == 1
    assert not watch.waiting
    later = [(10 + t_s, corners_n) for t_s, corners_n in stream((4, held), (2, EMPTY))]
    assert presses(watch, later) == []
    assert watch.waiting


@given(
    wait_s=st.floats(0, 3), hold_s=st.floats(HOLD_S + 0.1, 4), force_n=st.floats(30, 500), sign=st.sampled_from((1, -1))
)
def test_whenever_and_however_firmly_it_is_pressed_the_share_is_right(
    wait_s: float, hold_s: float, force_n: float, sign: int
) -> None:
    press = (sign * 0.75 * force_n, 0.25 * force_n, 0.25 * force_n, -0.25 * force_n)
    found = presses(PressWatch(), stream((REST_S + 0.2 + wait_s, EMPTY), (hold_s, on_top(press))))
    if 0.75 * force_n > 22:
        assert len(found) == 1
        assert found[0] == pytest.approx(press, abs=0.5)


def test_a_silent_channel_does_not_keep_the_others_from_being_found() -> None:
    silent: Change = (0.0, 0.0, 0.0, None)
    found = presses(PressWatch(), stream((1, silent), (1, (60.0, 0.0, 0.0, None))))
    assert len(found) == 1
    assert found[0][3] is None
