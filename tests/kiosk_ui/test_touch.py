"""Touches: what counts, what does not, and what happens to them."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.touch_gate import DEBOUNCE_S, TouchGate
from station.screens import Button, ScreenModel
from tests.kiosk_ui.stage import Stage

STOP, HELP = Button("stop", "Stop", "stop"), Button("help", "Help", "help")
QUESTION = ScreenModel("q1", "choice", "Are you well?", buttons=(Button("yes", "Yes"), Button("no", "No"), STOP, HELP))
NEXT_QUESTION = ScreenModel("q2", "choice", "Really?", buttons=(Button("yes", "Yes"), Button("no", "No"), STOP, HELP))


def test_a_touch_says_its_action_and_the_serial_it_saw(stage: Stage) -> None:
    stage.show(QUESTION, serial=7)
    stage.tap("no")
    assert stage.presses == [("no", 7)]


def test_a_touch_beside_every_button_says_nothing(stage: Stage) -> None:
    stage.show(QUESTION)
    stage.touch(stage.panel.px(60), stage.panel.px(120))
    assert stage.presses == []


def test_a_second_touch_within_400_ms_is_the_tremor_of_the_first(stage: Stage) -> None:
    stage.show(QUESTION)
    stage.tap("yes")
    stage.now_s += 0.39
    stage.tap("no")
    assert stage.presses == [("yes", 1)]
    stage.now_s += 0.02
    stage.tap("no")
    assert stage.presses == [("yes", 1), ("no", 1)]


def test_a_new_screen_takes_no_answer_in_its_first_400_ms_but_stop_and_help_at_once(stage: Stage) -> None:
    stage.show(QUESTION)
    stage.surface.show(2, NEXT_QUESTION)
    stage.frames()
    stage.tap("yes")
    assert stage.presses == []
    stage.tap("stop")
    assert stage.presses == [("stop", 2)]
    stage.surface.show(3, QUESTION)
    stage.now_s += DEBOUNCE_S + 0.01
    stage.surface.show(4, NEXT_QUESTION)
    stage.frames()
    stage.tap("help")
    assert stage.presses == [("stop", 2), ("help", 4)]


def test_the_same_screen_with_a_new_serial_is_no_new_screen(stage: Stage) -> None:
    stage.show(QUESTION, serial=1)
    stage.surface.show(2, QUESTION)
    stage.tap("yes")
    assert stage.presses == [("yes", 2)]


def test_a_finger_that_slides_a_little_still_means_its_button_and_one_that_slides_off_does_not(stage: Stage) -> None:
    stage.show(QUESTION)
    half_width = stage.button("yes").width / 2
    stage.tap("yes", slip_px=half_width + stage.panel.px(5))
    assert stage.presses == [("yes", 1)]
    stage.now_s += 1
    stage.tap("yes", slip_px=half_width + stage.panel.px(25))
    assert stage.presses == [("yes", 1)]


def test_a_button_that_goes_away_under_the_finger_is_not_pressed(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    stage.show(QUESTION)
    finger = UnitTestTouch(*stage.button("yes").center)
    finger.touch_down()
    stage.show(ScreenModel("wait", "message", "Wait", buttons=(STOP,)))
    finger.touch_up()
    assert stage.presses == []


def test_a_screen_that_changes_under_the_finger_is_not_answered(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    stage.show(QUESTION, serial=1)
    finger = UnitTestTouch(*stage.button("yes").center)
    finger.touch_down()
    stage.surface.show(2, NEXT_QUESTION)
    stage.now_s += 5.0
    finger.touch_up()
    assert stage.presses == []


def test_a_pressed_button_looks_pressed(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    stage.show(QUESTION)
    before = stage.pixels().tobytes()
    finger = UnitTestTouch(*stage.button("yes").center)
    finger.touch_down()
    stage.frames()
    assert stage.pixels().tobytes() != before
    finger.touch_up()
    assert stage.pixels().tobytes() == before


@given(
    events=st.lists(
        st.tuples(st.floats(0.0, 1.0), st.sampled_from(["screen", "primary", "secondary", "again", "stop", "help"]))
    )
)
def test_whatever_happens_touches_that_count_are_400_ms_apart_and_stop_waits_for_nothing_but_itself(
    events: list[tuple[float, str]],
) -> None:
    gate = TouchGate()
    now_s, shown_s = 0.0, -10.0
    counted: list[tuple[float, str]] = []
    for step_s, what in events:
        now_s += step_s
        if what == "screen":
            gate.new_screen(now_s)
            shown_s = now_s
            continue
        free = not counted or now_s - counted[-1][0] >= DEBOUNCE_S
        accepted = gate.accepts(what, now_s)
        if what in ("stop", "help"):
            assert accepted == (free or what != counted[-1][1])
        else:
            assert accepted == (free and now_s - shown_s >= DEBOUNCE_S)
        if accepted:
            counted.append((now_s, what))
    pairs = itertools.pairwise(counted)
    assert all(
        later - earlier >= DEBOUNCE_S or (after in ("stop", "help") and after != before)
        for (earlier, before), (later, after) in pairs
    )
