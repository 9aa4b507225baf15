"""Find your centre: a dot for where the person's weight is, a ring for where it should be; millimetres of the deck.

Only ever shown where nothing is scored: a live dot is another task and would change the sway.
"""

import math
from typing import Final

from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, rgba
from kiosk_ui.widgets.card import place
from station.messages import LIVE_HZ

REACH_MM: Final = 60.0  # deck millimetres from the middle to the edge of the field
TARGET_MM: Final = 18.0  # radius of the ring
DOT_MM: Final = 4.0  # radius of the dot on the screen
SMOOTHING_HZ: Final = 5.0  # the shown dot is low-passed so that it is calm; what is stored never is
_KEEP: Final = math.exp(-2 * math.pi * SMOOTHING_HZ / LIVE_HZ)


class CentreFinder(Widget):
    """A round field, a ring and a dot. Right is right; up is towards the screen."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._dot_mm: tuple[float, float] | None = None
        rim = max(1.0, panel.px(0.6))
        with self.canvas:
            Color(*rgba("card"))
            self._field = SmoothEllipse()
            Color(*rgba("line"))
            self._rim = SmoothLine(width=rim)
            self._axes = (SmoothLine(width=1.0), SmoothLine(width=1.0))
            self._in_colour = Color(*rgba("skin"))
            self._in = SmoothEllipse()
            Color(*rgba("ring"))
            self._ring = SmoothLine(width=panel.px(1.0))
            self._halo_colour = Color(*rgba("card"))
            self._halo = SmoothEllipse()
            self._dot_colour = Color(*rgba("dot"))
            self._dot = SmoothEllipse()

    @property
    def dot_shown(self) -> bool:
        """Return whether the dot can be seen."""
        return bool(self._dot_colour.a > 0)

    @property
    def on_target(self) -> bool:
        """Return whether the dot is in the ring."""
        return self._dot_mm is not None and math.hypot(*self._dot_mm) <= TARGET_MM

    @property
    def _scale(self) -> float:
        """Return pixels a millimetre of the deck; the whole dot stays inside the field."""
        return float((self.width / 2 - self._panel.px(1.0 + DOT_MM)) / REACH_MM)

    def show(self, rect: Rect) -> None:
        """Draw the field in the middle of a rectangle, without a dot."""
        place(self, rect.square(), self._panel)
        x, y = self.center
        radius = self.width / 2 - self._panel.px(1.0)
        target = self._scale * TARGET_MM
        _circle(self._field, x, y, radius)
        _circle(self._in, x, y, target)
        self._rim.circle = (x, y, radius)
        self._ring.circle = (x, y, target)
        self._axes[0].points = (x - radius, y, x + radius, y)
        self._axes[1].points = (x, y - radius, x, y + radius)
        self._dot_mm = None
        self._draw_dot()

    def dot(self, ml_mm: float | None, ap_mm: float | None) -> None:
        """Move the dot to where the weight is on the deck, or take it away."""
        if ml_mm is None or ap_mm is None or not (math.isfinite(ml_mm) and math.isfinite(ap_mm)):
            self._dot_mm = None
        elif self._dot_mm is None:
            self._dot_mm = (ml_mm, ap_mm)
        else:
            self._dot_mm = (
                ml_mm + (self._dot_mm[0] - ml_mm) * _KEEP,
                ap_mm + (self._dot_mm[1] - ap_mm) * _KEEP,
            )
        self._draw_dot()

    def _draw_dot(self) -> None:
        # thicker, not only another colour: the ring answers when the dot is in it
        self._ring.width = self._panel.px(1.7 if self.on_target else 1.0)
        self._in_colour.a = 0.75 if self.on_target else 0.0
        self._dot_colour.a = self._halo_colour.a = 0.0 if self._dot_mm is None else 1.0
        if self._dot_mm is None:
            return
        x_mm, y_mm = self._dot_mm
        away = math.hypot(x_mm, y_mm)
        if away > REACH_MM:  # further out than the field: at its edge, in the right direction
            x_mm, y_mm = x_mm * REACH_MM / away, y_mm * REACH_MM / away
        x, y = self.center_x + x_mm * self._scale, self.center_y + y_mm * self._scale
        _circle(self._halo, x, y, self._panel.px(DOT_MM + 0.8))
        _circle(self._dot, x, y, self._panel.px(DOT_MM))


def _circle(ellipse: SmoothEllipse, x: float, y: float, radius: float) -> None:
    ellipse.pos = (x - radius, y - radius)
    ellipse.size = (2 * radius, 2 * radius)
