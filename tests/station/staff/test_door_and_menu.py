"""The staff flow at its door and in its menu: the PIN, who is let in, how things stand, when it closes by itself."""

import msgspec

from station.screens import Trend, TrendPoint
from station.staff.effects import CheckPin, Leave
from station.staff.events import CertificateView, Moved, PinChecked, Pressed, Read, Ticked
from station.staff.present import present
from station.staff.reduce import reduce
from station.staff.state import IDLE_READING_S, IDLE_S, IDLE_WARM_UP_S
from tests.station.staff.making import (
    CERTIFICATE,
    SITE,
    asked,
    door,
    levelled,
    menu,
    offered,
    pressed,
    reading_stage,
    told,
)


def test_digits_are_counted_and_never_shown() -> None:
    state, _ = pressed(door(), "digit.2", "digit.5", "digit.8")
    screen = present(state)
    assert screen.staff is not None
    assert (screen.kind, screen.staff.digits) == ("keypad", 3)
    assert "258" not in msgspec.json.encode(screen).decode()
    state, _ = pressed(state, "back")
    assert state.digits == "25"
    state, effects = pressed(state, "enter")
    assert effects == [CheckPin("25")]
    assert state.digits == ""


def test_a_wrong_pin_says_how_many_tries_are_left_and_a_lock_how_long() -> None:
    state, _ = told(door(), PinChecked(None, tries_left=3))
    assert present(state).body == "Wrong PIN, 3 tries left."
    state, _ = told(state, PinChecked(None, tries_left=1))
    assert present(state).body == "Wrong PIN, 1 try left."
    state, _ = told(state, PinChecked(None, 0, 120.0), Ticked(1000.0))
    assert present(state).title == "Too many wrong PINs"
    assert present(state).body.startswith("Locked for 2 minutes. After that,")
    assert offered(present(state)) == {"cancel"}
    state, _ = told(state, Ticked(1060.0))
    assert present(state).body.startswith("Locked for 60 s.")
    state, _ = told(state, Ticked(1121.0))
    assert "enter" in offered(present(state))


def test_nothing_behind_the_door_is_reached_without_a_pin() -> None:
    for action in ("calibrate", "sign", "daily-check", "resume", "yes-discard", "go", "weight.20-1"):
        state = door()
        assert reduce(state, Pressed(action)) == (state, ())


def test_a_menu_left_alone_for_two_minutes_closes_and_a_reading_waits_for_who_fetches_weights() -> None:
    state, effects = told(menu(), Ticked(1000.0), Ticked(1000.0 + IDLE_S - 1))
    assert effects == []
    assert told(state, Ticked(1000.0 + IDLE_S))[1] == [Leave()]
    state, _ = reading_stage()
    state, effects = told(state, Ticked(1000.0), Ticked(1000.0 + IDLE_READING_S - 1))
    assert effects == []
    assert told(state, Ticked(1000.0 + IDLE_READING_S))[1] == [Leave()]
    assert SITE.warm_up_s + IDLE_S < IDLE_WARM_UP_S, "a warm-up is not left before it is over"


def test_a_touch_and_a_weight_that_moves_begin_the_wait_anew() -> None:
    state, bench = reading_stage(1)
    state, _ = told(state, Ticked(1000.0), Ticked(1800.0), Read(asked(state, bench)), Ticked(1801.0), Moved())
    state, effects = told(state, Ticked(2600.0), Ticked(2600.0 + IDLE_READING_S - 1))
    assert effects == []


def test_the_menu_says_how_things_stand_and_one_button_stands_out() -> None:
    trend = Trend((TrendPoint("2026-11-25", 0.1),), 0.3)
    for state, words, wanted in (
        (menu(), "calibrated until 2027-01-12", "daily-check"),
        (menu(trend=trend), "Last daily check: 2026-11-25.", "daily-check"),
        (menu(certificate=CertificateView()), "not calibrated yet", "calibrate"),
        (menu(certificate=CertificateView(3, problem="it has expired")), "measured: it has expired", "calibrate"),
        (menu(session=levelled()), "0 of 23 readings", "resume"),
    ):
        screen = present(state)
        assert words in screen.body
        assert [button.action for button in screen.buttons if button.role == "primary"] == [wanted]


def test_a_deck_without_a_certificate_says_so_without_naming_files_and_has_no_daily_check() -> None:
    state = menu(certificate=CertificateView())
    shown = present(pressed(state, "certificate")[0])
    assert shown.body.startswith("There is none yet: calibrate the deck.")
    assert present(pressed(state, "daily-check")[0]).name == "staff.notice"


def test_a_certificate_that_does_not_hold_is_marked_so() -> None:
    for problem in (None, "it does not hold today"):
        view = msgspec.structs.replace(CERTIFICATE, problem=problem)
        panel = present(pressed(menu(certificate=view), "certificate")[0]).staff
        assert panel is not None
        assert [row.good for row in panel.rows] == [None, None, None, None, problem is None]
