"""A calibration on a running station: the whole procedure, its refusals, kills at any moment, its certificate."""

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest

from calibration import chain as chain_room
from calibration.certificate import canonical
from calibration.chain import read_chain
from calibration.journal import Journal
from calibration.plan import load_plan
from calibration.procedure import Begun, Levelled, Taken, WarmedUp
from calibration.register import load_register
from hardware.status import AcquireStatus, Scheduling
from hardware.virtual.control import StepOn, perform
from station.config import Config
from station.records.event import CalibrationDone
from tests.calibration.doing import NOW, Bench
from tests.station.live.staffing import IDS, PIN, SETTINGS, Make, StaffedStation, staff_config


def read_beforehand(config: Config, seed: int = SETTINGS.seed) -> None:
    """Leave the journal of a calibration whose readings are all taken, on the deck that the station has."""
    journal = Journal(config.station.calibration_journal, load_plan(), 400.0, 400.0)
    weights = load_register(Path(config.calibration.register))
    journal.add(Begun("AB", weights, load_plan().version, NOW))
    journal.add(WarmedUp(900.0, 2.0))
    read_on(journal, seed)


def read_on(journal: Journal, seed: int = SETTINGS.seed) -> None:
    """Take every reading of a calibration whose deck is warm."""
    bench = Bench(seed, place_sd_mm=0.0)
    session = journal.add(Levelled(0.1))
    while (step := session.step) is not None:
        session = journal.add(Taken(bench.read(step)))


def test_the_whole_procedure_ends_in_a_certificate_that_is_in_use_at_once(make: Make) -> None:
    station = make()
    station.sign_in()
    assert station.screen.name == "staff.menu"
    station.step(1.0)
    assert "not calibrated yet" in station.screen.body
    assert station.config.deck.certificate not in station.screen.body
    station.calibrate()
    assert station.screen.name == "calibrate.result"
    assert station.chimes() == 1 + 23, "warm, and every reading"
    station.sign()
    assert station.screen.name == "calibrate.done"
    (certificate,) = read_chain(Path(station.config.deck.certificate))
    assert certificate.method == "guided-virtual"
    assert certificate.note.startswith("guided calibration of a virtual deck, plan ")
    assert certificate.evidence is not None
    assert certificate.evidence.operator == "AB"
    assert re.fullmatch(r".+, calibration [0-9a-f]{16}", certificate.evidence.software_version)
    assert len(certificate.evidence.readings) == 23
    assert certificate.evidence.temperature_c is None, "nobody has said it: there are only samples"
    in_five_s = 5 * sum(certificate.evidence.rates_hz)
    assert [each.frames for each in certificate.evidence.readings] == pytest.approx([in_five_s] * 23, rel=0.01)
    assert not station.config.station.calibration_journal.exists()
    station.step(2.0)
    assert station.engine.fault_reasons == ()
    station.press("back", "daily-check")
    station.until("daily.result")
    assert "as it was calibrated" in station.screen.title
    station.press("back", "leave")
    station.put(0.0)
    station.until("attract")
    station.step(0.5)
    assert station.station.status().state == "ready"
    told = [each.type for each in station.events()]
    assert told == ["staff", "calibration", "daily-check"]
    note = station.station.store.outbox.deck_note()
    assert (note.calibration_id, note.daily_check) == (certificate.id, "passed")
    # and the next visitor's result names it
    station.step(4.0)
    perform(station.person, StepOn(), station.process.now_ns)
    station.until("prepare", "step-on", "centre", "about", "consent", limit_s=20)
    assert station.engine._maker.calibration_id == certificate.id


def test_the_temperature_of_the_deck_s_imu_goes_into_journal_certificate_and_daily_check(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = staff_config(tmp_path)
    config = msgspec.structs.replace(config, virtual=msgspec.structs.replace(config.virtual, chips="pins"))

    def signed_in() -> StaffedStation:
        station = make(config)
        station.sign_in()
        process = station.process  # acquire in a process of its own says it once a second
        said = AcquireStatus(process.source.status(), Scheduling("normal", "not locked", None, False), 0.0)
        process.writer.publish_status(said)
        return station

    station = signed_in()
    station.press("calibrate", *(f"weight.{each}" for each in IDS), "go")
    station.until("calibrate.level")
    station.close()
    journal = Journal(config.station.calibration_journal, load_plan(), 400.0, 400.0)
    assert journal.session is not None
    assert journal.session.warm is not None
    assert journal.session.warm.temperature_c == 27.0
    read_on(journal)
    monkeypatch.setattr("hardware.virtual.imu_chip.CHIP_TEMPERATURE_C", 28.5)
    station = signed_in()
    station.press("resume")
    station.until("calibrate.result")
    assert station.screen.staff is not None
    (row,) = (each for each in station.screen.staff.rows if "temperature" in each.name)
    assert (row.measured, row.good) == ("1.5 °C", True)
    station.sign()
    (certificate,) = read_chain(Path(config.deck.certificate))
    assert certificate.evidence is not None
    assert certificate.evidence.temperature_c == (27.0, 28.5)
    station.press("back", "daily-check")
    station.until("daily.result")
    assert station.engine._deck.checks[-1].temperature_c == 28.5


def test_two_people_sign_where_the_site_wants_two_and_not_the_same_one_twice(make: Make, tmp_path: Path) -> None:
    config = staff_config(tmp_path, two_people=True)
    read_beforehand(config)
    station = make(config)
    station.sign_in()
    station.press("resume")
    station.until("calibrate.result")
    station.press("sign")
    assert station.screen.name == "calibrate.approve"
    station.type_pin(PIN)
    assert "other than AB" in station.screen.body
    station.type_pin("9517")
    assert station.screen.name == "calibrate.done"
    (certificate,) = read_chain(Path(config.deck.certificate))
    assert certificate.evidence is not None
    assert (certificate.evidence.operator, certificate.evidence.approver) == ("AB", "CD")


def test_an_expired_weight_is_refused_with_what_to_do_and_the_certificate_in_use_stays(
    make: Make, tmp_path: Path
) -> None:
    config = staff_config(tmp_path, until=date(2020, 1, 1))
    read_beforehand(config)
    station = make(config)
    station.sign_in()
    station.press("resume")
    station.until("calibrate.refused")
    assert station.screen.staff is not None
    first = station.screen.staff.rows[0]
    assert (first.good, first.name) == (False, "Weights' certificates")
    assert "se a weight with a valid certificate" in first.to_do
    station.press("anew", "yes-discard")
    assert station.screen.name == "calibrate.weights"
    assert not Path(config.deck.certificate).exists()


def test_readings_that_came_all_at_once_are_read_again_because_nobody_knows_which_were_flagged(make: Make) -> None:
    station = make()
    station.sign_in()
    station.begin_calibration()
    station.until_reading(2)
    station.put(20.0, -150.0, 150.0)
    station.step(1.0)
    before = station.screen
    staff = station.engine._staff
    for at in range(1000):
        staff._row(at, (1e6, 1e6, 1e6, 1e6), True)
    assert station.screen == before
    station.until_reading(3)


def test_wrong_weights_and_wrong_holes_are_said_at_once_and_not_taken(make: Make) -> None:
    station = make()
    station.sign_in()
    station.begin_calibration()
    station.until_reading(3)  # the weight stands in A1
    station.hands_off = True
    station.put(20.0, -150.0, -150.0)
    station.step(9.0)
    assert "reads like hole C1, not A2" in station.screen.body
    station.put(10.0, 0.0, 150.0)
    station.step(9.0)
    assert "like 10 kg, not 20 kg" in station.screen.body
    station.put(0.0)
    station.step(9.0)
    assert "as if it were empty" in station.screen.body
    station.put(20.0, 0.0, 150.0)
    station.until_reading(4)
    station.step(9.0)
    assert "Recorded" in station.screen.body, "a load that stays where it was read is not read again"
    station.press("undo")
    station.step(9.0)
    assert station.screen.title == "Put 20 kg into hole A2", "what was read wrong is not read again untouched"
    station.put(0.0)
    station.step(1.0)
    station.put(20.0, 0.0, 150.0)
    station.until_reading(4)


def test_killed_at_any_step_a_calibration_goes_on_and_ends_in_one_certificate(make: Make, tmp_path: Path) -> None:
    config = staff_config(tmp_path)
    station = make(config)
    station.sign_in()
    station.press("calibrate", *(f"weight.{each}" for each in IDS), "go")
    station.step(3.0)
    station = make(config)  # in the warm-up
    station.sign_in()
    station.press("resume")
    station.until("calibrate.level")
    station = make(config)  # before it was found level
    station.sign_in()
    station.press("resume")
    station.until("calibrate.level")
    station.step(0.5)
    station.press("go")
    for reading in (2, 7, 12, 18, 19):
        station.until_reading(reading)
        station.step(2.0)  # in the midst of one
        station = make(config)
        station.sign_in()
        station.press("resume")
        assert station.screen.name == "calibrate.warm-up", "its converters were off with it"
        station.until("calibrate.read")
        assert "everything off" in station.screen.title, "its zero may have moved meanwhile"
    station.until("calibrate.result", limit_s=200)
    station = make(config)  # before anybody signed
    station.sign_in()
    station.press("resume")
    station.until("calibrate.result")
    station.sign()
    (certificate,) = read_chain(Path(config.deck.certificate))
    assert certificate.evidence is not None
    assert len([each for each in certificate.evidence.readings if each.kind != "zero"]) == 22
    path = Path(config.deck.certificate)
    path.write_bytes(canonical(msgspec.structs.replace(certificate, note="").signed()) + b"\n")
    station = make(config)
    station.step(1.0)
    assert "which this station has signed" in station.engine.fault_reasons[0]


class _Killed(BaseException):
    """The plug was pulled."""


@pytest.mark.parametrize("moment", ["before the chain", "after the chain", "before the journal goes"])
def test_killed_while_it_signs_a_calibration_is_ended_by_the_next_start_and_only_once(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    config = staff_config(tmp_path)
    read_beforehand(config)
    station = make(config)
    station.sign_in()
    station.press("resume")
    station.until("calibrate.result")

    def killed(*_: object, **__: object) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        if moment == "before the chain":
            patched.setattr("station.live.deck_state.append_certificate", killed)
        elif moment == "after the chain":
            patched.setattr("station.live.deck_state.DeckState.use", killed)
        else:
            patched.setattr("station.live.calibrating.Calibrating.discard", killed)
        with pytest.raises(_Killed):
            station.sign()
    station = make(config)
    station.step(4.0)
    (certificate,) = chain_room.read_chain(Path(config.deck.certificate))
    assert not config.station.calibration_journal.exists()
    assert station.station.store.outbox.deck_note().calibration_id == certificate.id
    assert station.screen.name == "attract"
    told = [each.data for each in station.events() if isinstance(each.data, CalibrationDone)]
    assert {each.certificate_id for each in told} == {certificate.id}


def test_one_changed_byte_in_the_chain_is_found_at_start_and_a_new_calibration_sets_it_aside(
    make: Make, tmp_path: Path
) -> None:
    config = staff_config(tmp_path)
    make(config, certified=True)
    path = Path(config.deck.certificate)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    read_beforehand(config)
    station = make(config)
    station.step(1.0)
    assert station.screen.name == "fault"
    assert any("cannot be trusted" in each and str(path) in each for each in station.engine.fault_reasons)
    station.sign_in()
    station.press("certificate")
    assert "cannot be trusted" in station.screen.body
    station.press("back", "resume")
    station.until("calibrate.result")
    station.sign()
    assert read_chain(path)[0].number == 1
    (aside,) = path.parent.glob(f"{path.name}.broken-*")
    assert aside.read_bytes() == bytes(raw)
    station.press("back", "leave")
    station.until("attract")
