"""Every screen that the station can really send, with its real words, on every supported panel."""

from typing import get_args

import msgspec

from station.protocols.reader import load_protocol, protocol_names
from station.screens import ResultView, ScreenModel
from station.visit.present import present
from station.visit.state import Stage as VisitStage
from station.visit.state import VisitState, current_question, start_state
from station.visit.texts import texts
from tests.kiosk_ui.stage import Stage
from tests.kiosk_ui.test_every_screen import broken_rules, leaves

STANCES = ("quiet", "side-by-side", "semi-tandem", "tandem", "one-foot")


def screens_of_a_visit() -> list[ScreenModel]:
    protocols = {name: load_protocol(name) for name in protocol_names()}
    begin = start_state(protocols, STANCES, "walk-up", "en")
    visit = msgspec.structs.replace(begin, protocol="walk-up", on_deck=True)
    states = [begin, *questions(visit)]
    for stage in get_args(VisitStage):
        if stage != "question":
            states += [
                msgspec.structs.replace(visit, stage=stage, step=step, stopped=stopped, on_deck=on_deck)
                for step in range(len(STANCES))
                for stopped in (None, "stop pressed")
                for on_deck in (True, False)
            ]
    models = [present(state) for state in states] + results(visit)
    return list(dict.fromkeys(models))


def questions(visit: VisitState) -> list[VisitState]:
    """Return the visit at each question in turn; whoever fell is asked them all."""
    states = []
    visit = msgspec.structs.replace(visit, stage="question")
    while (question := current_question(visit)) is not None:
        states.append(visit)
        action = "no" if question.kind == "gate" else question.actions[0]
        answer = question.answer(action)
        assert answer is not None
        visit = msgspec.structs.replace(visit, answers=(*visit.answers, (question.answer_key, answer)))
    assert len(states) > 10
    return states


def results(visit: VisitState) -> list[ScreenModel]:
    """Return a result screen for every table of words, with a band and without."""
    words = texts("en")
    tables = sorted(key.removesuffix(".word") for key in words if key.startswith("result.") and key.endswith(".word"))
    assert len(tables) > 10
    models = []
    for table in tables:
        for marker in (None, 0.5):
            sentences = (words[f"{table}.first"], words[f"{table}.second"])
            view = ResultView(words[f"{table}.word"], sentences, words[f"{table}.next"], marker)
            model = present(msgspec.structs.replace(visit, stage="result", view=view))
            models.append(msgspec.structs.replace(model, name=f"{table}.{marker}"))
    return models


def test_every_screen_of_a_visit_keeps_the_rules(any_stage: Stage) -> None:
    problems: list[str] = []
    for model in screens_of_a_visit():
        any_stage.show(model, draw=False)
        for leaf in range(leaves(any_stage)):
            if leaf:
                any_stage.now_s += 10
                any_stage.tap("kiosk.next-leaf")
            problems += [f"{model.name}: {problem}" for problem in broken_rules(any_stage)]
    assert problems == []


def test_every_result_stands_on_one_leaf_of_the_reference_panel(stage: Stage) -> None:
    on_leaves = {}
    for model in screens_of_a_visit():
        if model.kind == "result":
            stage.show(model, draw=False)
            on_leaves[model.name] = leaves(stage)
    assert {name: count for name, count in on_leaves.items() if count > 1} == {}


def test_no_letter_is_missing_from_the_font(stage: Stage) -> None:
    from kivy.core.text import Label as TextMeasure

    from kiosk_ui.fitting import FONT

    def drawn(letter: str) -> bytes:
        label = TextMeasure(text=letter, font_size=60, font_name=FONT)
        label.refresh()
        return bytes(label.texture.pixels)

    missing = drawn("\uffff")
    letters = {letter for text in texts("en").values() for letter in text} - {" "}
    assert [letter for letter in sorted(letters) if drawn(letter) == missing] == []
