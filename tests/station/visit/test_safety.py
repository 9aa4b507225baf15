"""Stop, help, silence and faults, tried at every screen that a visit has."""

import pytest

from station.screens import ResultView
from station.visit import pace
from station.visit.effects import CallStaff, Finish, Say, StartTrial, StopTrial, Wipe
from station.visit.events import Cleared, Faulted, Pressed, Recorded, Settled, SteppedOff, SteppedOn, Unsettled

VIEW = ResultView("Steady", ("One.", "Two."), "Next.")
ANSWERS = {"question.fell": "yes", "question.falls": "one"}
RETRY = {"side-by-side": [("not assessable", 1.0, ())]}

BEFORE_STANDING = [
    "about",
    "consent",
    "gate.dizzy",
    "gate.told-not-to-stand",
    "question.unsteady",
    "question.falls",
    "question.could-not-get-up",
    "question.age-band",
    "prepare",
    "step-on",
]
STANDING = [
    "centre",
    "prepare.quiet-stance",
    "countdown.quiet-stance",
    "measure.quiet-stance",
    "rest.quiet-stance",
    "retry.side-by-side",
    "prepare.tandem",
    "countdown.tandem",
    "measure.tandem",
    "measure.one-foot",
]
AFTER = ["step-off", "working", "result", "thanks"]
EVERY_SCREEN = ["attract", *BEFORE_STANDING, *STANDING, *AFTER]


@pytest.fixture
def there(at):
    return lambda name: at(name, answers=ANSWERS, ends={k: list(v) for k, v in RETRY.items()})


# --- stop ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BEFORE_STANDING)
def test_stop_before_standing_ends_kindly_and_records_only_what_was_answered(there, name):
    visit = there(name)
    visit.press("stop")
    if name in {"about", "consent", "gate.dizzy"}:
        assert visit.screen.name == "goodbye"
        assert visit.of(Finish) == []
    else:
        assert visit.screen.name == "working"
        assert visit.summary.stopped == "stop pressed"


@pytest.mark.parametrize("name", STANDING)
def test_stop_while_standing_asks_calmly_to_hold_the_rail_and_records_what_was_done(there, name):
    visit = there(name)
    effects = visit.press("stop")
    assert visit.screen.name == "step-off"
    assert "That's fine. Hold the rail." in visit.screen.cue
    assert (StopTrial("stop pressed") in effects) == name.startswith("measure.")
    visit.send(SteppedOff())
    assert visit.summary.stopped == "stop pressed"
    visit.send(Recorded(VIEW))
    assert visit.screen.name == "result"


def test_a_trial_that_is_stopped_is_kept_with_the_time_it_lasted(at):
    visit = at("measure.quiet-stance")
    visit.wait(12.5)  # 5 s of settling are not scored
    visit.press("stop")
    visit.send(SteppedOff())
    (trial,) = visit.summary.trials
    assert (trial.trial, trial.end, trial.held_s, trial.reasons) == ("quiet-stance", "stopped", 7.0, ("stop pressed",))


def test_stop_with_nothing_done_while_standing_ends_without_a_record(new_visit):
    visit = new_visit(default="quiet-stance")
    visit.send(SteppedOn())
    visit.press("stop")
    assert visit.screen.name == "step-off"
    visit.send(SteppedOff())
    assert visit.screen.name == "goodbye"
    assert visit.of(Finish) == []


@pytest.mark.parametrize("name", AFTER)
def test_stop_at_the_end_never_undoes_the_result(there, name):
    visit = there(name)
    visit.send(SteppedOn())
    visit.press("stop")
    assert visit.state.stopped is None
    assert visit.screen.name in {"thanks", name}


# --- help ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*BEFORE_STANDING, *STANDING, *AFTER])
def test_help_calls_staff_and_the_visit_waits_and_goes_on(there, name):
    visit = there(name)
    on_deck = visit.state.on_deck
    effects = visit.press("help")
    assert CallStaff("help pressed") in effects
    assert visit.screen.name == "help"
    assert visit.running is None
    visit.wait(30)
    assert visit.screen.name == "help"
    if on_deck:
        visit.wait(600)
        assert visit.screen.name == "help"
    visit.press("continue")
    again = {
        "countdown.quiet-stance": "prepare.quiet-stance",
        "measure.quiet-stance": "prepare.quiet-stance",
        "rest.quiet-stance": "prepare.side-by-side",
        "retry.side-by-side": "prepare.side-by-side",
        "countdown.tandem": "prepare.tandem",
        "measure.tandem": "prepare.tandem",
        "measure.one-foot": "prepare.one-foot",
    }
    assert visit.screen.name == again.get(name, name)


def test_a_trial_interrupted_by_help_is_measured_anew_as_another_attempt(at):
    visit = at("measure.tandem")
    visit.press("help")
    visit.press("continue")
    visit.wait_for("measure")
    assert visit.of(StartTrial)[-1].attempt == 2
    visit.end_trial()
    visit.press("stop")
    visit.send(SteppedOff())
    tandem = [trial for trial in visit.summary.trials if trial.trial == "tandem"]
    assert [(trial.attempt, trial.end) for trial in tandem] == [(1, "stopped"), (2, "completed")]


def test_stop_is_still_there_while_help_comes(at):
    visit = at("measure.tandem")
    visit.press("help")
    visit.press("stop")
    assert visit.screen.name == "step-off"
    visit.send(SteppedOff())
    assert visit.summary.stopped == "stop pressed"


def test_a_record_that_is_made_while_help_is_on_the_screen_is_shown_afterwards(at):
    visit = at("working")
    visit.press("help")
    visit.send(Recorded(VIEW))
    assert visit.screen.name == "help"
    visit.press("continue")
    assert visit.screen.result == VIEW


def test_who_leaves_the_deck_while_help_comes_is_asked_back_when_they_go_on(at):
    visit = at("measure.tandem")
    visit.press("help")
    visit.send(SteppedOff())
    visit.press("continue")
    assert visit.screen.name == "step-on"


# --- silence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*BEFORE_STANDING, "result"])
def test_who_does_not_touch_anything_is_asked_and_one_tap_goes_on(there, name):
    visit = there(name)
    limit_s = 120 if name == "step-on" else 60
    visit.wait(limit_s - 1)
    assert visit.screen.name == name
    visit.wait(1.5)
    assert (visit.screen.name, visit.screen.ring_s) == ("still-there", 30.0)
    assert Say("Are you still there? Touch the button to go on.") in visit.effects
    visit.send(Pressed("anywhere"))
    assert visit.screen.name == name


@pytest.mark.parametrize("name", [*BEFORE_STANDING, "result"])
def test_silence_ends_the_visit_records_what_was_answered_and_shows_it_to_nobody(there, name):
    visit = there(name)
    already = len(visit.of(Finish))
    visit.wait((120 if name == "step-on" else 60) + 31)
    if name not in {"about", "consent", "gate.dizzy", "result"}:
        assert visit.screen.name == "working"
        assert visit.summary.stopped == "nobody answered"
        visit.send(Recorded(VIEW))
    else:
        assert len(visit.of(Finish)) == already
    assert visit.effects[-1] == Wipe()
    assert visit.state == visit.begin


def test_a_record_that_comes_late_for_somebody_who_left_is_shown_to_nobody(at):
    visit = at("question.fell")
    visit.wait(115)
    assert visit.screen.name == "no-record"
    visit.send(Recorded(VIEW))
    assert visit.state == visit.begin


@pytest.mark.parametrize("name", [*BEFORE_STANDING, "result", "thanks"])
def test_nothing_times_out_while_there_is_weight_on_the_deck(there, name):
    visit = there(name)
    visit.send(SteppedOn())
    visit.wait(400)
    assert Wipe() not in visit.effects
    assert not any(say.text.startswith("Are you still there") for say in visit.of(Say))


def test_a_touch_starts_the_wait_anew(at):
    visit = at("question.fell")
    visit.wait(50)
    visit.press("again")
    visit.wait(50)
    assert visit.screen.name == "question.fell"


def test_somebody_who_steps_on_is_still_there(at):
    visit = at("step-on")
    visit.wait(121)
    assert visit.screen.name == "still-there"
    visit.send(SteppedOn(), Settled(70.0))
    assert visit.screen.name == "centre"


@pytest.mark.parametrize("name", EVERY_SCREEN)
def test_time_in_which_nothing_happens_makes_no_new_state(there, name):
    visit = there(name)
    visit.wait(0.2)
    before = visit.state
    visit.wait(0.5)
    assert visit.state is before


# --- say again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY_SCREEN)
def test_say_again_says_the_screen_again_and_changes_nothing(there, name):
    visit = there(name)
    screen = visit.screen
    assert visit.press("again") == [Say(screen.cue, "en")]
    assert visit.screen == screen


# --- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY_SCREEN)
def test_a_fault_makes_the_person_safe_calls_staff_and_is_left_only_when_cleared(there, name):
    visit = there(name)
    measuring = name.startswith("measure.")
    effects = visit.send(Faulted("corner front-left: no samples for 2 s"))
    assert (StopTrial("corner front-left: no samples for 2 s") in effects) == measuring
    assert CallStaff("corner front-left: no samples for 2 s") in effects
    if name != "attract":
        assert Say("Please hold the rail. Staff are coming.") in effects
    visit.send(Pressed("stop"), Pressed("continue"), Pressed("finish"), Recorded(VIEW), SteppedOff())
    visit.wait(300)
    assert visit.screen.name == "fault"
    assert visit.send(Cleared()) == [Wipe()]
    assert visit.state == visit.begin


def test_a_station_out_of_order_asks_passers_by_to_see_staff(visit):
    visit.send(Faulted("certificate expired"))
    assert visit.screen.title == "Please ask our staff"
    visit.send(SteppedOn())
    assert visit.screen.title == "Please hold the rail"


def test_the_same_fault_calls_staff_once_and_a_new_one_again(visit):
    visit.send(Faulted("certificate expired"))
    assert visit.send(Faulted("certificate expired")) == []
    assert CallStaff("bus lost") in visit.send(Faulted("bus lost"))


def test_a_clearing_without_a_fault_changes_nothing(at):
    visit = at("measure.tandem")
    before = visit.state
    visit.send(Cleared())
    assert visit.state is before


def test_somebody_who_never_stands_still_for_a_whole_countdown_is_not_kept_standing_for_ever(visit) -> None:
    for screen in visit.play():
        if screen == "countdown.quiet-stance":
            break
    began_s = visit.now_s
    while visit.state.stage in ("ready", "countdown"):
        visit.wait(1.5)
        visit.send(Unsettled())
        visit.wait(0.5)
        visit.send(Settled(70.0))
        visit.wait(1.2)
        assert visit.now_s - began_s < pace.GIVE_UP_SETTLING_S + 10
    assert visit.now_s - began_s >= pace.GIVE_UP_SETTLING_S - 10
