"""Every example screen on every supported panel: sizes, gaps, nothing cut, everything in its place."""

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from kiosk_ui.layout import Rect, regions_of
from kiosk_ui.theme import (
    COUNTDOWN_CAP_MM,
    MIN_CAP_MM,
    REFERENCE,
    STAFF_MIN_CAP_MM,
    STAFF_TARGET_MM,
    TARGET_GAP_MM,
    TARGET_HEIGHT_MM,
    TARGET_WIDTH_MM,
    Panel,
)
from kiosk_ui.wording import OWN_WORDS, safe_screen, waiting_screen
from station.screens import Button, ResultView, ScreenModel
from tests.kiosk_ui.stage import Stage

if TYPE_CHECKING:
    from kiosk_ui.examples import Example

ROUNDING_MM = 0.2  # places are whole pixels
STAFF_KINDS = ("keypad", "staff")  # read by staff, with their glasses on: smaller letters, and keys


def models() -> "list[Example]":
    from kiosk_ui.examples import EXAMPLES, Example

    own = [waiting_screen(0.0, "en"), waiting_screen(11.0, "en"), safe_screen("en")]
    return [*EXAMPLES, *(Example(model) for model in own)]


def box_mm(widget: Any, panel: Panel) -> Rect:
    scale = panel.px_per_mm
    return Rect(widget.x / scale, widget.y / scale, widget.width / scale, widget.height / scale)


def gap_mm(one: Rect, other: Rect) -> float:
    """Return how far apart two boxes are; negative when they overlap."""
    across = max(one.x, other.x) - min(one.right, other.right)
    up = max(one.y, other.y) - min(one.top, other.top)
    return max(across, up)


def test_every_screen_keeps_the_rules_of_size_and_place(any_stage: Stage) -> None:
    # one test for all: making a window and its screens anew for each model would cost minutes
    problems: list[str] = []
    for each in models():
        any_stage.show(each.model, each.live, draw=False)
        for leaf in range(leaves(any_stage)):
            if leaf:
                any_stage.now_s += 10
                any_stage.tap("kiosk.next-leaf")
            problems += [f"{each.model.name} ({leaf}): {problem}" for problem in broken_rules(any_stage)]
    assert problems == []


def leaves(stage: Stage) -> int:
    return getattr(stage.surface.screen, "leaves", 1)


def broken_rules(stage: Stage) -> list[str]:
    from kiosk_ui.widgets.button import BigButton
    from kiosk_ui.widgets.words import Words

    panel = stage.panel
    glass = Rect(0, 0, panel.width_mm, panel.height_mm)
    buttons = [(widget.button.action, box_mm(widget, panel)) for widget in stage.widgets(BigButton)]
    words = [widget for widget in stage.widgets(Words) if widget.text]
    problems = []
    model = stage.surface.model
    for_staff = model is not None and model.kind in STAFF_KINDS
    least_cap_mm = STAFF_MIN_CAP_MM if for_staff else MIN_CAP_MM
    least_width_mm = STAFF_TARGET_MM if for_staff else TARGET_WIDTH_MM
    for action, box in buttons:
        if box.height < TARGET_HEIGHT_MM - ROUNDING_MM or box.width < least_width_mm - ROUNDING_MM:
            problems.append(f"button {action} is {box.width:.1f} x {box.height:.1f} mm")
        if not inside(box, glass):
            problems.append(f"button {action} leaves the glass: {box}")
    for (one, box), (other, other_box) in itertools.combinations(buttons, 2):
        if gap_mm(box, other_box) < TARGET_GAP_MM - ROUNDING_MM:
            problems.append(f"buttons {one} and {other} are {gap_mm(box, other_box):.1f} mm apart")
    for widget in words:
        box = box_mm(widget, panel)
        if widget.cap_mm(panel) < least_cap_mm:
            problems.append(f"{widget.text!r} has capitals of {widget.cap_mm(panel):.2f} mm")
        if widget.texture_size[0] > widget.width or widget.texture_size[1] > widget.height:
            problems.append(f"{widget.text!r} is cut: {widget.texture_size} in {widget.size}")
        if not inside(box, glass):
            problems.append(f"{widget.text!r} leaves the glass: {box}")
        holder = widget.parent if isinstance(widget.parent, BigButton) else None
        if holder is not None and not inside(box, box_mm(holder, panel)):
            problems.append(f"{widget.text!r} leaves its button")
        for action, target in buttons:
            if holder is None and gap_mm(box, target) < 0:
                problems.append(f"{widget.text!r} lies under button {action}")
    free = [widget for widget in words if not isinstance(widget.parent, BigButton)]
    for one_words, other_words in itertools.combinations(free, 2):
        if gap_mm(box_mm(one_words, panel), box_mm(other_words, panel)) < -ROUNDING_MM:
            problems.append(f"{one_words.text!r} and {other_words.text!r} overlap")
    return problems


def inside(box: Rect, outer: Rect) -> bool:
    return (
        box.x >= outer.x - ROUNDING_MM
        and box.y >= outer.y - ROUNDING_MM
        and box.right <= outer.right + ROUNDING_MM
        and box.top <= outer.top + ROUNDING_MM
    )


def test_stop_help_and_say_again_never_move(any_stage: Stage) -> None:
    regions = regions_of(any_stage.panel)
    for each in models():
        any_stage.show(each.model, each.live, draw=False)
        wanted = {
            button.action: button.role for button in each.model.buttons if button.role in ("stop", "help", "again")
        }
        for action, role in wanted.items():
            found = box_mm(any_stage.button(action), any_stage.panel)
            place = regions.column(role)
            assert (found.x, found.y) == pytest.approx((place.x, place.y), abs=ROUNDING_MM), each.model.name
            assert found.right <= any_stage.panel.width_mm


def test_every_button_of_a_screen_is_there_and_no_other(any_stage: Stage) -> None:
    for each in models():
        if leaves_at(any_stage, each) > 1:
            continue  # the visit's own button stands on the last leaf; see test_result.py
        assert sorted(widget.button.action for widget in any_stage.surface.buttons()) == sorted(
            button.action for button in each.model.buttons
        ), each.model.name


def leaves_at(stage: Stage, each: "Example") -> int:
    stage.show(each.model, each.live, draw=False)
    return leaves(stage)


def test_on_the_reference_panel_headings_are_10_mm_and_bodies_aim_at_7(stage: Stage) -> None:
    from kiosk_ui.widgets.words import Words

    for each in models():
        if each.model.kind in ("result", *STAFF_KINDS):
            continue
        stage.show(each.model, each.live, draw=False)
        by_text = {widget.text.replace("\n", " "): widget.cap_mm(REFERENCE) for widget in stage.widgets(Words)}
        assert by_text[each.model.title] >= 10.0, each.model.name
        if each.model.body:
            assert by_text[each.model.body] >= 6.0, each.model.name


def test_a_countdown_has_digits_of_25_mm_on_every_panel(any_stage: Stage) -> None:
    from kiosk_ui.examples import example
    from kiosk_ui.screens.countdown import CountdownScreen

    any_stage.show(example("countdown.tandem").model, draw=False)
    screen = any_stage.surface.screen
    assert isinstance(screen, CountdownScreen)
    assert screen.ring.number.text == "3"
    assert screen.ring.number.cap_mm(any_stage.panel) >= COUNTDOWN_CAP_MM
    ring = box_mm(screen.ring, any_stage.panel)
    assert inside(box_mm(screen.ring.number, any_stage.panel), ring)


def test_the_font_has_the_capitals_that_the_theme_counts_on(stage: Stage) -> None:
    from kivy.core.text import Label as TextMeasure

    from kiosk_ui.fitting import FONT

    label = TextMeasure(text="H", font_size=1000, font_name=FONT, color=(1, 1, 1, 1))
    label.refresh()
    width, height = label.texture.size
    alpha = label.texture.pixels[3::4]
    inked = [row for row in range(height) if any(alpha[row * width : (row + 1) * width])]
    from kiosk_ui.theme import CAP_HEIGHT_EM

    assert (inked[-1] - inked[0] + 1) / 1000 == pytest.approx(CAP_HEIGHT_EM, abs=0.004)


def test_drawing_the_same_screen_again_gives_the_same_pixels(stage: Stage) -> None:
    from kiosk_ui.examples import EXAMPLES

    first = {}
    for each in EXAMPLES:
        stage.show(each.model, each.live)
        first[each.model.name] = stage.pixels().tobytes()
    for each in reversed(EXAMPLES):
        stage.show(each.model, each.live)
        assert stage.pixels().tobytes() == first[each.model.name], each.model.name
    assert len(set(first.values())) == len(EXAMPLES), "two screens look the same"


def test_200_changes_of_screen_make_no_new_widgets(stage: Stage) -> None:
    from kiosk_ui.examples import EXAMPLES

    def widgets_at_each_screen() -> list[int]:
        counts = []
        for each in EXAMPLES:
            stage.surface.show(1, each.model)
            counts.append(sum(1 for _ in stage.surface.walk()))
        return counts

    before = widgets_at_each_screen()
    for _ in range(200 // len(EXAMPLES) + 1):
        after = widgets_at_each_screen()
    assert after == before


def test_a_text_far_too_long_for_its_screen_stays_at_the_floor_and_the_buttons_in_their_places(
    any_stage: Stage,
) -> None:
    long = "Donaudampfschifffahrtsgesellschaft " * 12
    for model in (
        ScreenModel("long", "message", long, long, (Button("x", long), Button("s", long, "stop")), "rail"),
        ScreenModel("long", "result", long, result=ResultView(long, (long, long, long), long, 2.5)),
    ):
        any_stage.show(model)
        assert [each for each in broken_rules(any_stage) if each.startswith("button") or "capitals" in each] == []


def test_every_language_has_every_word_of_the_kiosk_itself(stage: Stage) -> None:
    for language, words in OWN_WORDS.items():
        for card in (waiting_screen(0.0, language), waiting_screen(99.0, language), safe_screen(language)):
            assert card.title
            assert card.body
            assert card.cue, "everything shown is spoken"
        assert words.go_on
