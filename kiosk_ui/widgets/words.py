"""Words on the screen, at the size and place they were fitted to."""

from typing import Literal

from kivy.uix.label import Label
from kivy.uix.widget import Widget

from kiosk_ui.fitting import Fitted
from kiosk_ui.theme import Panel, Role, rgba


class Words(Label):
    """A block of words."""

    def put(
        self,
        fitted: Fitted,
        x: float,
        top: float,
        *,
        role: Role = "ink",
        halign: Literal["left", "center"] = "left",
        room_px: float | None = None,
    ) -> None:
        """Show fitted words with the upper edge at `top`; centred ones stand in the middle of `room_px`."""
        width = fitted.width_px
        left = x + ((room_px or width) - width) / 2 if halign == "center" else x
        self.bold = fitted.bold
        self.font_size = fitted.font_px
        self.halign = halign
        self.color = rgba(role)
        self.text_size = (width, None)
        self.text = fitted.text
        self.size = (width, fitted.height_px)
        self.pos = (round(left), round(top - fitted.height_px))

    def forget(self) -> None:
        """Keep no words; they may have been somebody's."""
        self.text = ""

    def cap_mm(self, panel: Panel) -> float:
        """Return how high its capitals are, mm."""
        return panel.cap_mm(self.font_size)


def set_shown(parent: Widget, child: Widget, shown: bool) -> None:
    """Have `child` in the tree of `parent`, or not; a widget that is not shown cannot be touched."""
    if shown and child.parent is None:
        parent.add_widget(child)
    elif not shown and child.parent is not None:
        parent.remove_widget(child)
