"""What the person reads: one word, two sentences, a next step that a person decides; never a tier, never a number."""

import re

import pytest

from station.screening.rule import screen
from station.screening.words import result_view

REFERENCE = "70+, eyes open, firm, n=42"
FELL = {
    "question.fell": "yes",
    "question.falls": "two-or-more",
    **dict.fromkeys(["question.injured", "question.lost-consciousness", "question.could-not-get-up"], "no"),
}
NONE_STOOD = dict.fromkeys(["quiet-stance", "side-by-side", "semi-tandem", "tandem", "one-foot"])
SWAYS = dict.fromkeys(["mean_velocity_mm_s", "sway_area_per_second_mm2_s", "rms_ml_mm"], "above P90")

CASES = {
    "nothing found": ({}, {}, "Steady"),
    "only stood": ({"protocol": "quiet-stance"}, {}, "Steady"),
    "sways": ({}, SWAYS, "Worth a talk"),
    "worried": ({"answers": {"question.worried": "yes"}}, {}, "Worth a talk today"),
    "tandem": ({"trials": {"tandem": ("lost", 3.0), "one-foot": None}}, {}, "Worth a talk today"),
    "worried and tandem": (
        {"answers": {"question.worried": "yes"}, "trials": {"tandem": ("lost", 3.0), "one-foot": None}},
        {},
        "Worth a talk today",
    ),
    "gate": (
        {"answers": {"gate.dizzy": "yes"}, "trials": NONE_STOOD, "stopped": "start gate"},
        {},
        "Please talk to staff",
    ),
    "fell twice": ({"answers": FELL}, {}, "Please talk to staff"),
    "feet together": ({"trials": {**NONE_STOOD, "side-by-side": ("lost", 3.0)}}, {}, "Please talk to staff"),
    "fell twice, feet together": (
        {"answers": FELL, "trials": {**NONE_STOOD, "side-by-side": ("lost", 3.0)}},
        {},
        "Please talk to staff",
    ),
    "stopped": ({"trials": {"one-foot": ("stopped", 3.0)}, "stopped": "stop pressed"}, {}, "Not finished"),
    "skipped": ({"answers": {"question.fell": "skip"}}, {}, "Not finished"),
    "technical": ({"trials": {"tandem": ("not assessable", 3.0)}}, {}, "Not finished"),
    "nobody to compare with": ({"protocol": "quiet-stance"}, None, "Not compared"),
}


@pytest.mark.parametrize("case", CASES)
def test_every_result_is_told_kindly_with_a_next_step_and_a_person_who_decides(summary, bands, case):
    given, above, word = CASES[case]
    sway = () if above is None else bands(**above)
    screening = screen(summary(**given), sway, REFERENCE if sway else None)
    view = result_view(screening, "en")
    assert view.word == word
    assert len(view.sentences) == 2
    assert re.search(r"[Cc]linician|staff", view.next_step)
    assert "decide" in view.next_step
    said = " ".join((view.word, *view.sentences, view.next_step))
    assert not re.search(r"\d|%|\bfail|\brisk|tier|assessable", said)


def test_what_was_not_asked_is_not_called_an_answer(summary, bands):
    view = result_view(screen(summary(protocol="quiet-stance"), bands(), REFERENCE), "en")
    assert "answers" not in " ".join(view.sentences)
    assert "We looked only at how you stand" in view.sentences[1]


def marker(summary, bands, **above):
    return result_view(screen(summary(), bands(**above), REFERENCE), "en").marker


def test_the_marker_lies_in_the_last_third_exactly_when_sway_is_for_review(summary, bands):
    assert marker(summary, bands) < 1 / 3
    assert marker(summary, bands, rms_ml_mm="above P90") < 1 / 3
    middle = marker(summary, bands, rms_ml_mm="P75 to P90", mean_velocity_mm_s="P75 to P90")
    assert 1 / 3 <= middle < 2 / 3
    assert 2 / 3 < marker(summary, bands, rms_ml_mm="above P90", mean_velocity_ap_mm_s="above P90") <= 1


def test_without_a_full_comparison_there_is_no_marker(summary, bands):
    assert marker(summary, bands, rms_ml_mm=None) is None
    assert result_view(screen(summary(), (), None), "en").marker is None
    bad = summary(trials={"quiet-stance": ("not assessable", 3.0)})
    assert result_view(screen(bad, bands(), REFERENCE), "en").marker is None
