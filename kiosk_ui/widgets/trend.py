"""The daily checks over time, with their limits and the days at both ends."""

from collections.abc import Sequence
from typing import Final, Literal

from kivy.graphics import InstructionGroup
from kivy.uix.widget import Widget

from kiosk_ui.fitting import Fitted, fit
from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, sizes_of
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.trend_outlines import places, trend_shapes
from kiosk_ui.widgets.vectors import draw
from kiosk_ui.widgets.words import Words
from station.screens import Trend

GAP_MM: Final = 2.0


class TrendFigure(Widget):
    """Drawn anew only when there is another check to show."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._shown: tuple[Trend, Rect] | None = None
        self._slot = InstructionGroup()
        self.canvas.add(self._slot)
        self._limits = (Words(), Words(), Words())
        self._days = (Words(), Words())
        for words in (*self._limits, *self._days):
            self.add_widget(words)

    def show(self, trend: Trend, rect: Rect) -> None:
        """Draw the checks in a rectangle."""
        if self._shown == (trend, rect):
            return
        self._shown = (trend, rect)
        panel = self._panel
        place(self, rect, panel)
        labels = [self._fitted(text) for text in _limit_words(trend)]
        days = [self._fitted(text) for text in _days(trend)]
        left = max(each.width_px for each in labels) / panel.px_per_mm + GAP_MM
        below = max(each.height_px for each in labels) / panel.px_per_mm + GAP_MM
        field = rect.cut_bottom(below)[1].cut_left(left)[1]
        at = places(trend, field)
        self._slot.clear()
        self._slot.add(draw(trend_shapes(trend, at), panel.px_per_mm).group)
        for words, label, y in zip(self._limits, labels, (at.upper, at.zero, at.lower), strict=True):
            x = panel.px(field.x - GAP_MM) - label.width_px
            words.put(label, x, panel.px(y) + label.height_px / 2)
        for words in self._days:
            words.forget()
        ends: tuple[Literal["left", "right"], ...] = ("left", "right")
        for words, day, end in zip(self._days, days, ends, strict=False):
            x = panel.px(field.x) if end == "left" else panel.px(field.right) - day.width_px
            words.put(day, x, panel.px(field.y - GAP_MM))

    def _fitted(self, text: str) -> Fitted:
        panel = self._panel
        return fit(text, panel.font_px(sizes_of(panel).table_caps[0]), panel.px(60), panel.px(20))


def _limit_words(trend: Trend) -> Sequence[str]:
    return (f"+{trend.limit_percent:g} %", "0", f"\u2212{trend.limit_percent:g} %")


def _days(trend: Trend) -> Sequence[str]:
    return tuple(dict.fromkeys(point.day for point in (*trend.points[:1], *trend.points[-1:])))
