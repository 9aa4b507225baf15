"""A ring that empties, with the seconds that are left, and in a measurement the cross to look at."""

import math
from typing import Final

from kivy.graphics import Color, InstructionGroup, SmoothEllipse, SmoothLine
from kivy.uix.widget import Widget

from kiosk_ui.fitting import fit
from kiosk_ui.layout import Rect
from kiosk_ui.theme import MIN_CAP_MM, Panel, rgba
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.vectors import add_disc, add_line, arc
from kiosk_ui.widgets.words import Words

WIDTH_MM: Final = 4.5  # of the arc, in a ring of REFERENCE_MM; smaller rings are thinner in proportion
TRACK_MM: Final = 1.2
CROSS_MM: Final = 14.0  # from end to end; 1.1 degrees of the eye at 70 cm
CROSS_WIDTH_MM: Final = 2.2
REFERENCE_MM: Final = 80.0
NUMBER_SHARE: Final = 0.34  # of the diameter, at most


class Ring(Widget):
    """The arc shows what is left of `ring_s`, from the top clockwise."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._ring_s: float | None = None
        self._shown: tuple[int, int] | None = None
        self._centre = (0.0, 0.0)
        self._radius_px = 1.0
        self._half_px = 1.0
        self._cap_mm = 10.0
        self._number_y = 0.0
        with self.canvas:
            Color(*rgba("card"))
            self._inside = SmoothEllipse()
            Color(*rgba("line"))
            self._track = SmoothLine(width=max(1.0, panel.px(TRACK_MM) / 2))
            self._arc_colour = Color(*rgba("ring"))
            self._arc = SmoothLine()
            self._ends = (SmoothEllipse(), SmoothEllipse())
        self._cross = InstructionGroup()
        self.canvas.add(self._cross)
        self._number = Words()
        self.add_widget(self._number)

    @property
    def number(self) -> Words:
        """Return the seconds, as words on the screen."""
        return self._number

    def show(
        self, rect: Rect, ring_s: float | None, *, cap_mm: float, least_cap_mm: float = MIN_CAP_MM, cross: bool = False
    ) -> None:
        """Draw a full ring in the middle of a rectangle; capitals of its number are `cap_mm` high if there is room."""
        place(self, rect.square(), self._panel)
        diameter_mm = self.width / self._panel.px_per_mm
        scale = min(1.0, diameter_mm / REFERENCE_MM)
        self._half_px = self._panel.px(WIDTH_MM * scale) / 2
        self._arc.width = self._half_px
        self._centre = (self.center_x, self.center_y)
        self._radius_px = self.width / 2 - self._half_px - 1
        self._ring_s = ring_s
        self._cap_mm = max(least_cap_mm, min(cap_mm, NUMBER_SHARE * diameter_mm))
        x, y, radius = *self._centre, self._radius_px
        self._inside.pos = (x - radius, y - radius)
        self._inside.size = (2 * radius, 2 * radius)
        self._track.circle = (x, y, radius)
        self._cross.clear()
        if cross:
            half, thick = self._panel.px(CROSS_MM * scale) / 2, self._panel.px(CROSS_WIDTH_MM * scale)
            add_line(self._cross, ((x - half, y), (x + half, y)), "ink", thick)
            add_line(self._cross, ((x, y - half), (x, y + half)), "ink", thick)
            add_disc(self._cross, (x, y), thick * 0.85, "ink")
        # under the cross, well clear of where the eyes rest
        self._number_y = y - radius * 0.55 if cross else y
        self._shown = None
        self.left(ring_s)

    def left(self, seconds: float | None) -> None:
        """Show how much is left; without a length or a time there is no number."""
        if self._ring_s is None or seconds is None:
            self._draw(0, 0, "")
            return
        seconds = min(max(seconds, 0.0), self._ring_s)
        # whole degrees: each step redraws the window, and a finer one is not worth it
        self._draw(round(360 * seconds / self._ring_s), math.ceil(seconds - 1e-6), str(math.ceil(seconds - 1e-6)))

    def _draw(self, degrees: int, whole_s: int, text: str) -> None:
        shown = (degrees, whole_s if text else -1)
        if shown == self._shown:
            return
        before, self._shown = self._shown, shown
        self._draw_arc(degrees)
        if before is None or before[1] != shown[1]:
            fitted = fit(text, self._panel.font_px(self._cap_mm), self.width, self.height, bold=True)
            left, top = self._centre[0] - self.width / 2, self._number_y + fitted.height_px / 2
            self._number.put(fitted, left, top, halign="center", room_px=self.width)

    def _draw_arc(self, degrees: float) -> None:
        half = self._half_px
        self._arc_colour.a = 1.0 if degrees > 0 else 0.0
        if degrees <= 0:
            return
        points = arc(self._centre, self._radius_px, 360 - degrees, 360)
        self._arc.points = [value for point in points for value in point]
        for end, (x, y) in zip(self._ends, (points[0], points[-1]), strict=True):
            end.pos = (x - half, y - half)
            end.size = (2 * half, 2 * half)
