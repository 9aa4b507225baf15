"""The band of the result: steady on the left, swaying on the right, and a marker. No numbers, no red, no green."""

from typing import Final

from kivy.graphics import InstructionGroup
from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, Role
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.outlines import Disc, Fill, Shape, Stroke, rounded
from kiosk_ui.widgets.vectors import arc, draw

BAR_SHARE: Final = 0.42  # of the height; the marker stands on top
FIGURE_SHARE: Final = 0.55
# One hue, growing darker: thirds of the band are up to P75, P75 to P90, above P90 (the station's meaning of `marker`).
_THIRDS: Final[tuple[Role, ...]] = ("tint", "skin", "ring")


class Band(Widget):
    """Three thirds, a small figure at each end, and the marker."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._slot = InstructionGroup()
        self.canvas.add(self._slot)

    def show(self, rect: Rect, marker: float) -> None:
        """Draw the band in a rectangle with its marker at 0 (left) to 1 (right)."""
        place(self, rect, self._panel)
        self._slot.clear()
        self._slot.add(draw(band(self.width, self.height, marker, self.pos), 1.0).group)


def band(width: float, height: float, marker: float, origin: tuple[float, float] = (0, 0)) -> tuple[Shape, ...]:
    """Return the shapes of a band, px; pure, so that a test can see where the marker is."""
    x, y = origin
    figure = height * FIGURE_SHARE
    bar = height * BAR_SHARE
    shapes: list[Shape] = []
    for role, (start, end) in zip(_THIRDS, thirds(width, height), strict=True):
        outline = rounded(x + start, y, end - start, bar, bar * 0.28)
        rim: Role = "ring" if role == "ring" else "line"
        shapes += [Fill(outline, role), Stroke(outline, rim, height * 0.03, closed=True)]
    at_x = x + marker_x(width, height, marker)
    shapes += _pin((at_x, y + bar * 0.62), y + height, height * 0.24)
    shapes += _figure(x + figure * 0.45, y, figure * 1.25, lean=0.0)
    shapes += _figure(x + width - figure * 0.5, y, figure * 1.25, lean=0.22)
    return tuple(shapes)


def thirds(width: float, height: float) -> tuple[tuple[float, float], ...]:
    """Return from where to where each third reaches, px from the left of the band."""
    margin = height * FIGURE_SHARE * 1.15
    gap = height * 0.05
    third = (width - 2 * margin - 2 * gap) / 3
    return tuple((margin + at * (third + gap), margin + at * (third + gap) + third) for at in range(3))


def marker_x(width: float, height: float, marker: float) -> float:
    """Return where a marker of 0 to 1 points, px from the left of the band; what lies outside stays at the end."""
    spans = thirds(width, height)
    room = height * BAR_SHARE * 0.3
    left, right = spans[0][0] + room, spans[-1][1] - room
    whole = spans[-1][1] - spans[0][0]
    return min(max(spans[0][0] + min(max(marker, 0.0), 1.0) * whole, left), right)


def _pin(tip: tuple[float, float], top: float, radius: float) -> list[Shape]:
    """Return a pin that points at the bar, with a light edge that keeps it apart from every colour under it."""
    x, middle = tip[0], top - radius
    shoulders = arc((x, middle), radius, -118, 118)
    outline = (tip, *shoulders)
    return [
        Stroke(outline, "card", radius * 0.45, closed=True),
        Fill(outline, "ink"),
        Disc((x, middle), radius * 0.42, "card"),
    ]


def _figure(x: float, y: float, height: float, lean: float) -> list[Shape]:
    """Return a standing figure; one that leans has small arcs beside it, as things that sway have in a drawing."""
    head, hips = (x + lean * height * 0.85, y + height * 0.85), (x + lean * height * 0.42, y + height * 0.42)
    neck = (x + lean * height * 0.68, y + height * 0.68)
    width = height * 0.1
    shapes: list[Shape] = [
        Disc(head, height * 0.125, "quiet"),
        Stroke((neck, hips), "quiet", width * 2.1),
        Stroke((hips, (x - height * 0.1, y + width / 2)), "quiet", width),
        Stroke((hips, (x + height * 0.1, y + width / 2)), "quiet", width),
    ]
    if lean:
        arm = height * 0.26
        shapes += [
            Stroke((neck, (neck[0] - arm, neck[1] + height * 0.02)), "quiet", width * 0.9),
            Stroke((neck, (neck[0] + arm, neck[1] - height * 0.12)), "quiet", width * 0.9),
        ]
    return shapes
