"""How many digits have been typed: a dot for each, and never which."""

from typing import Final

from kivy.graphics import Color, SmoothEllipse
from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, rgba
from kiosk_ui.widgets.card import place

MOST_DOTS: Final = 12
DOT_MM: Final = 4.0


class PinField(Widget):
    """A row of dots in the middle of a field."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self.digits = 0
        with self.canvas:
            self._dots = []
            for _ in range(MOST_DOTS):
                colour = Color(*rgba("ink"))
                self._dots.append((colour, SmoothEllipse()))

    def show(self, rect: Rect, digits: int) -> None:
        """Show as many dots as digits have been typed, up to a dozen."""
        place(self, rect, self._panel)
        self.digits = min(max(digits, 0), MOST_DOTS)
        # a dozen always fits, so that no dot moves but for one more beside it
        step = min(self._panel.px(2 * DOT_MM), self.width / MOST_DOTS)
        side = min(self._panel.px(DOT_MM), step * 0.7)
        left = self.center_x - (self.digits - 1) * step / 2
        for at, (colour, dot) in enumerate(self._dots):
            colour.a = 1.0 if at < self.digits else 0.0
            dot.pos = (left + at * step - side / 2, self.center_y - side / 2)
            dot.size = (side, side)
