"""The corner that opens the staff mode: held for three seconds, before a visit, and nothing else opens it."""

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.examples import example
from kiosk_ui.touch_gate import HOLD_S, Hold
from station.staff.texts import words
from tests.kiosk_ui.stage import Stage

if TYPE_CHECKING:
    from kiosk_ui.theme import Panel

TICK_S = 1 / 30


def finger_in_corner(panel: "Panel", right_mm: float = 10.0, down_mm: float = 10.0) -> Any:
    from kivy.tests.common import UnitTestTouch

    return UnitTestTouch(panel.width_px - panel.px(right_mm), panel.height_px - panel.px(down_mm))


def wait(stage: Stage, seconds: float) -> None:
    for _ in range(round(seconds / TICK_S)):
        stage.now_s += TICK_S
        stage.surface.tick()


@pytest.mark.parametrize("name", ["attract", "fault"])
def test_held_for_three_seconds_it_says_staff_once(any_stage: Stage, name: str) -> None:
    any_stage.show(example(name).model, serial=5)
    finger = finger_in_corner(any_stage.panel)
    finger.touch_down()
    wait(any_stage, HOLD_S - 0.2)
    assert any_stage.presses == []
    wait(any_stage, 5.0)
    assert any_stage.presses == [("staff", 5)]
    finger.touch_up()


def test_staff_are_told_to_hold_it_for_as_long_as_it_takes() -> None:
    assert "top right corner of the start screen for three seconds" in words("staff.way-in", "en")
    assert HOLD_S == 3.0


def test_a_quick_tap_is_a_touch_on_what_lies_under_it(stage: Stage) -> None:
    stage.show(example("attract").model)
    finger = finger_in_corner(stage.panel)
    finger.touch_down()
    wait(stage, 0.3)
    finger.touch_up()
    wait(stage, 6.0)
    assert stage.presses == [("again", 1)]


def test_three_short_touches_are_not_one_long_one(stage: Stage) -> None:
    stage.show(example("attract").model)
    for _ in range(3):
        finger = finger_in_corner(stage.panel, right_mm=2.0, down_mm=2.0)
        finger.touch_down()
        wait(stage, 1.4)
        finger.touch_up()
        wait(stage, 0.1)
    assert ("staff", 1) not in stage.presses


def test_a_finger_that_slides_out_has_let_go(stage: Stage) -> None:
    stage.show(example("attract").model)
    finger = finger_in_corner(stage.panel)
    finger.touch_down()
    wait(stage, 1.0)
    finger.touch_move(stage.panel.px(30), stage.panel.px(30))
    wait(stage, 6.0)
    finger.touch_up()
    assert stage.presses == []


def test_a_screen_that_comes_meanwhile_ends_it(stage: Stage) -> None:
    stage.show(example("attract").model)
    finger = finger_in_corner(stage.panel)
    finger.touch_down()
    wait(stage, 2.0)
    stage.surface.show(2, example("step-on").model)
    wait(stage, 6.0)
    stage.surface.show(3, example("attract").model)
    wait(stage, 6.0)
    finger.touch_up()
    assert stage.presses == []


def test_it_is_on_no_screen_of_a_visit_and_on_none_of_the_staff(stage: Stage) -> None:
    from kiosk_ui.examples import EXAMPLES
    from kiosk_ui.widgets.corner import StaffCorner

    with_corner = []
    for each in EXAMPLES:
        stage.show(each.model, draw=False)
        if stage.widgets(StaffCorner):
            with_corner.append(each.model.name)
    assert with_corner == ["attract", "fault"]


def test_only_a_small_mark_can_be_seen(stage: Stage) -> None:
    stage.show(example("attract").model)
    with_mark = stage.pixels()
    corner = stage.surface._corner
    stage.surface.remove_widget(corner)
    stage.frames()
    without = stage.pixels()
    stage.surface.add_widget(corner)
    from PIL import ImageChops

    box = ImageChops.difference(with_mark, without).getbbox()
    assert box is not None, "a mark for those who know"
    side = stage.panel.px(6.0)
    assert box[0] >= stage.panel.width_px - side
    assert box[3] <= side


@given(steps=st.lists(st.tuples(st.sampled_from(["down", "up", "tick"]), st.floats(0.0, 2.0)), max_size=60))
def test_whatever_a_finger_does_it_is_due_only_after_three_seconds_without_letting_go(
    steps: list[tuple[str, float]],
) -> None:
    hold, now_s = Hold(), 0.0
    seen_since_s: float | None = None  # when the clock first saw the finger that is down
    is_down = False
    for what, later_s in steps:
        now_s += later_s
        if what == "tick":
            if is_down and seen_since_s is None:
                seen_since_s = now_s
            due = seen_since_s is not None and now_s - seen_since_s >= HOLD_S
            assert hold.tick(now_s) == due
            if due:
                is_down, seen_since_s = False, None
            continue
        (hold.down if what == "down" else hold.up)()
        is_down, seen_since_s = what == "down", None
