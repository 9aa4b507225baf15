"""Protocols are data: complete, checked, and refused with one clear line when they are not."""

from importlib import resources

import pytest

from station.errors import DataError, UsageError
from station.protocols.reader import load_protocol, parse_protocol, protocol_names
from station.screening.cutoffs import load_rule

QUIET = (resources.files("station.protocols") / "quiet-stance.toml").read_text()
WALK_UP = (resources.files("station.protocols") / "walk-up.toml").read_text()


def test_the_station_knows_its_two_protocols():
    assert protocol_names() == ("quiet-stance", "walk-up")


def test_walk_up_asks_first_then_stands_thirty_seconds_and_four_stages_of_ten():
    protocol = load_protocol("walk-up")
    assert [question.name for question in protocol.gate] == [
        *["dizzy", "chest-pain", "weakness-or-pain", "told-not-to-stand"]
    ]
    assert [question.name for question in protocol.questions] == [
        *["unsteady", "worried", "fell"],
        *["falls", "injured", "lost-consciousness", "could-not-get-up", "age-band"],
    ]
    assert [(step.trial, step.settle_s, step.window_s, step.attempts, step.sway) for step in protocol.stances] == [
        ("quiet-stance", 5.0, 30.0, 2, True),
        ("side-by-side", 0.0, 10.0, 2, False),
        ("semi-tandem", 0.0, 10.0, 2, False),
        ("tandem", 0.0, 10.0, 2, False),
        ("one-foot", 3.0, 10.0, 2, False),
    ]


def test_quiet_stance_is_one_stance_without_questions():
    protocol = load_protocol("quiet-stance")
    assert (protocol.gate, protocol.questions, protocol.consent) == ((), (), False)
    assert [(step.trial, step.settle_s, step.window_s) for step in protocol.stances] == [("quiet-stance", 5.0, 30.0)]


def test_an_unknown_protocol_is_refused_with_the_names_that_exist():
    with pytest.raises(UsageError, match=r"no protocol 'moon-walk'; this station knows: quiet-stance, walk-up"):
        load_protocol("moon-walk")


@pytest.mark.parametrize("name", ["../walk-up", "", "walk-up.toml", "reader"])
def test_a_name_is_never_a_path(name):
    with pytest.raises(UsageError):
        load_protocol(name)


@pytest.mark.parametrize("name", protocol_names())
def test_the_rule_has_a_line_for_every_part_of_a_protocol(name):
    rule = load_rule()
    for step in load_protocol(name).stances:
        lines = rule.sway if step.sway else rule.stances
        assert [line.part for line in lines if line.part == step.trial] == [step.trial]


def test_every_question_that_the_rule_reads_is_asked():
    protocol = load_protocol("walk-up")
    asked = {question.answer_key: question for question in (*protocol.gate, *protocol.questions)}
    for line in load_rule().answers:
        for key in line.any_of:
            assert line.is_ in asked[key].actions


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "quiet.toml: not a protocol"),
        (QUIET.replace("window_s = 30.0", "window_s = -1.0"), "window_s"),
        (QUIET.replace("window_s = 30.0", "windows_s = 30.0"), "windows_s"),
        (QUIET.replace('stance = "quiet"', 'stance = "headstand"'), "headstand"),
        (QUIET.replace('trial = "quiet-stance"', 'trial = "headstand"'), "no words for trial.headstand.title"),
        (QUIET + QUIET[QUIET.index("[[stances]]") :], "hold a trial twice"),
        (WALK_UP.replace('name = "worried"', 'name = "unsteady"'), "question.unsteady is asked twice"),
        (WALK_UP.replace('["yes", "no"]', '["yes", "no", "skip"]', 1), "expected yes and no, without skip"),
        (WALK_UP.replace('is = "yes"', 'is = "maybe"', 1), "which no earlier question answers"),
        (WALK_UP.replace('"two-or-more"', '"dozens"'), "no words for button.dozens in texts_en.toml"),
    ],
)
def test_a_broken_protocol_is_refused_with_what_is_wrong(text, says):
    with pytest.raises(DataError, match=says):
        parse_protocol(text, "quiet.toml")
