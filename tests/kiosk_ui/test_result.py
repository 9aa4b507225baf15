"""The result: all of it can be read, on leaves where the panel is small, and the marker stands where it should."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.theme import REFERENCE
from station.screens import Button, ScreenModel
from tests.kiosk_ui.stage import Stage


def result_models() -> list[ScreenModel]:
    from kiosk_ui.examples import EXAMPLES

    return [each.model for each in EXAMPLES if each.model.kind == "result"]


def text_on(stage: Stage) -> str:
    from kiosk_ui.widgets.words import Words

    return " ".join(widget.text.replace("\n", " ") for widget in stage.widgets(Words) if widget.text)


def test_on_the_reference_panel_every_result_stands_on_one_leaf(stage: Stage) -> None:
    from kiosk_ui.screens.result import ResultScreen

    assert stage.panel == REFERENCE
    for model in result_models():
        stage.show(model)
        assert isinstance(stage.surface.screen, ResultScreen)
        assert stage.surface.screen.leaves == 1, model.name
        assert stage.button("finish")


def test_every_word_of_a_result_is_shown_on_one_leaf_or_another_and_done_is_on_the_last(any_stage: Stage) -> None:
    from kiosk_ui.screens.result import NEXT_LEAF, ResultScreen

    for model in result_models():
        assert model.result is not None
        any_stage.presses.clear()
        any_stage.show(model)
        screen = any_stage.surface.screen
        assert isinstance(screen, ResultScreen)
        read = text_on(any_stage)
        for _ in range(screen.leaves - 1):
            assert not [each for each in any_stage.surface.buttons() if each.button.action == "finish"]
            any_stage.now_s += 1
            any_stage.tap(NEXT_LEAF)
            any_stage.now_s += 1
            read += " " + text_on(any_stage)
        for words in (model.title, model.result.word, *model.result.sentences, model.result.next_step):
            assert words in read, model.name
        any_stage.now_s += 1
        any_stage.tap("finish")
        assert any_stage.presses == [("finish", 1)], "turning a leaf is the kiosk's own business"


def test_a_result_shown_again_begins_at_its_first_leaf(any_stage: Stage) -> None:
    from kiosk_ui.screens.result import NEXT_LEAF, ResultScreen

    model, other = result_models()[1], result_models()[3]
    any_stage.show(model)
    first = any_stage.pixels().tobytes()
    screen = any_stage.surface.screen
    assert isinstance(screen, ResultScreen)
    if screen.leaves > 1:
        any_stage.now_s += 1
        any_stage.tap(NEXT_LEAF)
        assert any_stage.pixels().tobytes() != first
    any_stage.show(other)
    any_stage.show(model)
    assert any_stage.pixels().tobytes() == first


def test_the_next_person_begins_at_the_first_leaf_and_nothing_of_the_last_is_kept(any_stage: Stage) -> None:
    from kiosk_ui.examples import example
    from kiosk_ui.screens.result import NEXT_LEAF, ResultScreen

    model = result_models()[1]
    any_stage.show(model)
    first = any_stage.pixels().tobytes()
    screen = any_stage.surface.screen
    assert isinstance(screen, ResultScreen)
    for _ in range(screen.leaves - 1):
        any_stage.now_s += 1
        any_stage.tap(NEXT_LEAF)
    any_stage.show(example("attract").model)
    assert model.result is not None
    assert {words.text for words in (screen._title, screen._word, screen._next, *screen._paragraphs)} == {""}
    assert screen._model is None
    any_stage.show(model)
    assert any_stage.pixels().tobytes() == first


def test_whoever_reads_stays_on_their_leaf_when_only_the_buttons_change(any_stage: Stage) -> None:
    from kiosk_ui.screens.result import NEXT_LEAF, ResultScreen

    model = result_models()[1]
    any_stage.show(model)
    screen = any_stage.surface.screen
    assert isinstance(screen, ResultScreen)
    if screen.leaves > 1:
        any_stage.now_s += 1
        any_stage.tap(NEXT_LEAF)
    at = screen._at
    stop = Button("stop", "Stop", "stop")
    any_stage.show(msgspec.structs.replace(model, buttons=(*model.buttons, stop)))
    assert screen._at == at


def test_without_a_marker_there_is_no_band(stage: Stage) -> None:
    from kiosk_ui.widgets.band import Band

    with_marker, without = result_models()[0], result_models()[3]
    stage.show(with_marker)
    assert len(stage.widgets(Band)) == 1
    stage.show(without)
    assert stage.widgets(Band) == []


def test_a_result_without_a_view_still_offers_the_way_on(stage: Stage) -> None:
    stage.show(msgspec.structs.replace(result_models()[0], result=None))
    assert stage.button("finish")


@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_larger_marker_stands_further_right_and_never_leaves_the_band(low: float, high: float) -> None:
    from kiosk_ui.widgets.band import marker_x

    low, high = sorted((low, high))
    left, right = marker_x(800.0, 90.0, 0.0), marker_x(800.0, 90.0, 1.0)
    assert 0 < left <= marker_x(800.0, 90.0, low) <= marker_x(800.0, 90.0, high) <= right < 800
    assert marker_x(800.0, 90.0, -3.0) == left
    assert marker_x(800.0, 90.0, 7.0) == right


@pytest.mark.parametrize(("marker", "third"), [(0.2, 0), (0.5, 1), (0.8, 2)])
def test_the_marker_points_at_its_third(stage: Stage, marker: float, third: int) -> None:
    from kiosk_ui.widgets.band import marker_x, thirds

    spans = thirds(800.0, 90.0)
    assert [start <= marker_x(800.0, 90.0, marker) <= end for start, end in spans].index(True) == third
