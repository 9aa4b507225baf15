"""Whole visits: what a person meets from the attract screen back to it, in order, and what the shell is asked to do."""

import pytest

from station.screens import ResultView
from station.visit.effects import CallStaff, Finish, Say, Sound, StartTrial, StopTrial, Wipe
from station.visit.events import Began, Recorded, Settled, SteppedOff, SteppedOn, TrialEnded, Unsettled
from station.visit.state import age_band

VIEW = ResultView("Steady", ("One.", "Two."), "Next.")
GATE = ["gate.dizzy", "gate.chest-pain", "gate.weakness-or-pain", "gate.told-not-to-stand"]
STAGES = ["quiet-stance", "side-by-side", "semi-tandem", "tandem", "one-foot"]


def trial_screens(*trials):
    screens = []
    for trial in trials:
        screens += [f"prepare.{trial}", f"countdown.{trial}", f"measure.{trial}", f"rest.{trial}"]
    return screens[:-1]


def test_a_walk_up_visit_shows_its_screens_in_order_and_needs_no_touch_once_somebody_stands(visit):
    screens = list(visit.play())
    assert screens == [
        *["about", "consent", *GATE],
        *["question.unsteady", "question.worried", "question.fell", "question.age-band"],
        *["prepare", "step-on", "centre", *trial_screens(*STAGES)],
        *["step-off", "working", "result", "thanks"],
    ]
    assert [trial.trial for trial in visit.of(StartTrial)] == STAGES
    assert visit.of(Sound) == [Sound("chime")] * 5
    assert visit.of(CallStaff) == []
    assert visit.effects[-1] == Wipe()
    assert visit.state == visit.begin


def test_a_walk_up_visit_asks_for_a_record_of_everything_that_was_done(visit):
    list(visit.play(answers={"question.worried": "yes", "question.unsteady": "skip"}))
    summary = visit.summary
    assert summary.answers == {
        **dict.fromkeys(GATE, "no"),
        "question.unsteady": "skip",
        "question.worried": "yes",
        "question.fell": "no",
        "age_band": "70-86",
    }
    assert [(trial.trial, trial.end, trial.held_s) for trial in summary.trials] == [
        ("quiet-stance", "completed", 30.0),
        *[(stage, "completed", 10.0) for stage in STAGES[1:]],
    ]
    assert (summary.protocol, summary.stopped, summary.not_offered) == ("walk-up", None, ())
    assert (summary.age_band, summary.age_years, summary.body_mass_kg) == ("70-86", None, 70.0)


def test_a_quiet_stance_visit_asks_nothing_and_measures_once(visit):
    screens = list(visit.play(protocol="quiet-stance"))
    assert screens == [
        *["prepare", "step-on", "centre", *trial_screens("quiet-stance")],
        *["step-off", "working", "result", "thanks"],
    ]
    (trial,) = visit.of(StartTrial)
    assert trial == StartTrial("quiet-stance", "quiet", 1, 5.0, 30.0, True)
    assert visit.summary.answers == {}


def test_a_fall_brings_four_more_questions_one_a_screen(visit):
    yes = dict.fromkeys(["question.fell", "question.injured", "question.lost-consciousness"], "yes")
    screens = list(visit.play(answers={**yes, "question.falls": "two-or-more"}))
    at = screens.index("question.fell")
    assert screens[at + 1 : at + 6] == [
        "question.falls",
        "question.injured",
        "question.lost-consciousness",
        "question.could-not-get-up",
        "question.age-band",
    ]
    assert visit.summary.answers["question.falls"] == "two-or-more"
    assert visit.summary.answers["question.could-not-get-up"] == "no"


@pytest.mark.parametrize("name", GATE)
def test_any_yes_at_the_start_gate_ends_the_visit_before_anybody_stands_and_calls_staff(visit, name):
    screens = list(visit.play(answers={name: "yes"}))
    assert screens[-4:] == [name, "working", "result", "thanks"]
    assert visit.of(CallStaff) == [CallStaff("start gate")]
    assert visit.of(StartTrial) == []
    assert visit.summary.answers[name] == "yes"
    assert visit.summary.stopped == "start gate"
    assert any("Please speak to our staff" in say.text for say in visit.of(Say))


def test_somebody_who_already_stands_at_the_start_gate_is_asked_off_the_deck_first(at):
    visit = at("gate.dizzy")
    visit.send(SteppedOn())
    visit.press("yes")
    assert (visit.screen.name, visit.screen.title) == ("step-off", "Please speak to our staff")
    visit.send(SteppedOff())
    assert visit.screen.name == "working"
    assert visit.summary.stopped == "start gate"


def test_saying_no_to_consent_ends_kindly_and_keeps_nothing(at):
    visit = at("consent")
    visit.press("no")
    assert visit.screen.name == "goodbye"
    visit.wait(15.1)
    assert visit.of(Finish) == []
    assert visit.effects[-1] == Wipe()
    assert visit.state == visit.begin


def test_the_record_says_that_the_person_agreed_and_only_of_who_was_asked(visit, new_visit):
    list(visit.play())
    assert visit.summary.consented
    unasked = new_visit()
    unasked.send(Began("quiet-stance"))
    unasked.send(SteppedOn())
    unasked.press("stop")
    unasked.send(SteppedOff())
    assert not any(finish.summary.consented for finish in unasked.of(Finish))


def test_an_age_that_is_known_is_not_asked(visit):
    visit.send(Began("walk-up", age_years=67, sex="female", visit_token="7K3"))
    visit.press("continue")
    visit.press("yes")
    names = []
    while visit.state.stage == "question":
        names.append(visit.screen.name)
        visit.press("no")
    assert "question.age-band" not in names
    visit.press("continue")
    visit.send(SteppedOn())
    visit.press("stop")
    visit.send(SteppedOff())
    summary = visit.summary
    assert (summary.age_years, summary.age_band, summary.sex, summary.visit_token) == (67, "60-69", "female", "7K3")


@pytest.mark.parametrize(
    ("age", "band"),
    [(None, None), (17, None), (18, "18-44"), (44, "18-44"), (45, "45-59"), (69, "60-69"), (86, "70-86"), (87, "87+")],
)
def test_an_age_falls_into_its_band(age, band):
    assert age_band(age) == band


def test_a_person_may_rather_not_say_how_old_they_are(visit):
    list(visit.play(answers={"question.age-band": "skip"}))
    assert visit.summary.answers["age_band"] == "skip"
    assert visit.summary.age_band is None


def test_a_stance_that_the_site_does_not_allow_is_never_offered_and_is_listed(new_visit):
    visit = new_visit(allows=("quiet", "side-by-side", "semi-tandem"))
    screens = list(visit.play())
    assert not any("tandem" in name and "semi" not in name for name in screens)
    assert [trial.trial for trial in visit.of(StartTrial)] == STAGES[:3]
    assert visit.summary.not_offered == ("tandem", "one-foot")


def test_a_site_that_allows_no_stance_still_asks_its_questions(new_visit):
    visit = new_visit(allows=())
    screens = list(visit.play())
    assert screens[-4:] == ["question.age-band", "working", "result", "thanks"]
    assert visit.summary.not_offered == tuple(STAGES)


def test_the_attract_screen_wakes_when_somebody_steps_on(visit):
    visit.send(SteppedOn())
    assert visit.screen.name == "about"


def test_an_attended_quiet_stance_needs_no_touch_at_all(new_visit):
    visit = new_visit(default="quiet-stance")
    visit.send(SteppedOn(), Settled(70.0))
    assert visit.screen.name == "prepare"
    visit.wait_for("measure")
    visit.wait(35)
    visit.end_trial()
    visit.wait_for("working")
    visit.send(Recorded(VIEW))
    assert visit.screen.result == VIEW


def test_a_trial_starts_itself_only_when_somebody_stands_still(at):
    visit = at("prepare.side-by-side")
    visit.send(Unsettled())
    visit.wait(30)
    assert visit.screen.name == "ready.side-by-side"
    visit.send(Settled(70.0))
    visit.wait(1.5)
    assert visit.screen.name == "countdown.side-by-side"
    assert "Three. Two. One." in visit.screen.cue
    visit.send(Unsettled())
    assert visit.screen.name == "ready.side-by-side"
    assert visit.running is None
    visit.send(Settled(70.0))
    visit.wait(4.5)
    assert visit.screen.name == "measure.side-by-side"


def test_who_waits_without_standing_still_is_reminded_and_in_the_end_released(at):
    visit = at("prepare.side-by-side")
    visit.send(Unsettled())
    visit.wait_for("ready")
    effects = visit.wait(100)
    assert effects == [Say(visit.screen.cue)] * 4
    visit.wait(25)
    assert visit.screen.name == "step-off"
    visit.send(SteppedOff())
    assert visit.summary.stopped == "did not stand still enough to start"
    assert visit.summary.trials[-1].end == "not assessable"


def test_finding_the_centre_shows_the_dot_and_waits_for_stillness(at):
    visit = at("centre")
    assert visit.screen.show_dot
    visit.send(Unsettled())
    visit.wait(10)
    assert visit.screen.name == "centre"
    visit.send(Settled(70.0))
    visit.wait(1.5)
    assert visit.screen.name == "prepare.quiet-stance"


def test_a_technically_bad_trial_gets_one_kind_retry_and_then_the_visit_goes_on(visit):
    bad = ("not assessable", 3.0, ("a gap in the samples",))
    screens = list(visit.play(ends={"quiet-stance": [bad, bad]}))
    at = screens.index("retry.quiet-stance")
    assert screens[at + 1] == "prepare.quiet-stance"
    assert screens.count("measure.quiet-stance") == 2
    assert "measure.side-by-side" in screens
    tries = [trial for trial in visit.summary.trials if trial.trial == "quiet-stance"]
    assert [(trial.attempt, trial.end) for trial in tries] == [(1, "not assessable"), (2, "not assessable")]
    assert tries[0].reasons == ("a gap in the samples",)
    assert visit.summary.stopped is None


def test_the_words_of_a_retry_blame_nobody(at):
    visit = at("retry.tandem", ends={"tandem": [("not assessable", 1.0, ())]})
    assert "You did nothing wrong" in visit.screen.body


@pytest.mark.parametrize("stage", STAGES[1:])
def test_the_stages_stop_at_the_first_that_is_not_held(visit, stage):
    screens = list(visit.play(ends={stage: [("lost", 4.2)]}))
    at = screens.index(f"measure.{stage}")
    assert screens[at + 1 :] == ["step-off", "working", "result", "thanks"]
    assert (visit.summary.trials[-1].end, visit.summary.trials[-1].held_s) == ("lost", 4.2)
    assert visit.summary.stopped is None
    assert any(say.text.startswith("That's fine. Hold the rail.") for say in visit.of(Say))


def test_quiet_standing_that_is_broken_off_ends_the_visit_calmly(visit):
    screens = list(visit.play(ends={"quiet-stance": [("lost", 12.0)]}))
    assert "measure.side-by-side" not in screens
    assert visit.summary.stopped == "stepped off or held the rail"


def test_who_steps_off_during_a_trial_goes_straight_to_the_record(at):
    visit = at("measure.tandem")
    visit.send(SteppedOff())
    assert visit.screen.name == "measure.tandem"  # the trial's end is for the measurement to tell
    visit.end_trial("lost", 3.0)
    assert visit.screen.name == "working"


def test_who_steps_off_between_trials_is_asked_back_and_goes_on_where_they_were(at):
    visit = at("rest.side-by-side")
    visit.send(SteppedOff())
    visit.wait(5.2)
    assert visit.screen.name == "step-on"
    visit.send(SteppedOn(), Settled(70.0))
    assert visit.screen.name == "prepare.semi-tandem"
    visit.send(SteppedOff())
    assert visit.screen.name == "step-on"


def test_stepping_off_is_waited_for_at_most_twenty_seconds(at):
    visit = at("step-off")
    visit.wait(19)
    assert visit.screen.name == "step-off"
    visit.wait(1.5)
    assert visit.screen.name == "working"


def test_a_late_answer_of_an_earlier_trial_changes_nothing(at):
    visit = at("measure.tandem")
    before = visit.state
    visit.send(TrialEnded("semi-tandem", 1, "lost", 2.0), TrialEnded("tandem", 2, "lost", 2.0))
    assert visit.state is before


def test_a_trial_that_never_ends_is_stopped_and_taken_for_a_technical_failure(at):
    visit = at("measure.tandem")
    effects = visit.wait(25.5)
    assert StopTrial("the measurement did not end in time") in effects
    assert visit.screen.name == "retry.tandem"


def test_a_record_that_is_not_made_in_time_brings_staff_and_the_person_may_leave(at):
    visit = at("working")
    effects = visit.wait(20.5)
    assert CallStaff("the record was not made in time") in effects
    assert visit.screen.title == "Please speak to our staff"
    visit.press("finish")
    assert visit.state == visit.begin


def test_the_thank_you_page_wipes_after_fifteen_seconds_once_the_deck_is_empty(at):
    visit = at("thanks")
    visit.send(SteppedOn())
    visit.wait(40)
    assert visit.screen.name == "thanks"
    visit.send(SteppedOff())
    visit.wait(14)
    assert visit.screen.name == "thanks"
    visit.wait(1.5)
    assert visit.effects[-1] == Wipe()
    assert visit.state == visit.begin


def test_the_result_page_says_everything_it_shows(at):
    visit = at("result")
    assert visit.screen.title == "Your balance today"
    assert visit.screen.cue == "Your balance today. Steady. One. Two. Next."


def test_a_visit_that_is_under_way_is_not_begun_again(at):
    visit = at("question.fell")
    before = visit.state
    visit.send(Began("quiet-stance"))
    assert visit.state is before


def test_an_unknown_protocol_begins_nothing(visit):
    assert visit.send(Began("moon-walk")) == []
    assert visit.state is visit.begin
