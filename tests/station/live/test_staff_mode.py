"""The staff mode of a running station: who comes in and when it leaves, its daily check, and people meanwhile."""

from pathlib import Path

import pytest

from hardware.virtual.control import StepOn, perform
from station.messages import Cue
from station.staff.pin import PinKeeper
from tests.station.live.staffing import PIN, Make, staff_config


def test_a_new_station_says_that_it_is_not_calibrated_and_lets_staff_in_but_nobody_else(make: Make) -> None:
    station = make()
    station.step(1.0)
    assert station.screen.name == "fault"
    assert "not calibrated" in station.engine.fault_reasons[0]
    perform(station.person, StepOn(), station.process.now_ns)
    station.step(3.0)
    assert station.screen.name == "fault", "no visit without a certificate"
    assert station.station.status().state == "fault"


def test_a_deck_that_has_drifted_fails_its_daily_check_and_blocks_until_one_passes(make: Make, tmp_path: Path) -> None:
    config = staff_config(tmp_path, flaws="none")
    station = make(config, certified=True)
    station.sign_in()
    station.hands_off = True
    station.press("daily-check")
    station.step(7.0)
    station.put(19.8)  # a weight that is not what it says is a deck that does not say what it is
    station.until("daily.result")
    assert "off" in station.screen.title
    station.press("back")
    station.step(0.5)
    assert "error of force of the daily check" in station.screen.body
    station.press("leave")
    station.put(0.0)
    station.step(2.0)
    assert station.screen.name == "fault"
    assert station.station.store.outbox.deck_note().daily_check == "failed"
    station = make(config)
    station.step(1.0)
    assert any("daily check failed" in each for each in station.engine.fault_reasons), "over a restart too"
    station.sign_in()
    station.press("daily-check")
    station.until("daily.result")
    station.press("back", "leave")
    station.put(0.0)
    station.until("attract")
    trend = station.engine._staff._trend()
    assert len(trend.points) == 2
    assert trend.points[0].error_percent < -0.3 < trend.points[1].error_percent


def test_while_staff_are_in_no_visit_starts_and_a_weight_left_behind_is_no_visitor(make: Make, tmp_path: Path) -> None:
    station = make(staff_config(tmp_path), certified=True)
    station.step(1.0)
    station.sign_in()
    station.put(60.0)
    station.step(3.0)
    assert station.screen.name == "staff.menu"
    station.press("leave")
    station.step(5.0)
    assert station.screen.kind == "attract"
    station.put(0.0)
    station.step(3.0)
    perform(station.person, StepOn(), station.process.now_ns)
    station.step(3.0)
    assert station.screen.kind != "attract"


def test_a_step_on_or_a_stale_touch_never_opens_the_staff_mode_and_nobody_on_the_deck_can(
    make: Make, tmp_path: Path
) -> None:
    station = make(staff_config(tmp_path), certified=True)
    station.step(1.0)
    station.engine.press("staff", station.engine.serial - 1)
    assert station.screen.kind == "attract"
    perform(station.person, StepOn(), station.process.now_ns)
    station.step(3.0)
    assert station.screen.kind != "keypad"
    station.engine.press("staff", station.engine.serial)
    assert station.screen.kind != "keypad"


def test_the_staff_mode_leaves_by_itself_after_two_minutes(make: Make, tmp_path: Path) -> None:
    station = make(staff_config(tmp_path), certified=True)
    station.sign_in()
    station.step(110.0)
    assert station.screen.name == "staff.menu"
    station.press("certificate")
    station.step(119.0)
    assert station.screen.name == "staff.certificate"
    station.until("attract", limit_s=5.0)


def test_five_wrong_pins_lock_the_keypad_over_a_restart_and_the_clinic_hears_of_it(make: Make, tmp_path: Path) -> None:
    config = staff_config(tmp_path)
    station = make(config, certified=True)
    station.step(1.0)
    station.press("staff")
    for _ in range(5):
        station.type_pin("0001")
    assert "Locked" in station.screen.body
    assert [button.action for button in station.screen.buttons] == ["cancel"]
    assert [each.type for each in station.events()] == ["staff"]
    station = make(config)
    station.step(1.0)
    station.press("staff")
    assert "Locked" in station.screen.body
    station.step(61.0)
    station.type_pin(PIN)
    assert station.screen.name == "staff.menu"


def test_without_a_pin_the_door_says_how_to_set_one(make: Make, tmp_path: Path) -> None:
    config = staff_config(tmp_path)
    config.station.pins.unlink()
    station = make(config, certified=True)
    station.step(1.0)
    station.press("staff")
    assert "balance-station pin set" in station.screen.body
    assert [button.action for button in station.screen.buttons] == ["cancel"]


def test_a_station_whose_pins_are_broken_says_so(make: Make, tmp_path: Path) -> None:
    config = staff_config(tmp_path)
    PinKeeper(config.station.pins, b"", lambda: 0.0, "b").path.write_text("nonsense")
    station = make(config, certified=True)
    station.step(1.0)
    station.press("staff")
    assert "not a file of PINs" in station.screen.body


def test_the_zero_follows_a_small_drift_and_a_large_one_blocks_until_staff_have_looked(
    make: Make, tmp_path: Path
) -> None:
    station = make(staff_config(tmp_path), certified=True)
    station.step(1.0)
    station.put(0.1)  # 100 g over four corners: a drift that nobody sees
    station.step(8.0)
    deck = station.engine._deck
    assert sum(deck.zero.offset_n) == pytest.approx(0.1 * 9.80665, rel=0.1)
    station.put(0.4, 150.0, 150.0)
    station.step(8.0)
    assert station.screen.name == "fault"
    assert "daily check" in station.engine.fault_reasons[0]
    assert station.station.store.outbox.deck_note().zero != "good"
    station.put(0.1)
    station.until("attract")
    assert station.engine.fault_reasons == ()


def test_staff_texts_are_not_spoken_and_nobody_is_called_while_they_are_in(make: Make) -> None:
    station = make()
    station.sign_in()
    before = len(station.messages)
    station.samples_stop()
    station.step(3.0)
    assert station.screen.name == "staff.menu"
    assert not [each for each in station.messages[before:] if isinstance(each, Cue)]


def test_an_error_of_our_own_in_the_staff_mode_closes_it_and_ends_in_the_safe_place(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = make(staff_config(tmp_path), certified=True)
    station.sign_in()

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("station.live.staff_mode.reduce", fail)
    station.engine.press("leave", station.engine.serial)
    assert station.screen.name == "fault"
    monkeypatch.undo()
    station.until("attract")
    station.sign_in()
    assert station.screen.name == "staff.menu", "and staff come in again"
