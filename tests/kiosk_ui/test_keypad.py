"""The PIN on the kiosk: quick typing loses no digit, and nobody but the station ever learns which it was."""

import logging
from pathlib import Path

import msgspec
import pytest

from kiosk_ui.examples import example
from kiosk_ui.theme import TARGET_GAP_MM
from kiosk_ui.touch_gate import DEBOUNCE_S
from station.screens import ScreenModel, StaffPanel
from tests.kiosk_ui.stage import Stage
from tests.kiosk_ui.test_every_screen import ROUNDING_MM, box_mm, gap_mm


def keypad(digits: int, body: str = "") -> ScreenModel:
    return msgspec.structs.replace(example("staff.pin").model, body=body, staff=StaffPanel(digits=digits))


def test_each_digit_stands_where_every_telephone_has_it_and_keeps_its_distance(any_stage: Stage) -> None:
    any_stage.show(keypad(0), draw=False)
    boxes = {
        action: box_mm(any_stage.button(action), any_stage.panel)
        for action in [*(f"digit.{each}" for each in range(10)), "back", "enter"]
    }
    rows = [[f"digit.{row * 3 + column}" for column in (1, 2, 3)] for row in range(3)]
    for row in rows:
        assert len({boxes[each].y for each in row}) == 1
        assert [boxes[each].x for each in row] == sorted(boxes[each].x for each in row)
    assert boxes["digit.1"].y > boxes["digit.4"].y > boxes["digit.7"].y
    named = list(boxes.values())
    assert all(
        gap_mm(one, other) >= TARGET_GAP_MM - ROUNDING_MM for at, one in enumerate(named) for other in named[at + 1 :]
    )


def test_a_pin_typed_quickly_loses_no_digit_though_each_one_changes_the_screen(stage: Stage) -> None:
    stage.show(keypad(0), serial=1)
    for typed, digit in enumerate("1123", 1):
        stage.tap(f"digit.{digit}")
        stage.now_s += 0.05  # the station answers with one dot more
        stage.surface.show(1 + typed, keypad(typed))
        stage.now_s += 0.1
    stage.tap("enter")
    assert stage.presses == [("digit.1", 1), ("digit.1", 2), ("digit.2", 3), ("digit.3", 4), ("enter", 5)]


def test_a_finger_that_is_down_while_the_dot_before_it_appears_still_means_its_key(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    stage.show(keypad(1), serial=1)
    finger = UnitTestTouch(*stage.button("digit.7").center)
    finger.touch_down()
    stage.surface.show(2, keypad(2))
    finger.touch_up()
    assert stage.presses == [("digit.7", 2)]


def test_one_touch_that_the_panel_reports_twice_is_one_digit(stage: Stage) -> None:
    stage.show(keypad(0))
    stage.tap("digit.4")
    stage.now_s += 0.02
    stage.tap("digit.4")
    assert stage.presses == [("digit.4", 1)]


def test_enter_twice_within_400_ms_is_one_try(stage: Stage) -> None:
    stage.show(keypad(4))
    stage.tap("enter")
    stage.surface.show(2, keypad(0, "Wrong PIN, 3 tries left."))
    stage.now_s += DEBOUNCE_S - 0.05
    stage.tap("enter")
    assert stage.presses == [("enter", 1)]


def test_the_keypad_takes_nothing_in_its_first_400_ms(stage: Stage) -> None:
    stage.show(example("attract").model, serial=1)
    stage.surface.show(2, keypad(0))
    stage.frames()
    stage.now_s += DEBOUNCE_S - 0.05
    stage.tap("digit.1")
    assert stage.presses == []


def test_there_is_a_dot_for_each_digit_and_the_picture_does_not_depend_on_which(stage: Stage) -> None:
    from kiosk_ui.screens.keypad import KeypadScreen

    pictures = []
    for digits in (0, 1, 4, 12):
        stage.show(keypad(digits))
        screen = stage.surface.screen
        assert isinstance(screen, KeypadScreen)
        assert screen.field.digits == digits
        pictures.append(stage.pixels().tobytes())
    assert len(set(pictures)) == 4
    stage.show(keypad(99))  # no more than there is room for


def test_while_locked_there_are_no_keys(stage: Stage) -> None:
    stage.show(example("staff.pin.locked").model)
    assert [widget.button.action for widget in stage.surface.buttons()] == ["cancel"]


def test_leaving_forgets_how_much_was_typed(stage: Stage) -> None:
    from kiosk_ui.screens.keypad import KeypadScreen

    stage.show(keypad(4))
    screen = stage.surface.screen
    assert isinstance(screen, KeypadScreen)
    stage.show(example("attract").model)
    assert screen.field.digits == 0


def test_no_digit_is_traced_or_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from kiosk_ui.secrecy import without_digit
    from kiosk_ui.trace import Trace

    path = tmp_path / "trace.txt"
    trace = Trace.from_environment({"BALANCE_STATION_KIOSK_TRACE": str(path)})
    for digit in "8305":
        trace.press(f"digit.{digit}", 12)
    trace.press("enter", 12)
    assert path.read_text() == "PRESS digit 12\n" * 4 + "PRESS enter 12\n"
    with caplog.at_level(logging.DEBUG):
        assert without_digit("digit.7") == "digit"
        assert without_digit("weight.20-1") == "weight.20-1"
