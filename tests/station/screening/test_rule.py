"""The screening rule, line by line, and the laws that hold over all of them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.errors import UsageError
from station.screening.cutoffs import RULE_VERSION, load_rule
from station.screening.rule import TIERS, screen

REFERENCE = "70+, eyes open, firm, n=42"
SEVERITY = {"refer today": 3, "screened at risk": 2, "review": 1, "not at risk": 0, "not assessable": 0}
GATE = ["gate.dizzy", "gate.chest-pain", "gate.weakness-or-pain", "gate.told-not-to-stand"]


def part(screening, name):
    (one,) = [one for one in screening.parts if one.name == name]
    return one


def test_when_all_parts_are_done_and_none_reaches_a_line_the_person_is_not_at_risk(summary, bands):
    result = screen(summary(), bands(), REFERENCE)
    assert result.tier == "not at risk"
    assert [one.name for one in result.parts] == [
        *["start-gate", "key-questions", "quiet-stance", "side-by-side", "semi-tandem", "tandem", "one-foot"]
    ]
    assert {one.state for one in result.parts} == {"done"}
    (reason,) = result.reasons
    assert reason.tier == "not at risk"


@pytest.mark.parametrize("name", GATE)
def test_a_closed_start_gate_refers_today(summary, bands, name):
    only = summary(answers={name: "yes"}, trials=dict.fromkeys(ALL_TRIALS), stopped="start gate")
    result = screen(only, (), None)
    assert result.tier == "refer today"
    assert part(result, "start-gate").met is True
    assert name.partition(".")[2] in result.reasons[0].text
    assert result.reasons[0].source.startswith("station rule")


ALL_TRIALS = ["quiet-stance", "side-by-side", "semi-tandem", "tandem", "one-foot"]
FELL = {
    "question.fell": "yes",
    "question.falls": "one",
    "question.injured": "no",
    "question.lost-consciousness": "no",
    "question.could-not-get-up": "no",
}


@pytest.mark.parametrize("name", ["question.injured", "question.lost-consciousness", "question.could-not-get-up"])
def test_a_fall_with_consequences_refers_today(summary, bands, name):
    result = screen(summary(answers={**FELL, name: "yes"}), bands(), REFERENCE)
    assert result.tier == "refer today"
    assert "World Falls Guidelines" in result.reasons[0].source


def test_two_or_more_falls_refer_today(summary, bands):
    result = screen(summary(answers={**FELL, "question.falls": "two-or-more"}), bands(), REFERENCE)
    assert result.tier == "refer today"
    assert [reason.tier for reason in result.reasons] == ["refer today", "screened at risk"]


@pytest.mark.parametrize("answers", [{"question.unsteady": "yes"}, {"question.worried": "yes"}, FELL])
def test_any_key_question_answered_yes_is_screened_at_risk(summary, bands, answers):
    result = screen(summary(answers=answers), bands(), REFERENCE)
    assert result.tier == "screened at risk"
    assert result.reasons[0].source == "CDC STEADI, three key questions"
    assert part(result, "key-questions").met is True


@pytest.mark.parametrize(
    ("stance", "tier", "source"),
    [
        ("side-by-side", "refer today", "station rule"),
        ("semi-tandem", "refer today", "station rule"),
        ("tandem", "screened at risk", "CDC STEADI, 4-Stage"),
    ],
)
def test_a_stage_not_held_for_ten_seconds_reaches_its_tier(summary, bands, stance, tier, source):
    later = dict.fromkeys(ALL_TRIALS[ALL_TRIALS.index(stance) + 1 :])
    result = screen(summary(trials={stance: ("lost", 6.4), **later}), bands(), REFERENCE)
    assert result.tier == tier
    assert result.reasons[0].source.startswith(source)
    assert "6.4 s" in result.reasons[0].text
    one = part(result, stance)
    assert (one.value, one.unit, one.cut_off, one.met) == (6.4, "s", "held less than 10 s", True)
    assert part(result, "one-foot").state == "not done"
    assert f"{stance} was not held" in part(result, "one-foot").detail


def test_standing_on_one_foot_is_reported_and_reaches_no_tier(summary, bands):
    result = screen(summary(trials={"one-foot": ("lost", 1.5)}), bands(), REFERENCE)
    assert result.tier == "not at risk"
    one = part(result, "one-foot")
    assert (one.state, one.value, one.met, one.cut_off) == ("done", 1.5, None, None)


AREA, ML = "sway_area_per_second_mm2_s", "rms_ml_mm"
AP, PLANAR = "mean_velocity_ap_mm_s", "mean_velocity_mm_s"


@pytest.mark.parametrize(
    ("above", "tier"),
    [
        ([], "not at risk"),
        ([AREA], "not at risk"),
        ([AP, PLANAR], "not at risk"),  # velocity counts once
        ([AP, AREA], "review"),
        ([PLANAR, ML], "review"),
        ([AREA, ML], "review"),
        ([AP, PLANAR, AREA, ML], "review"),
    ],
)
def test_sway_is_reviewed_when_two_of_three_measures_are_above_p90_for_age(summary, bands, above, tier):
    result = screen(summary(), bands(**dict.fromkeys(above, "above P90")), REFERENCE)
    assert result.tier == tier
    assert part(result, "quiet-stance").met is (tier == "review")
    assert REFERENCE in part(result, "quiet-stance").detail
    if tier == "review":
        assert result.reasons[0].source.startswith("station rule")


def test_without_people_of_the_same_age_sway_is_measured_and_not_judged(summary, bands):
    result = screen(summary(), (), None)
    assert result.tier == "not at risk"
    one = part(result, "quiet-stance")
    assert (one.state, one.met, one.value) == ("done", None, None)
    assert "no reference for this age" in one.detail
    assert result.sway_position is None


def test_sway_of_which_a_measure_is_missing_is_not_called_passed(summary, bands):
    one = part(screen(summary(), bands(**{AREA: None}), REFERENCE), "quiet-stance")
    assert (one.value, one.met) == (0, None)
    assert "not every measure could be computed" in one.detail
    reached = screen(summary(), bands(**{AREA: None, ML: "above P90", AP: "above P90"}), REFERENCE)
    assert reached.tier == "review"


def test_a_skipped_question_never_counts_as_passed(summary, bands):
    result = screen(summary(answers={"question.worried": "skip"}), bands(), REFERENCE)
    assert (result.tier, result.unfinished) == ("not assessable", "unanswered")
    assert part(result, "key-questions").state == "not done"
    assert part(result, "key-questions").met is None
    assert "worried" in result.reasons[0].text


def test_an_age_that_is_not_told_is_not_a_missing_part(summary):
    assert screen(summary(answers={"age_band": "skip"}), (), None).tier == "not at risk"


def test_what_the_site_does_not_offer_is_listed_and_does_not_stand_in_the_way(summary, bands):
    result = screen(summary(not_offered=("tandem", "one-foot")), bands(), REFERENCE)
    assert result.tier == "not at risk"
    assert part(result, "tandem").state == "not offered"
    assert part(result, "tandem").met is None
    assert "Not offered here: tandem, one-foot." in result.reasons[0].text


@pytest.mark.parametrize("trial", ALL_TRIALS)
def test_a_technical_failure_is_not_assessable_with_the_reason_in_words(summary, bands, trial):
    result = screen(summary(trials={trial: ("not assessable", 2.0)}), bands(), REFERENCE)
    assert (result.tier, result.unfinished) == ("not assessable", "technical")
    assert part(result, trial).state == "not assessable"
    assert result.reasons[0].part == trial
    assert "a gap in the samples" in result.reasons[0].text


def test_a_visit_that_was_stopped_is_not_assessable_and_says_why(summary, bands):
    stopped = summary(trials={"tandem": ("stopped", 4.0), "one-foot": None}, stopped="stop pressed")
    result = screen(stopped, bands(), REFERENCE)
    assert (result.tier, result.unfinished) == ("not assessable", "stopped")
    assert [reason.part for reason in result.reasons] == ["tandem", "one-foot"]
    assert "stop pressed" in result.reasons[1].text


def test_quiet_standing_that_was_broken_off_is_no_finding_and_no_pass(summary):
    result = screen(summary(protocol="quiet-stance", trials={"quiet-stance": ("lost", 12.0)}), (), REFERENCE)
    assert result.tier == "not assessable"
    assert "broken off after 12.0 s" in result.reasons[0].text


def test_a_retry_that_went_well_counts(summary, bands):
    first = summary(trials={"tandem": ("not assessable", 1.0)})
    again = summary().trials[3]
    result = screen(
        type(first)(**{**{f: getattr(first, f) for f in first.__struct_fields__}, "trials": (*first.trials, again)}),
        bands(),
        REFERENCE,
    )
    assert result.tier == "not at risk"


def test_a_quiet_stance_alone_says_that_only_standing_was_looked_at(summary, bands):
    result = screen(summary(protocol="quiet-stance"), bands(), REFERENCE)
    assert result.tier == "not at risk"
    assert "Only quiet standing was looked at" in result.reasons[0].text
    assert "only quiet standing was looked at" in part(result, "quiet-stance").detail
    assert [one.name for one in result.parts] == ["quiet-stance"]


def test_a_quiet_stance_that_can_be_compared_with_nobody_judges_nothing(summary):
    result = screen(summary(protocol="quiet-stance"), (), None)
    assert (result.tier, result.unfinished) == ("not assessable", "not-compared")


def test_an_unknown_protocol_is_refused(summary):
    odd = summary()
    odd = type(odd)(**{**{f: getattr(odd, f) for f in odd.__struct_fields__}, "protocol": "moon-walk"})
    with pytest.raises(UsageError, match="moon-walk"):
        screen(odd, (), None)


def test_every_line_of_the_rule_has_a_source_and_a_version():
    rule = load_rule()
    assert rule.version == RULE_VERSION == "screen-1"
    for line in (*rule.answers, *rule.stances, *rule.sway):
        assert line.source


# --- laws ----------------------------------------------------------------------------------------------------------

BAND = st.sampled_from(["up to P75", "P75 to P90", "above P90", None])
YES_NO = st.sampled_from(["yes", "no", "skip"])
END = st.sampled_from(
    [("completed", 10.0), ("lost", 0.0), ("lost", 9.9), ("stopped", 4.0), ("not assessable", 0.0), None]
)
RISKY = {
    **dict.fromkeys([*GATE, "question.unsteady", "question.worried", "question.fell"], "yes"),
    **dict.fromkeys(["question.injured", "question.lost-consciousness", "question.could-not-get-up"], "yes"),
    "question.falls": "two-or-more",
}
sways = st.fixed_dictionaries({AP: BAND, PLANAR: BAND, AREA: BAND, ML: BAND})
answer_sets = st.fixed_dictionaries(
    {key: YES_NO for key in RISKY if key != "question.falls"}
    | {"question.falls": st.sampled_from(["one", "two-or-more", "skip"])}
)
trial_sets = st.fixed_dictionaries(dict.fromkeys(ALL_TRIALS, END))
law = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@law
@given(answer_sets, trial_sets, sways, st.sampled_from(sorted(RISKY)))
def test_another_finding_in_the_answers_never_lowers_the_tier(summary, bands, answers, trials, sway, added):
    before = screen(summary(answers=answers, trials=trials), bands(**sway), REFERENCE)
    after = screen(summary(answers={**answers, added: RISKY[added]}, trials=trials), bands(**sway), REFERENCE)
    assert SEVERITY[after.tier] >= SEVERITY[before.tier]


@law
@given(answer_sets, trial_sets, sways, st.sampled_from(ALL_TRIALS[1:4]), st.floats(0, 9.9))
def test_another_stage_not_held_never_lowers_the_tier(summary, bands, answers, trials, sway, added, held_s):
    before = screen(summary(answers=answers, trials=trials), bands(**sway), REFERENCE)
    after = screen(summary(answers=answers, trials={**trials, added: ("lost", held_s)}), bands(**sway), REFERENCE)
    assert SEVERITY[after.tier] >= SEVERITY[before.tier]
    assert SEVERITY[after.tier] >= 2


@law
@given(answer_sets, trial_sets, sways)
def test_sway_never_lowers_a_result_and_never_raises_it_beyond_review(summary, bands, answers, trials, sway):
    without = screen(summary(answers=answers, trials=trials), (), None)
    with_sway = screen(summary(answers=answers, trials=trials), bands(**sway), REFERENCE)
    assert SEVERITY[with_sway.tier] >= SEVERITY[without.tier]
    assert SEVERITY[with_sway.tier] <= max(SEVERITY[without.tier], SEVERITY["review"])


@law
@given(trial_sets, sways, st.sampled_from(ALL_TRIALS))
def test_a_technical_failure_alone_is_never_a_risk_finding_and_never_a_pass(summary, bands, trials, sway, broken):
    nothing_found = {trial: end for trial, end in trials.items() if end is None or end[0] != "lost"}
    broken_too = {**nothing_found, broken: ("not assessable", 0.0)}
    quiet_sway = {metric: None if band == "above P90" else band for metric, band in sway.items()}
    result = screen(summary(trials=broken_too), bands(**quiet_sway), REFERENCE)
    assert result.tier == "not assessable"
    assert all(one.met is not True for one in result.parts)


@law
@given(answer_sets, trial_sets, sways, st.booleans())
def test_the_result_is_the_highest_tier_of_its_reasons_and_every_part_is_listed(
    summary, bands, answers, trials, sway, stopped
):
    result = screen(
        summary(answers=answers, trials=trials, stopped="stop pressed" if stopped else None), bands(**sway), REFERENCE
    )
    assert result.tier == min((reason.tier for reason in result.reasons), key=TIERS.index)
    assert len(result.parts) == 7
    for one in result.parts:
        assert one.source
        assert one.detail or one.state == "done"
        assert one.state == "done" or one.met is not False, "what is not done is never passed"
    if result.tier == "not at risk":
        assert all(one.state == "done" for one in result.parts)
