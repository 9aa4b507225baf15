"""What staff see: deck, table, trend, bar of steadiness, pages."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.examples import example
from kiosk_ui.layout import Rect
from kiosk_ui.staff_examples import HOLES
from kiosk_ui.widgets import trend_outlines
from kiosk_ui.widgets.deck_outlines import deck_shapes, places
from kiosk_ui.widgets.outlines import Disc, Fill, Stroke
from station.messages import Live, StaffLive
from station.screens import DeckPicture, Progress, ScreenModel, StaffPanel, TableRow, Trend, TrendPoint
from tests.kiosk_ui.stage import Stage
from tests.kiosk_ui.test_every_screen import broken_rules, leaves

NEXT = "kiosk.next-leaf"


def reading(target: str | None = "A3", done: tuple[str, ...] = (), body: str = "") -> ScreenModel:
    deck = DeckPicture(HOLES, target, done, ("20 kg (20-1)",) if target else ())
    return ScreenModel("calibrate.read", "staff", "Put it there", body, staff=StaffPanel(deck=deck, bar=True))


def live(progress: float, unrest: float) -> Live:
    return Live(1, False, 0.0, staff=StaffLive(progress, unrest))


def shown(stage: Stage) -> list[str]:
    from kiosk_ui.widgets.words import Words

    return [widget.text.replace("\n", " ") for widget in stage.widgets(Words) if widget.text]


# --- the deck --------------------------------------------------------------------------------------------------------


def test_the_deck_is_seen_from_above_with_the_screen_at_the_top() -> None:
    at = places(110.0, 118.0)
    assert at.screen.y > at.deck.top
    by_name = {hole.name: at.point(hole) for hole in HOLES}
    assert by_name["A1"][1] > by_name["B1"][1] > by_name["C1"][1], "A is nearest to the screen"
    assert by_name["A1"][0] < by_name["A2"][0] < by_name["A3"][0], "1 is left"
    assert by_name["B2"] == (at.deck.x + at.deck.width / 2, at.deck.y + at.deck.height / 2)


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_the_weight_stands_on_its_hole_and_covers_no_other(hole: "object") -> None:
    at = places(110.0, 118.0)
    shapes = deck_shapes(DeckPicture(HOLES, hole.name, (), ("20 kg",)), at)  # type: ignore[attr-defined]
    (ring,) = [shape for shape in shapes if isinstance(shape, Stroke) and shape.role == "dot"]
    middle = at.point(hole)  # type: ignore[arg-type]
    radius = math.dist(ring.points[0], middle)
    assert all(math.dist(point, middle) == pytest.approx(radius) for point in ring.points)
    others = [each for each in HOLES if each is not hole]
    assert all(math.dist(at.point(each), middle) > radius + at.hole_mm for each in others)


def test_a_hole_that_is_done_has_a_tick_and_others_have_none() -> None:
    at = places(110.0, 118.0)

    def ticks(done: tuple[str, ...]) -> int:
        shapes = deck_shapes(DeckPicture(HOLES, None, done, ()), at)
        return sum(1 for shape in shapes if isinstance(shape, Disc) and shape.role == "action")

    assert ticks(()) == 0
    assert ticks(("A1", "C3", "V2")) == 3


def test_every_hole_has_its_name_and_the_weights_stand_in_words(any_stage: Stage) -> None:
    any_stage.show(example("calibrate.read.together").model, draw=False)
    said = shown(any_stage)
    assert {hole.name for hole in HOLES} <= set(said)
    assert {"20 kg (20-1) 20 kg (20-2)", "20 kg (20-1) + 20 kg (20-2)"} & set(said)
    assert "Step 13 of 23" in said


def test_an_empty_deck_has_no_weight(stage: Stage) -> None:
    stage.show(reading("A3"))
    assert "20 kg (20-1)" in shown(stage)
    stage.show(reading(None))
    assert "20 kg (20-1)" not in shown(stage)


# --- the bar of steadiness -------------------------------------------------------------------------------------------


def test_the_bar_fills_as_the_reading_goes_on_and_says_still_or_moving(stage: Stage) -> None:
    from kiosk_ui.screens.staff import StaffScreen

    stage.show(reading(None))
    stage.show(reading())
    screen = stage.surface.screen
    assert isinstance(screen, StaffScreen)
    assert "Still" not in shown(stage)
    assert "It moves" not in shown(stage)
    filled = []
    for progress in (0.0, 0.25, 0.5, 1.0, 7.0):
        stage.surface.live(live(progress, 0.2))
        filled.append(screen.bar.done_px)
    assert filled == sorted(filled)
    assert filled[3] == filled[4] <= screen.bar.width
    assert "Still" in shown(stage)
    for _ in range(60):
        stage.surface.live(live(0.0, 3.0))
    assert "It moves" in shown(stage)
    assert screen.bar.done_px == 0.0


def test_a_single_bump_does_not_make_the_words_flicker(stage: Stage) -> None:
    stage.show(reading(None))  # what the test before has left
    stage.show(reading())
    stage.surface.live(live(0.3, 0.5))
    for at in range(60):
        stage.surface.live(live(0.3, 1.6 if at % 15 == 0 else 0.5))
        assert "Still" in shown(stage)


def test_words_that_change_under_it_leave_the_bar_alone_and_another_load_begins_it_anew(stage: Stage) -> None:
    from kiosk_ui.screens.staff import StaffScreen

    stage.show(reading("A3"))
    stage.surface.live(live(0.6, 0.2))
    screen = stage.surface.screen
    assert isinstance(screen, StaffScreen)
    before = screen.bar.done_px
    stage.show(reading("A3", body="Check the weights."))
    assert screen.bar.done_px == before
    stage.show(reading("B1", ("A3",)))
    assert screen.bar.done_px == 0.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_values_that_are_none_do_not_break_the_bar(stage: Stage, bad: float) -> None:
    from kiosk_ui.screens.staff import StaffScreen

    stage.show(reading())
    stage.surface.live(live(bad, bad))
    stage.frames()
    screen = stage.surface.screen
    assert isinstance(screen, StaffScreen)
    assert 0 <= screen.bar.done_px <= screen.bar.width


def test_nothing_moves_on_a_staff_screen_without_a_bar(stage: Stage) -> None:
    stage.show(example("calibrate.result").model)
    before = stage.pixels().tobytes()
    stage.surface.live(live(0.5, 3.0))
    stage.frames()
    assert stage.pixels().tobytes() == before


# --- the table -------------------------------------------------------------------------------------------------------


def rows_of(count: int) -> tuple[TableRow, ...]:
    return tuple(TableRow(f"row {at}", f"{at} N", "at most 99 N", True) for at in range(count))


def table(rows: tuple[TableRow, ...]) -> ScreenModel:
    return ScreenModel("calibrate.result", "staff", "The deck passes", staff=StaffPanel(rows=rows))


def test_every_row_is_on_exactly_one_page_and_pages_come_round_again(any_stage: Stage) -> None:
    any_stage.show(table(rows_of(31)))
    count = leaves(any_stage)
    assert count > 1
    seen: list[str] = []
    first = any_stage.pixels().tobytes()
    for _ in range(count):
        seen += [text for text in shown(any_stage) if text.startswith("row ")]
        any_stage.now_s += 10
        any_stage.tap(NEXT)
    assert seen == [f"row {at}" for at in range(31)]
    any_stage.frames()
    assert any_stage.pixels().tobytes() == first
    assert any_stage.presses == [], "turning a page is no business of the station's"


def test_who_reads_page_two_stays_there_when_a_value_changes(stage: Stage) -> None:
    stage.show(table(rows_of(31)))
    stage.now_s += 10
    stage.tap(NEXT)
    on_second = [text for text in shown(stage) if text.startswith("row ")]
    changed = (msgspec.structs.replace(rows_of(1)[0], measured="7 N"), *rows_of(31)[1:])
    stage.show(table(changed))
    assert [text for text in shown(stage) if text.startswith("row ")] == on_second
    stage.show(example("staff.menu").model)
    stage.show(table(rows_of(31)))
    assert "row 0" in shown(stage), "and begins at the first when it comes again"


def test_a_verdict_is_a_word_and_a_shape_and_a_refused_row_says_what_to_do(any_stage: Stage) -> None:
    from kiosk_ui.widgets.sign import Sign

    rows = (
        TableRow("force", "0.1 %", "at most 0.5 %", True),
        TableRow("place", "4 mm", "at most 2 mm", False, "Move the template."),
        TableRow("id", "9f3a", ""),
    )
    any_stage.show(table(rows), draw=False)
    said = shown(any_stage)
    assert {"good", "not good", "Move the template.", "Measured", "Allowed"} <= set(said)
    signs = [sign.name for sign in any_stage.widgets(Sign)]
    assert signs.count("tick") == 1
    assert signs.count("cross") == 1


def test_weights_that_are_chosen_have_a_tick_in_their_box(stage: Stage) -> None:
    stage.show(example("calibrate.weights").model)
    assert stage.button("weight.20-1").sign == "box-ticked"
    assert stage.button("weight.10-2").sign == "box"
    assert stage.button("go").sign is None
    stage.tap("weight.10-2")
    assert stage.presses == [("weight.10-2", 1)]


# --- the trend -------------------------------------------------------------------------------------------------------

FIELD = Rect(10.0, 20.0, 160.0, 60.0)


@given(errors=st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=400), limit=st.floats(0.05, 2.0))
def test_every_check_is_in_the_field_in_order_and_beyond_the_limit_exactly_when_it_is(
    errors: list[float], limit: float
) -> None:
    points = tuple(TrendPoint(f"{2020 + at // 336}-{at // 28 % 12 + 1:02d}-{at % 28 + 1:02d}", error)
                   for at, error in enumerate(errors))  # fmt: skip
    trend = Trend(points, limit)
    at = trend_outlines.places(trend, FIELD)
    xs = [x for x, _ in at.points]
    assert xs == sorted(xs)
    assert FIELD.x <= xs[0]
    assert xs[-1] <= FIELD.right
    for (_, y), error in zip(at.points, errors, strict=True):
        assert FIELD.y - 1e-9 <= y <= FIELD.top + 1e-9
        if abs(abs(error) - limit) > 1e-9:
            assert (at.lower <= y <= at.upper) == (abs(error) <= limit)


def test_a_check_outside_its_limit_has_another_shape() -> None:
    trend = Trend((TrendPoint("2026-11-24", 0.1), TrendPoint("2026-11-25", -0.9)), 0.5)
    shapes = trend_outlines.trend_shapes(trend, trend_outlines.places(trend, FIELD))
    assert sum(isinstance(shape, Disc) for shape in shapes) == 1
    assert sum(isinstance(shape, Fill) and shape.role == "dot" for shape in shapes) == 1


def test_a_trend_without_checks_shows_its_limits(stage: Stage) -> None:
    stage.show(ScreenModel("daily.result", "staff", "No check yet", staff=StaffPanel(trend=Trend((), 0.5))))
    assert {"+0.5 %", "\u22120.5 %"} <= set(shown(stage))
    days = (TrendPoint("2026-11-25", 0.1),)
    stage.show(ScreenModel("daily.result", "staff", "One check", staff=StaffPanel(trend=Trend(days, 0.5))))
    assert shown(stage).count("2026-11-25") == 1


# --- touches while something changes ---------------------------------------------------------------------------------


def test_a_value_that_changes_under_a_finger_does_not_take_its_touch(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    level = example("calibrate.level").model
    stage.show(level, serial=1)
    finger = UnitTestTouch(*stage.button("go").center)
    finger.touch_down()
    for serial, tilt in enumerate(("0.3°", "0.2°", "0.3°"), 2):
        row = TableRow("Off level", tilt, "at most 1°", True)
        stage.surface.show(serial, msgspec.structs.replace(level, staff=StaffPanel(rows=(row,))))
        stage.now_s += 0.05
    finger.touch_up()
    assert stage.presses == [("go", 4)]


def test_undo_is_not_pressed_when_a_reading_is_taken_under_the_finger(stage: Stage) -> None:
    from kivy.tests.common import UnitTestTouch

    first = example("calibrate.read.place").model
    following = msgspec.structs.replace(first, progress=Progress(5, 23), title="Put 20 kg into hole B1")
    stage.show(first, serial=1)
    finger = UnitTestTouch(*stage.button("undo").center)
    finger.touch_down()
    stage.surface.show(2, following)
    stage.now_s += 5.0
    finger.touch_up()
    assert stage.presses == []


# --- whole screens ---------------------------------------------------------------------------------------------------


def test_a_staff_screen_that_is_far_too_full_keeps_its_buttons_and_the_smallest_words(any_stage: Stage) -> None:
    long = "Donaudampfschifffahrtsgesellschaft " * 8
    rows = tuple(TableRow(long, long, long, False, long) for _ in range(3))
    for kind in ("staff", "keypad"):  # without a panel
        any_stage.show(ScreenModel("long", kind, long, long))
        assert broken_rules(any_stage) == []
    any_stage.show(ScreenModel("long", "staff", long, long, staff=StaffPanel(rows=rows)))
    assert [each for each in broken_rules(any_stage) if each.startswith("button") or "capitals" in each] == []
    any_stage.now_s += 10
    any_stage.tap(NEXT)
    assert "Next page (2 of 3)" in shown(any_stage)
