"""A quiet field with round corners."""

from kivy.properties import ColorProperty, NumericProperty
from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, Role, rgba


class Card(Widget):
    """A rounded field behind a picture or a few words."""

    fill = ColorProperty(rgba("tint"))
    radius_px = NumericProperty(1)

    def put(self, rect: Rect, panel: Panel, radius_mm: float, role: Role = "tint") -> None:
        """Place the field."""
        self.fill = rgba(role)
        self.radius_px = panel.px(radius_mm)
        place(self, rect, panel)


def place(widget: Widget, rect: Rect, panel: Panel) -> None:
    """Give a widget its place, in whole pixels."""
    left, bottom = round(panel.px(rect.x)), round(panel.px(rect.y))
    widget.pos = (left, bottom)
    widget.size = (round(panel.px(rect.right)) - left, round(panel.px(rect.top)) - bottom)
