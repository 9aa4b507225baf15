"""A picture drawn from outlines. Each (picture, size) is built once and kept; showing it again costs nothing."""

from kivy.graphics import InstructionGroup, PopMatrix, PushMatrix, Translate
from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.outlines import BOX, picture
from kiosk_ui.widgets.vectors import Drawn, draw
from station.screens import Picture as PictureName


class Picture(Widget):
    """One picture at a time."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._drawn: dict[tuple[PictureName, int, bool], Drawn] = {}
        self._current: Drawn | None = None
        self.name: PictureName = "none"
        with self.canvas:
            PushMatrix()
            self._move = Translate()
            self._slot = InstructionGroup()
            PopMatrix()

    def show(self, name: PictureName, rect: Rect, *, dark: bool = False) -> None:
        """Show a picture as large as it can be in the middle of a rectangle."""
        unit = min(rect.width / BOX[0], rect.height / BOX[1])
        place(self, rect.centred(BOX[0] * unit, BOX[1] * unit), self._panel)
        self._move.xy = self.pos
        width = int(self.width)
        key = (name, width, dark)
        if key not in self._drawn:
            self._drawn[key] = draw(picture(name, dark=dark), width / BOX[0])
        drawn = self._drawn[key]
        if drawn is not self._current:
            self._slot.clear()
            self._slot.add(drawn.group)
            self._current = drawn
        self.name = name
        self.weight(0.0)

    def weight(self, fraction: float) -> None:
        """Fill the marks for the feet as far as there is weight on the deck, 0 to 1."""
        if self._current is None:
            return
        alpha = min(max(fraction, 0.0), 1.0)
        for colour in self._current.weights:
            if colour.a != alpha:
                colour.a = alpha
