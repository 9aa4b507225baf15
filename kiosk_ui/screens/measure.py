"""While we measure: a cross to look at, a ring with the seconds, and nothing else that moves. Never a dot."""

from kiosk_ui.fitting import largest
from kiosk_ui.layout import Rect
from kiosk_ui.screens.base import PROGRESS_ROW_MM, KioskScreen
from kiosk_ui.theme import Panel
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.progress import ProgressDots
from kiosk_ui.widgets.ring import Ring
from kiosk_ui.widgets.words import Words
from station.messages import Live
from station.screens import ScreenModel

SECONDS_CAP_MM = 10.0
SECONDS_SHARE = 0.13  # of the ring


class MeasureScreen(KioskScreen):
    """Heading above, the ring in the middle, one line below."""

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(panel, content, emit)
        self._progress = ProgressDots(panel)
        self._heading = Words()
        self._body = Words()
        self.ring = Ring(panel)
        for widget in (self._progress, self._heading, self._body, self.ring):
            self.add_widget(widget)

    def render(self, model: ScreenModel) -> None:
        """Show heading, ring with cross, and the line below."""
        panel, area = self.panel, self.content
        row, _ = area.cut_top(PROGRESS_ROW_MM)
        self._progress.show(model.progress, row)
        width, half = panel.px(area.width), panel.px(area.height / 2)
        heading = largest(model.title, self.sizes.heading_caps, panel, width, half, bold=True)
        body = largest(model.body, self.sizes.body_caps, panel, width, half)
        left = panel.px(area.x)
        # between dots and heading as little as can be: the ring is what this screen is for
        _, area = area.cut_top(PROGRESS_ROW_MM * 0.6 if model.progress is not None else 0.0)
        self._heading.put(heading, left, panel.px(area.top), halign="center", room_px=width)
        self._body.put(body, left, panel.px(area.y) + body.height_px, halign="center", room_px=width)
        gap = 2.0
        _, area = area.cut_top(heading.height_px / panel.px_per_mm, gap)
        _, area = area.cut_bottom(body.height_px / panel.px_per_mm, gap)
        cap_mm = min(SECONDS_CAP_MM, SECONDS_SHARE * area.height)
        self.ring.show(area, model.ring_s, cap_mm=cap_mm, cross=True)

    def live(self, live: Live) -> None:
        """Show what is left of the ring; whatever else comes in is not for this screen."""
        if live.ring_left_s is not None:
            self.ring.left(live.ring_left_s)
