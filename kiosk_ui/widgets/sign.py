"""A sign by itself on the screen: the shape beside a verdict, so that no colour has to be told apart."""

from kivy.graphics import InstructionGroup, PopMatrix, PushMatrix, Translate
from kivy.uix.widget import Widget

from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, Role
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.icons import IconName, icon
from kiosk_ui.widgets.vectors import draw


class Sign(Widget):
    """One sign at a time; each is built once a size and kept."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._drawn: dict[tuple[IconName, int, Role], InstructionGroup] = {}
        self._current: InstructionGroup | None = None
        self.name: IconName | None = None
        with self.canvas:
            PushMatrix()
            self._move = Translate()
            self._slot = InstructionGroup()
            PopMatrix()

    def show(self, name: IconName, rect: Rect, role: Role, inside: Role = "card") -> None:
        """Show a sign as large as it can be in the middle of a rectangle, on a field of the colour `inside`."""
        place(self, rect.square(), self._panel)
        self._move.xy = self.pos
        self.name = name
        key = (name, int(self.width), role)
        if key not in self._drawn:
            self._drawn[key] = draw(icon(name, role, inside), self.width / 100).group
        if self._drawn[key] is not self._current:
            self._slot.clear()
            self._slot.add(self._drawn[key])
            self._current = self._drawn[key]
