"""The result in plain words: one word, the band if there is one, two sentences, one next step.

Where a panel is too small for all of it at a size that can be read, it is shown on leaves, one after the other; the
visit's own button stands on the last.
"""

from typing import Final

import msgspec

from kiosk_ui.fitting import Fitted, fit, largest
from kiosk_ui.layout import Rect
from kiosk_ui.screens.base import CONTENT_ROLES, KioskScreen
from kiosk_ui.theme import MIN_CAP_MM, TARGET_GAP_MM, Panel
from kiosk_ui.widgets.band import Band
from kiosk_ui.widgets.card import Card
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.words import Words, set_shown
from kiosk_ui.wording import own_words
from station.screens import Button, ResultView, ScreenModel

NEXT_LEAF: Final = "kiosk.next-leaf"  # stays in the kiosk; the station never hears of it
BUTTON_WIDTH_MM: Final = 36.0
TITLE_CAP_MM: Final = 4.8
SENTENCE_CAPS: Final = (6.6, 6.2, 5.8, 5.4, 5.1, MIN_CAP_MM)
NEXT_STEP_CAP_MM: Final = 5.0  # at most: it is bold, and on a field of its own
PAD_MM: Final = 2.6


class _Leaf(msgspec.Struct, frozen=True):
    """What stands on one leaf."""

    head: bool
    sentences: tuple[str, ...]
    next_step: bool


class ResultScreen(KioskScreen):
    """The last thing a person reads."""

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(panel, content, emit)
        self._title, self._word, self._next = Words(), Words(), Words()
        self._paragraphs: list[Words] = []
        self._band = Band(panel)
        self._card = Card()
        self._model: ScreenModel | None = None
        self._leaves: tuple[_Leaf, ...] = ()
        self._at = 0
        self._cap_mm = MIN_CAP_MM

    @property
    def leaves(self) -> int:
        """Return on how many leaves the present result stands."""
        return len(self._leaves)

    def render(self, model: ScreenModel) -> None:
        """Show a result from its first leaf, or again the leaf the person is at."""
        before, self._model = self._model, model
        # stepping on or off the deck changes the buttons: whoever reads stays where they are
        if before is None or (before.title, _view(before)) != (model.title, _view(model)):
            self._at = 0
            self._leaves, self._cap_mm = self._plan(model.title, _view(model))
        self._draw(model)

    def forget(self) -> None:
        """Keep nothing of a person's result."""
        self._model, self._leaves, self._at = None, (), 0
        for words in (self._title, self._word, self._next, *self._paragraphs):
            words.forget()

    def take(self, action: str) -> bool:
        """Turn to the next leaf."""
        if action != NEXT_LEAF or self._model is None:
            return False
        self._at = min(self._at + 1, len(self._leaves) - 1)
        self._draw(self._model)
        return True

    # --- what fits where -------------------------------------------------------------------------------------------

    def _plan(self, title: str, view: ResultView) -> tuple[tuple[_Leaf, ...], float]:
        """Return the fewest leaves, and the largest capitals with which they are enough."""
        fewest = self._pack(title, view, MIN_CAP_MM)
        for cap_mm in SENTENCE_CAPS:
            leaves = self._pack(title, view, cap_mm)
            if len(leaves) <= len(fewest) and all(self._fits(leaf, title, view, cap_mm) for leaf in leaves):
                return leaves, cap_mm
        return fewest, MIN_CAP_MM

    def _pack(self, title: str, view: ResultView, cap_mm: float) -> tuple[_Leaf, ...]:
        leaves = [_Leaf(True, (), False)]
        for sentence in view.sentences:
            grown = msgspec.structs.replace(leaves[-1], sentences=(*leaves[-1].sentences, sentence))
            if self._fits(grown, title, view, cap_mm):
                leaves[-1] = grown
            else:
                leaves.append(_Leaf(False, (sentence,), False))
        last = msgspec.structs.replace(leaves[-1], next_step=True)
        if self._fits(last, title, view, cap_mm):
            leaves[-1] = last
        else:
            leaves.append(_Leaf(False, (), True))
        return tuple(leaves)

    def _fits(self, leaf: _Leaf, title: str, view: ResultView, cap_mm: float) -> bool:
        gap = self.sizes.gap * 0.7
        height = self._bottom_height(leaf, view, cap_mm)
        if leaf.head:
            height += self._head_height(title, view) + (gap if leaf.sentences else 0)
        height += sum(self._mm(self._paragraph(sentence, cap_mm)) for sentence in leaf.sentences)
        height += gap * 0.5 * max(0, len(leaf.sentences) - 1) + gap
        return height <= self.content.height

    def _mm(self, fitted: Fitted) -> float:
        return fitted.height_px / self.panel.px_per_mm

    def _paragraph(self, text: str, cap_mm: float) -> Fitted:
        width = self.panel.px(self.content.width)
        return fit(text, self.panel.font_px(cap_mm), width, self.panel.px(self.content.height))

    def _heading(self, text: str, caps: tuple[float, ...]) -> Fitted:
        # the word of the result stands on one line: its room is one line high
        width = self.panel.px(self.content.width)
        return largest(text, caps, self.panel, width, 1.3 * self.panel.font_px(caps[0]), bold=True)

    def _words_of_head(self, title: str, view: ResultView) -> tuple[Fitted, Fitted]:
        largest_cap = self.sizes.word_cap
        return self._heading(title, (min(TITLE_CAP_MM, largest_cap), MIN_CAP_MM)), self._heading(
            view.word, (largest_cap, largest_cap * 0.85, largest_cap * 0.7, MIN_CAP_MM)
        )

    def _band_height(self, view: ResultView) -> float:
        return 0.0 if view.marker is None else self.sizes.band

    def _head_height(self, title: str, view: ResultView) -> float:
        band = self._band_height(view)
        words = sum(self._mm(fitted) for fitted in self._words_of_head(title, view))
        return words + (band + self.sizes.gap * 0.5 if band else 0)

    def _next_width(self, leaf: _Leaf) -> float:
        beside = leaf.head or leaf.sentences
        return self.content.width - (BUTTON_WIDTH_MM + TARGET_GAP_MM if beside else 0)

    def _next_step(self, leaf: _Leaf, view: ResultView, cap_mm: float) -> Fitted:
        room = self.panel.px(self._next_width(leaf) - 2 * PAD_MM)
        return fit(
            view.next_step,
            self.panel.font_px(min(cap_mm, NEXT_STEP_CAP_MM)),
            room,
            self.panel.px(self.content.height),
            bold=True,
        )

    def _bottom_height(self, leaf: _Leaf, view: ResultView, cap_mm: float) -> float:
        button = self.sizes.button_height
        if not leaf.next_step:
            return button
        card = self._mm(self._next_step(leaf, view, cap_mm)) + 2 * PAD_MM
        return max(button, card) if leaf.head or leaf.sentences else card + self.sizes.gap + button

    # --- drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, model: ScreenModel) -> None:
        leaf, view = self._leaves[self._at], _view(model)
        bottom, area = self.content.cut_bottom(self._bottom_height(leaf, view, self._cap_mm), self.sizes.gap * 0.7)
        self._draw_bottom(leaf, model, bottom)
        area = self._draw_head(leaf, model.title, view, area)
        self._draw_sentences(leaf, area)

    def _draw_head(self, leaf: _Leaf, title: str, view: ResultView, area: Rect) -> Rect:
        for widget in (self._title, self._word):
            set_shown(self, widget, leaf.head)
        band_shown = leaf.head and view.marker is not None
        set_shown(self, self._band, band_shown)
        if not leaf.head:
            return area
        panel = self.panel
        small, large = self._words_of_head(title, view)
        self._title.put(small, panel.px(area.x), panel.px(area.top), role="quiet")
        _, area = area.cut_top(self._mm(small))
        self._word.put(large, panel.px(area.x), panel.px(area.top))
        _, area = area.cut_top(self._mm(large))
        if view.marker is not None:
            _, area = area.cut_top(self.sizes.gap * 0.5)
            row, area = area.cut_top(self.sizes.band)
            self._band.show(row, view.marker)
        return area

    def _draw_sentences(self, leaf: _Leaf, area: Rect) -> None:
        while len(self._paragraphs) < len(leaf.sentences):
            self._paragraphs.append(Words())
        for widget in self._paragraphs[len(leaf.sentences) :]:
            set_shown(self, widget, False)
        paragraphs = [self._paragraph(sentence, self._cap_mm) for sentence in leaf.sentences]
        between = self.sizes.gap * 0.375
        needed = sum(map(self._mm, paragraphs)) + between * max(0, len(paragraphs) - 1)
        top = area.y + area.height / 2 + needed / 2
        for widget, fitted in zip(self._paragraphs, paragraphs, strict=False):
            set_shown(self, widget, True)
            widget.put(fitted, self.panel.px(area.x), self.panel.px(top))
            top -= self._mm(fitted) + between

    def _draw_bottom(self, leaf: _Leaf, model: ScreenModel, area: Rect) -> None:
        for widget in (self._card, self._next):
            set_shown(self, widget, False)
        buttons = [button for button in model.buttons if button.role in CONTENT_ROLES][:1]
        if not leaf.next_step:
            buttons = [Button(NEXT_LEAF, own_words(model.language).go_on)]
        place, rest = area.cut_right(BUTTON_WIDTH_MM, TARGET_GAP_MM)
        if leaf.next_step and not (leaf.head or leaf.sentences):
            place, rest = area.cut_bottom(self.sizes.button_height, self.sizes.gap)
            place = place.cut_right(BUTTON_WIDTH_MM)[0]
        if leaf.next_step:
            step = self._next_step(leaf, _view(model), self._cap_mm)
            self._card.put(rest, self.panel, self.sizes.radius)
            middle = rest.y + rest.height / 2 + self._mm(step) / 2
            self._next.put(step, self.panel.px(rest.x + PAD_MM), self.panel.px(middle), role="action")
            for widget in (self._card, self._next):
                set_shown(self, widget, True)
        self.put_buttons(buttons, [place] * len(buttons))


def _view(model: ScreenModel) -> ResultView:
    # a result without a view is a station's fault; the person still sees the title and the way on
    return model.result or ResultView(word=model.title, sentences=(model.body,) if model.body else (), next_step="")
