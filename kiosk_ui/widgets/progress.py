"""How far the person is: one dot a step, a long one for the step they are at."""

from kivy.graphics import InstructionGroup
from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, sizes_of
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.outlines import Disc, Fill, Shape, Stroke, ellipse, rounded
from kiosk_ui.widgets.vectors import draw
from station.screens import Progress


class ProgressDots(Widget):
    """Steps done are filled, the present one is long, those to come are rings."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._slot = InstructionGroup()
        self.canvas.add(self._slot)

    def show(self, progress: Progress | None, rect: Rect) -> None:
        """Draw the dots at the left of a rectangle, or nothing."""
        place(self, rect, self._panel)
        self._slot.clear()
        if progress is None or progress.of < 2:
            return
        size = self._panel.px(sizes_of(self._panel).progress)
        self._slot.add(draw(_dots(progress, self.x, self.center_y, size), 1.0).group)


def _dots(progress: Progress, left: float, middle: float, size: float) -> list[Shape]:
    shapes: list[Shape] = []
    x = left
    for step in range(1, progress.of + 1):
        if step == progress.at:
            shapes.append(Fill(rounded(x, middle - size / 2, size * 2.6, size, size * 0.49), "action"))
            x += size * 3.4
            continue
        centre = (x + size / 2, middle)
        if step < progress.at:
            shapes.append(Disc(centre, size / 2, "action"))
        else:
            outline = tuple(ellipse(centre, size * 0.42, size * 0.42))
            shapes.append(Stroke(outline, "line", size * 0.16, closed=True))
        x += size * 1.8
    return shapes
