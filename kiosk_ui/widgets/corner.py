"""The staff corner: the top right of the screen before a visit, held for three seconds. A small mark shows where.

It lies over whatever stands there and takes nothing from it: a touch that is short is a touch on what lies under it.
"""

from collections.abc import Callable
from typing import Any, Final

from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, sizes_of
from kiosk_ui.touch_gate import Hold
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.sign import Sign

REACH_MM: Final = 26.0  # side of the field that is held
MARK_MM: Final = 4.0


class StaffCorner(Widget):
    """Calls `on_held` once when it was held for three seconds."""

    def __init__(self, panel: Panel, on_held: Callable[[], None]) -> None:
        super().__init__(size_hint=(None, None))
        self._on_held = on_held
        self._hold = Hold()
        width, height = panel.width_mm, panel.height_mm
        place(self, Rect(width - REACH_MM, height - REACH_MM, REACH_MM, REACH_MM), panel)
        mark = min(MARK_MM, sizes_of(panel).margin)
        self._mark = Sign(panel)
        self._mark.show("corner", Rect(width - mark, height - mark, mark, mark), "line")
        self.add_widget(self._mark)

    def tick(self, now_s: float) -> None:
        """Look whether it has been held for long enough."""
        if self.parent is not None and self._hold.tick(now_s):
            self._on_held()

    def forget(self) -> None:
        """Forget the finger: another screen has come."""
        self._hold.up()

    def on_touch_down(self, touch: Any) -> bool:
        """Watch a touch that begins here, and leave it to whatever lies under."""
        if self.collide_point(*touch.pos):
            touch.grab(self)
            self._hold.down()
        return False

    def on_touch_move(self, touch: Any) -> bool:
        """Let go of a finger that leaves the corner."""
        if touch.grab_current is self and not self.collide_point(*touch.pos):
            touch.ungrab(self)
            self._hold.up()
        return False

    def on_touch_up(self, touch: Any) -> bool:
        """Forget a finger that has left the glass."""
        if touch.grab_current is self:
            touch.ungrab(self)
            self._hold.up()
        return False
