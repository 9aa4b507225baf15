"""The staff flow by itself: where each touch leads, what a reading does, and that there is always a way out."""

from collections.abc import Iterable
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.evidence import Reading
from calibration.judge import judge
from calibration.limits import RUNNING, Limit, load_limits
from calibration.plan import load_plan
from calibration.procedure import Levelled, Resumed, Session, Taken, Undone, WarmedUp, apply, begin
from station.screens import Hole, ScreenModel, Trend, TrendPoint
from station.staff.effects import Add, Begin, CheckDaily, CheckPin, Chime, Discard, Effect, GoOn, Judge, Leave, Sign
from station.staff.events import (
    CertificateView,
    Entered,
    Event,
    Failed,
    Journaled,
    Judged,
    Moved,
    PinChecked,
    Pressed,
    Read,
    Site,
    Ticked,
    Tilted,
    Warmed,
)
from station.staff.present import present
from station.staff.reduce import enter, reduce
from station.staff.rows import judged_rows
from station.staff.state import IDLE_READING_S, IDLE_S, IDLE_WARM_UP_S, StaffState
from station.staff.texts import span
from tests.calibration.doing import DECK, NOW, WEIGHTS, Bench

PLAN = load_plan()
SITE = Site(
    holes=tuple(Hole(name, x, y) for name, (x, y) in PLAN.holes.items()),
    weights=WEIGHTS,
    today=date(2026, 11, 26),
)
CERTIFICATE = CertificateView(3, "9ac836", "2026-01-12", "2027-01-12", "AB")
ENTERED = Entered(SITE, "set", 0.0, None, None, CERTIFICATE, Trend((), 0.3))


def door(**changes: object) -> StaffState:
    return enter(msgspec.structs.replace(ENTERED, **changes))


def told(state: StaffState, *events: Event) -> tuple[StaffState, list[Effect]]:
    effects: list[Effect] = []
    for event in events:
        state, more = reduce(state, event)
        effects += more
    return state, effects


def pressed(state: StaffState, *actions: str) -> tuple[StaffState, list[Effect]]:
    for action in actions:
        assert action in offered(present(state)), f"{present(state).name} does not offer {action!r}"
        state, effects = reduce(state, Pressed(action))
    return state, list(effects)


def offered(screen: ScreenModel) -> set[str]:
    return {button.action for button in screen.buttons}


def menu(**changes: object) -> StaffState:
    return told(door(**changes), PinChecked("AB"))[0]


def levelled() -> Session:
    begun = Bench(1).perform(sign=False).begun
    return apply(apply(begin(begun, PLAN, 400.0, 400.0), WarmedUp(900.0, 2.0)), Levelled(0.2))


def reading_stage(number: int = 0, bench: Bench | None = None) -> tuple[StaffState, Bench]:
    """Return the state in which reading `number` is asked for (0: the empty deck), those before taken."""
    bench = bench or Bench(1)
    session = levelled()
    for _ in range(number):
        assert session.step is not None
        session = apply(session, Taken(bench.read(session.step)))
    state, _ = told(menu(session=session), Pressed("resume"), Journaled(session))
    assert present(state).name == "calibrate.read"
    return state, bench


def asked(state: StaffState, bench: Bench) -> Reading:
    assert state.step is not None
    return bench.read(state.step)


# --- the door --------------------------------------------------------------------------------------------------------


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


# --- the calibration -------------------------------------------------------------------------------------------------


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


def test_rows_that_pass_come_by_how_near_they_are_to_their_limit() -> None:
    limits = load_limits()
    judged = [limits.named(name).judge(value) for name, value in (("force", 0.1), ("place-worst", 1.9), ("loads", 9.0))]
    assert [row.name for row in judged_rows(judged)] == [
        "Worst error of place",
        "Worst error of force",
        "Usable loads",
    ]
    over = limits.named("force").judge(0.6)
    assert judged_rows([*judged, over])[0].measured == "0.6 %"


@given(
    limit=st.sampled_from([*load_limits().limit, *load_limits(RUNNING).limit]),
    share=st.one_of(st.floats(0, 10), st.floats(1, 1 + 1e-6)),
)
def test_no_number_reads_as_its_limit_unless_it_is_that_and_none_has_an_exponent(limit: Limit, share: float) -> None:
    measured = share * (limit.value or 1.0)
    (row,) = judged_rows([limit.judge(measured)])
    number_said = row.measured.removesuffix(limit.with_unit(""))
    assert "e" not in number_said
    number = float(number_said)
    assert number == pytest.approx(measured, abs=0.0051 * (limit.value or 100.0))
    if abs(measured - limit.value) > 1e-11:
        assert number != limit.value


def test_rows_that_refuse_come_first_with_what_to_do() -> None:
    bench = Bench(2)
    bench.spoil = lambda step, counts: tuple(each * 1.004 for each in counts) if step.kind == "load-down" else counts  # type: ignore[assignment,return-value]
    found = judge(bench.perform(sign=False), DECK, None, NOW.date())
    rows = judged_rows(found.judgements)
    assert rows[0].good is False
    assert rows[0].to_do[0].isupper()
    assert "at most" in rows[0].expected
    assert len(rows) == len(found.judgements)


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


# --- the daily check -------------------------------------------------------------------------------------------------


def test_the_daily_check_reads_the_empty_deck_and_then_one_weight_at_the_centre() -> None:
    bench = Bench(1)
    state, _ = pressed(menu(), "daily-check")
    assert present(state).title == "Take everything off the deck"
    assert "Have 20 kg ready" in present(state).body
    empty = asked(state, bench)
    state, effects = told(state, Read(empty))
    assert effects == [Chime()]
    screen = present(state)
    assert (screen.name, screen.title) == ("daily.place", "Put 20 kg into the centre, hole B2")
    assert screen.body.startswith("Recorded.")
    state, _ = told(state, Moved())
    loaded = asked(state, bench)
    state, effects = told(state, Read(loaded))
    assert effects == [Chime(), CheckDaily("AB", empty, loaded)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site": msgspec.structs.replace(SITE, today=date(2030, 1, 1))}, "No weight of the register is valid"),
        (
            {"site": msgspec.structs.replace(SITE, weights=(), weights_problem="weights.toml: cannot be read")},
            "weights.toml",
        ),
        ({"certificate": CertificateView(problem="expired")}, "no valid certificate"),
    ],
)
def test_a_daily_check_that_makes_no_sense_is_not_begun(changes: dict[str, object], words: str) -> None:
    state, _ = pressed(menu(**changes), "daily-check")
    assert present(state).name == "staff.notice"
    assert words in present(state).body


# --- laws ------------------------------------------------------------------------------------------------------------

ACTIONS = sorted(
    {f"digit.{n}" for n in range(10)}
    | {f"weight.{each.id}" for each in WEIGHTS}
    | {"enter", "back", "cancel", "leave", "calibrate", "resume", "go", "pause", "undo", "sign", "discard", "anew"}
    | {"yes-discard", "new-parts", "details", "daily-check", "certificate", "stop", "help", "start", "nonsense", ""}
)
FULL = Bench(1).perform(sign=False)
sessions = st.integers(0, len(FULL.readings)).map(lambda n: msgspec.structs.replace(FULL, readings=FULL.readings[:n]))
events = st.one_of(
    st.sampled_from(ACTIONS).map(Pressed),
    st.floats(0, 1e6).map(Ticked),
    st.sampled_from(["AB", "CD", None]).map(lambda who: PinChecked(who, 3)),
    st.just(PinChecked(None, 0, 60.0)),
    st.just(Moved()),
    st.floats(0, 3).map(Tilted),
    st.tuples(st.floats(0, 2000), st.one_of(st.none(), st.floats(0, 100))).map(lambda each: Warmed(*each)),
    sessions.map(Journaled),
    st.just(Journaled(None)),
    st.just(Failed("why")),
    st.booleans().map(lambda passed: Judged((), passed)),
    st.sampled_from(FULL.readings).map(Read),
)
OUT = {"leave", "cancel", "pause", "back"}


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=40), st.booleans())
def test_whatever_happens_every_screen_can_be_drawn_and_left(history: Iterable[Event], two_people: bool) -> None:
    state = door(site=msgspec.structs.replace(SITE, two_people=two_people))
    for event in history:
        state, effects = reduce(state, event)
        screen = present(state)
        assert screen.kind in ("keypad", "staff")
        assert screen.title
        assert OUT & offered(screen), screen.name
        assert msgspec.json.decode(msgspec.json.encode(screen), type=ScreenModel) == screen
        for effect in effects:
            if isinstance(effect, Sign):
                assert not two_people or effect.approver is not None or state.session is None or state.session.signed


@settings(max_examples=100, deadline=None)
@given(st.lists(events, max_size=25))
def test_from_anywhere_a_few_touches_of_the_way_out_leave(history: Iterable[Event]) -> None:
    state = door()
    for event in history:
        state, _ = reduce(state, event)
    for _ in range(4):
        way = next(each for each in ("leave", "cancel", "pause", "back") if each in offered(present(state)))
        state, effects = reduce(state, Pressed(way))
        if Leave() in effects:
            return
    raise AssertionError(f"still on {present(state).name}")


def test_lengths_of_time_are_said_rounded_up() -> None:
    assert [span(each) for each in (0.0, 1.2, 60.0, 61.0, 91.0, 900.0)] == [
        "1 s", "2 s", "60 s", "61 s", "2 minutes", "15 minutes"
    ]  # fmt: skip
