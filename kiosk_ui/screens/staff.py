"""What staff see: words, one figure (deck, table or trend), the bar of steadiness, and what can be touched.

A staff screen has the whole panel where it needs none of the buttons that are always there for people.
"""

import math
from collections.abc import Sequence
from typing import Final

from kiosk_ui.fitting import Fitted, heading_and_body, largest
from kiosk_ui.layout import COLUMN_ROLES, Rect, frame_of, grid
from kiosk_ui.screens.base import CONTENT_ROLES, KioskScreen, same_but_values
from kiosk_ui.screens.result import NEXT_LEAF
from kiosk_ui.theme import SMALL, STAFF_TARGET_MM, TARGET_GAP_MM, Panel
from kiosk_ui.widgets.button_field import ButtonField
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.deck import DeckFigure
from kiosk_ui.widgets.icons import IconName
from kiosk_ui.widgets.sign import Sign
from kiosk_ui.widgets.steadiness import SteadinessBar
from kiosk_ui.widgets.table import StaffTable
from kiosk_ui.widgets.trend import TrendFigure
from kiosk_ui.widgets.words import Words, set_shown
from kiosk_ui.wording import OwnWords, own_words
from station.messages import Live
from station.screens import Button, DeckPicture, ScreenModel, StaffPanel

# Buttons that are chosen and chosen off again: a box beside the word, ticked when the station makes it primary.
TOGGLES: Final = ("weight.", "new-parts")
BUTTON_MM: Final = 44.0  # width that a button has where there is no figure
NARROW_BUTTON_MM: Final = 23.0  # and the least where there is one
WORDS_SHARE: Final = 0.4  # of the height that the words may have above a figure
WORDS_SHARE_PAGED: Final = 0.22  # and above one that is on pages: fewer pages are worth smaller words
DECK_SHARE: Final = 0.52  # of the width
SMALL_DECK_SHARE: Final = 0.45
UNDER_DECK_MM: Final = 10.5  # two lines of weights
MOST_WEIGHT_LINES: Final = 4
WEIGHTS_SHARE: Final = 0.3  # of the room beside the deck
WEIGHT_SIGN_MM: Final = 8.0


class StaffScreen(KioskScreen):
    """One class for all: they differ in their figure."""

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(panel, content, emit)
        self._step, self._heading, self._body, self._weights = Words(), Words(), Words(), Words()
        self._weight_sign = Sign(panel)
        self.deck = DeckFigure(panel)
        self.bar = SteadinessBar(panel)
        self.table = StaffTable(panel)
        self.trend = TrendFigure(panel)
        self._toggles = ButtonField(panel, self, emit)
        self._model: ScreenModel | None = None
        self._at = 0
        self._stay = False
        self._gap = self.sizes.gap * 0.35  # between what stands one above the other
        self.leaves = 1
        for widget in (self._step, self._heading, self._body):
            self.add_widget(widget)

    def render(self, model: ScreenModel) -> None:
        """Show a model from its first page, or again the page that is read."""
        before, self._model = self._model, model
        self._stay = same_but_values(before, model)
        if before is None or before.name != model.name:
            self._at = 0
        if before is None or (before.name, _panel(before).deck) != (model.name, _panel(model).deck):
            self.bar.restart()
        self._draw(model)

    def live(self, live: Live) -> None:
        """Move the bar of steadiness."""
        if self._model is not None and _panel(self._model).bar and live.staff is not None:
            self.bar.live(live.staff)

    def forget(self) -> None:
        """Begin at the first page next time."""
        self._model, self._at = None, 0
        self.bar.restart()

    def take(self, action: str) -> bool:
        """Turn to the next page; after the last comes the first."""
        if action != NEXT_LEAF or self._model is None:
            return False
        self._at = (self._at + 1) % self.leaves
        self._stay = False
        self._draw(self._model)
        return True

    # --- drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, model: ScreenModel) -> None:
        staff, words = _panel(model), own_words(model.language)
        area = self.content if any(each.role in COLUMN_ROLES for each in model.buttons) else frame_of(self.panel)
        buttons = [each for each in model.buttons if each.role in CONTENT_ROLES]
        toggles = [each for each in buttons if each.action.startswith(TOGGLES)]
        others = [each for each in buttons if each not in toggles]
        for widget, shown in (
            (self.deck, staff.deck is not None),
            (self.bar, staff.bar),
            (self.table, bool(staff.rows) and not toggles),
            (self.trend, staff.trend is not None),
            (self._weights, staff.deck is not None and bool(staff.deck.weights)),
            (self._weight_sign, staff.deck is not None and bool(staff.deck.weights)),
        ):
            set_shown(self, widget, shown)
        self.leaves = 1
        if staff.deck is not None:
            self._toggles.show((), (), ())
            self._draw_deck(model, staff.deck, buttons, area, words)
        elif staff.rows or staff.trend is not None or toggles:
            self._draw_figure(model, staff, toggles, others, area, words)
        else:
            self._toggles.show((), (), ())
            self._draw_words(model, buttons, area, words)

    def _draw_words(self, model: ScreenModel, buttons: Sequence[Button], area: Rect, words: OwnWords) -> None:
        """Show words, and under them as many buttons as there are, large."""
        area = self._put_step(model, area, words)
        across = _across(area.width, BUTTON_MM, len(buttons))
        rows = math.ceil(len(buttons) / across)
        height = max(0.0, rows * (self.sizes.button_height + TARGET_GAP_MM) - TARGET_GAP_MM)
        cells, area = area.cut_bottom(height, self.sizes.gap if buttons else 0.0)
        self._buttons.show(
            buttons, grid(cells, len(buttons), across, TARGET_GAP_MM), self.sizes.staff_button_caps, stay=self._stay
        )
        self._put_words(model, area, middle=True)

    def _draw_deck(
        self, model: ScreenModel, deck: DeckPicture, buttons: Sequence[Button], area: Rect, words: OwnWords
    ) -> None:
        """Show the deck on the left, everything else on its right; on a small panel the weights stand under it."""
        small = self.sizes is SMALL
        share = SMALL_DECK_SHARE if small else DECK_SHARE
        figure, area = area.cut_left(min(area.width * share, area.height * 0.93), self.sizes.gap)
        if small:
            under, figure = figure.cut_bottom(UNDER_DECK_MM, self._gap)
            self._put_weights(" + ".join(deck.weights), under)
        self.deck.show(deck, figure, words.screen)
        area = self._put_step(model, area, words)
        area = self._put_buttons(buttons, area)
        if _panel(model).bar:
            bar, area = area.cut_bottom(self.sizes.steadiness, self._gap)
            self.bar.show(bar, words)
        if deck.weights and not small:
            lines = ("\n" if len(deck.weights) <= MOST_WEIGHT_LINES else " + ").join(deck.weights)
            weights = self._put_weights(lines, area.cut_bottom(area.height * WEIGHTS_SHARE)[0])
            area = area.cut_bottom(weights, self._gap)[1]
        self._put_words(model, area, middle=False)

    def _draw_figure(
        self,
        model: ScreenModel,
        staff: StaffPanel,
        toggles: Sequence[Button],
        others: Sequence[Button],
        area: Rect,
        words: OwnWords,
    ) -> None:
        """Show words above, the figure in the middle, buttons below; what is too long stands on pages."""
        area = self._put_step(model, area, words)
        rows = () if toggles else staff.rows
        # the way to the next page needs room of its own, which may make another page: so ask without it first
        for paged in (False, True):
            shown = [*others, _next_page(words, 1, 1)] if paged else others
            _, room = self._cut_buttons(shown, area)
            if toggles:  # they keep a finger's distance from the buttons
                room = room.cut_bottom(TARGET_GAP_MM - self._gap)[1]
            upper = self._words_area(model, room, WORDS_SHARE_PAGED if paged else WORDS_SHARE)
            figure = room.cut_top(upper.height, self._gap)[1]
            boards = _boards(toggles, figure, self.sizes.toggle) if toggles else []
            pages, cap_mm = self.table.pages(rows, figure, words) if rows else ((), 0.0)
            self.leaves = max(1, len(boards), len(pages))
            if self.leaves == 1:
                break
        self._at = min(self._at, self.leaves - 1)
        shown = [*others, _next_page(words, self._at + 1, self.leaves)] if self.leaves > 1 else others
        self._put_buttons(shown, area)
        self._put_words(model, upper, middle=False)
        board = boards[self._at] if boards else []
        self._toggles.show(
            [b for b, _ in board], [c for _, c in board], self.sizes.staff_button_caps, sign_of=_box, stay=self._stay
        )
        if pages:
            self.table.show(pages[self._at], rows, figure, words, cap_mm)
        if staff.trend is not None:
            self.trend.show(staff.trend, figure)

    # --- pieces ----------------------------------------------------------------------------------------------------

    def _put_step(self, model: ScreenModel, area: Rect, words: OwnWords) -> Rect:
        """Show which step this is, and return what is left."""
        text = "" if model.progress is None else words.step.format(at=model.progress.at, of=model.progress.of)
        panel = self.panel
        fitted = largest(text, self.sizes.table_caps, panel, panel.px(area.width), panel.px(area.height))
        self._step.put(fitted, panel.px(area.x), panel.px(area.top), role="quiet")
        return area.cut_top(fitted.height_px / panel.px_per_mm, 1.0)[1] if text else area

    def _cut_buttons(self, buttons: Sequence[Button], area: Rect) -> tuple[Rect, Rect]:
        if not buttons:
            return area.cut_bottom(0)
        rows = math.ceil(len(buttons) / _across(area.width, NARROW_BUTTON_MM, len(buttons)))
        return area.cut_bottom(rows * STAFF_TARGET_MM + (rows - 1) * TARGET_GAP_MM, self._gap)

    def _put_buttons(self, buttons: Sequence[Button], area: Rect) -> Rect:
        cells, rest = self._cut_buttons(buttons, area)
        across = _across(area.width, NARROW_BUTTON_MM, len(buttons))
        self._buttons.show(
            buttons, grid(cells, len(buttons), across, TARGET_GAP_MM), self.sizes.staff_button_caps, stay=self._stay
        )
        return rest

    def _fitted_words(self, model: ScreenModel, area: Rect) -> tuple[Fitted, Fitted]:
        panel = self.panel
        caps = list(zip(self.sizes.staff_heading_caps, self.sizes.staff_body_caps, strict=True))
        return heading_and_body(
            model.title, model.body, caps, panel, panel.px(area.width), panel.px(area.height), panel.px(1.5)
        )

    def _words_area(self, model: ScreenModel, area: Rect, share: float) -> Rect:
        heading, body = self._fitted_words(model, area.cut_top(area.height * share)[0])
        gap = 1.5 if model.body else 0.0
        return area.cut_top((heading.height_px + body.height_px) / self.panel.px_per_mm + gap + 0.5)[0]

    def _put_words(self, model: ScreenModel, area: Rect, *, middle: bool) -> None:
        heading, body = self._fitted_words(model, area)
        panel = self.panel
        gap = panel.px(1.5) if model.body else 0.0
        needed = heading.height_px + body.height_px + gap
        top = panel.px(area.y + area.height / 2) + needed / 2 if middle else panel.px(area.top)
        self._heading.put(heading, panel.px(area.x), top)
        self._body.put(body, panel.px(area.x), top - heading.height_px - gap)

    def _put_weights(self, text: str, area: Rect) -> float:
        """Show the weights in words at the bottom of an area, and a sign beside them; returns how high they are, mm."""
        panel, side = self.panel, min(area.height, WEIGHT_SIGN_MM)
        _, room = area.cut_left(side, 2.0)
        fitted = largest(
            text, self.sizes.staff_body_caps, panel, panel.px(room.width), panel.px(room.height), bold=True
        )
        height = max(fitted.height_px / panel.px_per_mm, side)
        row = area.cut_bottom(height)[0]
        self._weight_sign.show("weight", row.cut_left(side)[0], "action", "paper")
        top = panel.px(row.y + height / 2) + fitted.height_px / 2
        self._weights.put(fitted, panel.px(room.x), top)
        return height


def _panel(model: ScreenModel) -> StaffPanel:
    return model.staff or StaffPanel()


def _box(button: Button) -> IconName:
    return "box-ticked" if button.role == "primary" else "box"


def _next_page(words: OwnWords, at: int, of: int) -> Button:
    return Button(NEXT_LEAF, words.more.format(at=at, of=of), "secondary")


def _across(width: float, least: float, count: int) -> int:
    """Return how many buttons stand beside each other when none is narrower than `least`."""
    most = max(1, math.floor((width + TARGET_GAP_MM) / (least + TARGET_GAP_MM)))
    rows = math.ceil(max(count, 1) / most)
    return math.ceil(max(count, 1) / rows)


def _boards(toggles: Sequence[Button], area: Rect, least: float) -> list[list[tuple[Button, Rect]]]:
    """Return what can be chosen with its places, board by board."""
    across = max(1, math.floor((area.width + TARGET_GAP_MM) / (least + TARGET_GAP_MM)))
    down = max(1, math.floor((area.height + TARGET_GAP_MM) / (STAFF_TARGET_MM + TARGET_GAP_MM)))
    used = min(down, math.ceil(len(toggles) / across))
    height = used * STAFF_TARGET_MM + (used - 1) * TARGET_GAP_MM
    cells = grid(area.cut_top(height)[0], across * used, across, TARGET_GAP_MM)
    size = len(cells)
    return [list(zip(toggles[start : start + size], cells, strict=False)) for start in range(0, len(toggles), size)]
