"""The flow of a calibration: which weights, warm and level, each reading, undone and interrupted, signed or refused."""

from datetime import date

import msgspec
import pytest

from calibration.judge import judge
from calibration.procedure import Levelled, Resumed, Taken, Undone, WarmedUp, apply, begin
from station.staff.effects import Add, Begin, Chime, Discard, GoOn, Judge, Leave, Sign
from station.staff.events import Failed, Journaled, Judged, Moved, PinChecked, Pressed, Read, Ticked, Tilted, Warmed
from station.staff.present import present
from station.staff.reduce import reduce
from station.staff.rows import judged_rows
from station.staff.state import IDLE_READING_S
from tests.calibration.doing import DECK, NOW, WEIGHTS, Bench
from tests.station.staff.making import PLAN, SITE, asked, levelled, menu, offered, pressed, reading_stage, told


def test_weights_that_do_not_make_the_plan_are_refused_in_words_before_anything_is_carried() -> None:
    state, _ = pressed(menu(), "calibrate")
    said = []
    for each in ("weight.20-1", "weight.20-2", "weight.10-1"):
        assert "go" not in offered(present(state))
        state, _ = pressed(state, each)
        said.append(present(state).body)
    assert said[0] == "Touch more weights. 10 and 40 kg cannot be made yet."
    assert said[1] == "Touch more weights. 10 kg cannot be made yet."
    assert "quarter of an hour" in said[2]
    assert pressed(state, "go")[1] == [Begin("AB", ("20-1", "20-2", "10-1"))]


def test_a_weight_is_chosen_and_given_back_by_the_same_touch() -> None:
    state, _ = pressed(menu(), "calibrate", "weight.20-1", "new-parts")
    roles = {button.action: button.role for button in present(state).buttons}
    assert (roles["weight.20-1"], roles["weight.10-1"], roles["new-parts"]) == ("primary", "secondary", "primary")
    state, _ = pressed(state, "weight.20-1")
    assert state.chosen == ()
    assert "go" not in offered(present(state))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"valid_until": date(2026, 11, 25)}, "The certificate of 20-1 has expired."),
        ({"uncertainty_g": 20.0}, "20-1 is not exact enough: 0.1 %, at most 0.05 %."),
    ],
)
def test_a_weight_that_would_be_refused_at_the_end_is_refused_by_name_before_anything_is_carried(
    change: dict[str, object], words: str
) -> None:
    bad = msgspec.structs.replace(WEIGHTS[0], **change)
    state = menu(site=msgspec.structs.replace(SITE, weights=(bad, *WEIGHTS[1:])))
    state, _ = pressed(state, "calibrate", *(f"weight.{each.id}" for each in WEIGHTS))
    assert words in present(state).body
    assert "go" not in offered(present(state))
    assert reduce(state, Pressed("go")) == (state, ())


def test_until_when_the_certificate_of_a_weight_holds_stands_on_its_button() -> None:
    expired = msgspec.structs.replace(WEIGHTS[0], valid_until=date(2026, 11, 25))
    state, _ = pressed(menu(site=msgspec.structs.replace(SITE, weights=(expired, *WEIGHTS[1:]))), "calibrate")
    labels = [button.label for button in present(state).buttons]
    assert labels[:2] == ["20 kg (20-1)\nexpired 2026-11-25", "20 kg (20-2)\nuntil 2027-06-30"]


def test_the_warm_up_ends_by_itself_when_time_and_drift_are_right_and_not_before() -> None:
    session = begin(levelled().begun, PLAN, 400.0, 400.0)
    state, _ = told(menu(), Pressed("calibrate"), Journaled(session))
    assert present(state).name == "calibrate.warm-up"
    for early in (Warmed(899.0, 2.0), Warmed(905.0, None), Warmed(905.0, 31.0), Warmed(905.0, float("nan"))):
        state, effects = told(state, early)
        assert effects == []
    state, effects = told(state, Warmed(905.0, 2.0))
    assert effects == [Chime(), Add(WarmedUp(905.0, 2.0))]


def test_a_deck_off_level_cannot_be_gone_on_with() -> None:
    session = apply(begin(levelled().begun, PLAN, 400.0, 400.0), WarmedUp(900.0, 2.0))
    state, _ = told(menu(), Pressed("calibrate"), Journaled(session), Tilted(1.4))
    assert "go" not in offered(present(state))
    state, _ = told(state, Tilted(None))
    assert "go" not in offered(present(state))
    state, _ = told(state, Tilted(0.4))
    assert pressed(state, "go")[1] == [Add(Levelled(0.4))]


def test_a_reading_is_taken_by_itself_with_a_chime_and_the_next_one_waits_for_the_weight_to_be_moved() -> None:
    state, bench = reading_stage(1)
    taken = asked(state, bench)
    state, effects = told(state, Read(taken))
    assert effects == [Chime(), Add(Taken(taken))]
    assert state.session is not None
    state, _ = told(state, Journaled(apply(state.session, Taken(taken))))
    assert state.held
    assert present(state).title == "Put 20 kg into hole A2"
    assert told(state, Read(asked(state, bench)))[1] == [], "not before it was moved"
    state, _ = told(state, Moved())
    assert not state.held


def test_an_interruption_before_the_zero_return_does_not_wait_for_a_weight_that_is_not_there() -> None:
    before_return = next(at for at, each in enumerate(levelled().steps) if each.kind == "zero-return")
    state, bench = reading_stage(before_return)
    assert state.session is not None
    interrupted = apply(state.session, Resumed(NOW))
    state, _ = told(menu(session=interrupted), Pressed("resume"), Journaled(interrupted))
    for kind in ("zero", "zero-return"):
        reading = asked(state, bench)
        assert reading.kind == kind
        assert state.session is not None
        state, effects = told(state, Read(reading), Journaled(apply(state.session, Taken(reading))))
        assert Add(Taken(reading)) in effects
    assert state.held, "the verification load is put down first"


def test_a_reading_that_cannot_be_right_is_not_taken_and_says_why() -> None:
    state, bench = reading_stage(1)
    assert state.step is not None
    elsewhere = bench.read(msgspec.structs.replace(state.step, x_mm=150.0, y_mm=-150.0))
    wrong = msgspec.structs.replace(elsewhere, x_mm=state.step.x_mm, y_mm=state.step.y_mm)
    state, effects = told(state, Read(wrong))
    assert effects == []
    assert "like hole C3, not A1" in present(state).body
    state, _ = told(state, Moved())
    assert "C3" not in present(state).body
    shaky = msgspec.structs.replace(asked(state, bench), sd_counts=(900.0, 50.0, 50.0, 50.0))
    state, effects = told(state, Read(shaky))
    assert effects == []
    assert "Noise of a reading: 900 counts, at most 400 counts allowed. Keep off" in present(state).body


def test_undo_takes_back_the_last_reading_and_wants_its_weight_to_be_touched() -> None:
    state, bench = reading_stage(2)
    state, _ = told(state, Read(asked(state, bench)))
    assert "Recorded" in present(state).body
    assert state.session is not None
    state, effects = pressed(state, "undo")
    assert effects == [Add(Undone())]
    assert state.held
    state, _ = told(state, Journaled(apply(state.session, Undone())))
    assert present(state).title == "Put 20 kg into hole A1"
    assert "undone" in present(state).body
    assert "Recorded" not in present(state).body
    state, _ = told(state, Moved())
    assert present(state).body.startswith("Then keep off until")


def test_after_a_pause_it_says_why_the_deck_has_to_be_empty_again() -> None:
    state, _ = reading_stage(3)
    assert state.session is not None
    state, _ = told(state, Journaled(apply(state.session, Resumed(NOW))))
    assert present(state).title == "Take everything off the deck"
    assert present(state).body.startswith("After a pause")


def test_every_step_of_the_plan_has_a_picture_that_says_what_goes_where() -> None:
    bench = Bench(1)
    session = levelled()
    titles = []
    while session.step is not None:
        state, _ = told(menu(session=session), Pressed("resume"), Journaled(session))
        screen = present(state)
        assert screen.staff is not None
        assert screen.staff.deck is not None
        deck = screen.staff.deck
        assert deck.target == session.step.hole
        assert len(deck.weights) == len(session.step.weights)
        assert deck.target is None or deck.target in {hole.name for hole in deck.holes}
        assert len(screen.title.split()) + len(screen.body.split()) <= 30
        titles.append(screen.title)
        session = apply(session, Taken(bench.read(session.step)))
    assert len(titles) == 23
    state, effects = told(menu(session=session), Pressed("resume"), Journaled(session))
    assert effects[-1] == Judge()


def test_a_deck_that_passes_is_signed_and_one_that_does_not_offers_no_way_to_sign() -> None:
    session = Bench(1).perform(sign=False)
    found = judge(session, DECK, None, NOW.date())
    state, _ = told(menu(session=session), Pressed("resume"), Journaled(session))
    good, _ = told(state, Judged(judged_rows(found.judgements), True, 0.3, 0.01))
    assert pressed(good, "sign")[1] == [Sign(None)]
    bad, _ = told(state, Judged(judged_rows(found.judgements), False))
    assert "sign" not in offered(present(bad))
    bad, effects = pressed(bad, "anew", "yes-discard")
    assert effects == [Discard()]
    assert present(told(bad, Journaled(None))[0]).name == "calibrate.weights"


def test_a_refusal_stays_while_what_it_says_is_done() -> None:
    session = Bench(1).perform(sign=False)
    state, _ = told(menu(session=session), Pressed("resume"), Journaled(session), Judged((), False), Ticked(1000.0))
    assert told(state, Ticked(1000.0 + IDLE_READING_S - 1))[1] == []
    assert told(state, Ticked(1000.0 + IDLE_READING_S))[1] == [Leave()]


def test_a_result_shows_what_refuses_or_what_came_nearest_and_all_of_it_on_request() -> None:
    session = Bench(1).perform(sign=False)
    rows = judged_rows(judge(session, DECK, None, NOW.date()).judgements)
    refused = (msgspec.structs.replace(rows[7], good=False, to_do="Mend it"), *rows[:7], *rows[8:])
    state, _ = told(menu(session=session), Pressed("resume"), Journaled(session))
    for passed, every, first in ((True, rows, rows[:3]), (False, refused, refused[:1])):
        shown, _ = told(state, Judged(every, passed))
        before = present(shown)
        assert before.staff is not None
        assert before.staff.rows == first
        shown, _ = pressed(shown, "details")
        screen = present(shown)
        assert screen.staff is not None
        assert screen.staff.rows == every
        assert present(pressed(shown, "back")[0]) == before


def test_where_two_have_to_sign_the_one_who_calibrated_is_not_the_second() -> None:
    session = Bench(1).perform(sign=False)
    state = menu(site=msgspec.structs.replace(SITE, two_people=True), session=session)
    state, _ = told(state, Pressed("resume"), Journaled(session), Judged((), True), Pressed("sign"))
    assert present(state).name == "calibrate.approve"
    state, effects = told(state, PinChecked("ab"))
    assert effects == []
    assert "other than AB" in present(state).body
    assert told(state, PinChecked("CD"))[1] == [Sign("CD")]


def test_a_calibration_under_way_is_gone_on_with_or_discarded_never_silently_lost() -> None:
    state, _ = reading_stage(3)
    state = menu(session=state.session)
    assert {"resume", "calibrate"} <= offered(present(state))
    assert "3 of 23" in present(state).body
    state, _ = pressed(state, "calibrate")
    assert present(state).name == "calibrate.begin-anew"
    assert pressed(state, "resume")[1] == [GoOn()]
    state, effects = pressed(state, "anew", "yes-discard")
    assert effects == [Discard()]
    assert present(told(state, Journaled(None))[0]).name == "calibrate.weights"


def test_a_journal_that_cannot_be_read_can_only_be_discarded() -> None:
    state, _ = pressed(menu(journal_problem="journal.jsonl:3: not an entry"), "calibrate")
    assert "journal.jsonl:3" in present(state).body
    assert offered(present(state)) == {"anew", "back"}


def test_what_the_disk_does_not_take_is_said_and_nothing_is_lost() -> None:
    state, bench = reading_stage(1)
    session = state.session
    state, _ = told(state, Read(asked(state, bench)), Failed("No space left on device"))
    assert "No space" in present(state).body
    state, _ = pressed(state, "back")
    assert state.session == session
