"""The deck with the template on it, and where the weights go now."""

from kivy.graphics import InstructionGroup, PopMatrix, PushMatrix, Translate
from kivy.uix.widget import Widget

from kiosk_ui.fitting import largest
from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, Role, sizes_of
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.deck_outlines import deck_shapes, places, target_of
from kiosk_ui.widgets.vectors import draw
from kiosk_ui.widgets.words import Words, set_shown
from station.screens import DeckPicture


class DeckFigure(Widget):
    """Drawn anew only when the picture is another one."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._names: list[Words] = []
        self._screen = Words()
        self._shown: tuple[DeckPicture, Rect, str] | None = None
        with self.canvas.before:
            PushMatrix()
            self._move = Translate()
            self._slot = InstructionGroup()
            PopMatrix()
        self.add_widget(self._screen)

    def show(self, picture: DeckPicture, rect: Rect, screen_word: str) -> None:
        """Show the deck as large as it can be at the top of a rectangle."""
        if self._shown == (picture, rect, screen_word):
            return
        self._shown = (picture, rect, screen_word)
        place(self, rect, self._panel)
        self._move.xy = self.pos
        at = places(rect.width, rect.height)
        self._slot.clear()
        self._slot.add(draw(deck_shapes(picture, at), self._panel.px_per_mm).group)
        self._put(self._screen, screen_word, at.screen, "on_action")
        while len(self._names) < len(picture.holes):
            self._names.append(Words())
        for words in self._names[len(picture.holes) :]:
            set_shown(self, words, False)
        target = target_of(picture)
        for words, hole in zip(self._names, picture.holes, strict=False):
            set_shown(self, words, True)
            self._put(words, hole.name, at.label(hole), _role(hole is target))

    def _put(self, words: Words, text: str, box: Rect, role: Role) -> None:
        panel = self._panel
        fitted = largest(text, sizes_of(panel).table_caps, panel, panel.px(box.width), panel.px(box.height), bold=True)
        left = self.x + panel.px(box.x)
        top = self.y + panel.px(box.y + box.height / 2) + fitted.height_px / 2
        words.put(fitted, left, top, role=role, halign="center", room_px=panel.px(box.width))


def _role(target: bool) -> Role:
    return "on_action" if target else "ink"
