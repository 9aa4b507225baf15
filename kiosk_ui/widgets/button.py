"""Something to touch: large, with a word and where it helps a sign. It only says which action was touched."""

from typing import Any, Final

from kivy.graphics import InstructionGroup, PopMatrix, PushMatrix, Translate
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty
from kivy.uix.widget import Widget

from kiosk_ui.fitting import Fitted
from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, Role, rgba, sizes_of
from kiosk_ui.touch_gate import ALWAYS_AT_ONCE
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.icons import IconName, icon
from kiosk_ui.widgets.vectors import draw
from kiosk_ui.widgets.words import Words
from station.screens import Button, ButtonRole

RIM_MM: Final = 0.7
PADDING_MM: Final = 1.8
# A finger that slides a little while it presses still means this button.
SLIP_MM: Final = 8.0
ICON_MM: Final = 9.5
ICON_GAP_MM: Final = 2.0
BESIDE_MM: Final = 7.0  # a sign that stands beside its word

# role -> (face, face while pressed, rim, words)
_LOOK: Final[dict[ButtonRole, tuple[Role, Role, Role, Role]]] = {
    "primary": ("action", "action_pressed", "action", "on_action"),
    "secondary": ("card", "tint", "action", "action"),
    "stop": ("stop", "stop_pressed", "stop", "on_action"),
    "help": ("card", "tint", "quiet", "quiet"),
    "again": ("card", "tint", "quiet", "quiet"),
}


class BigButton(Widget):
    """One button. Dispatches `on_emit(action, role)` when it was touched and let go."""

    face = ColorProperty(rgba("action"))
    rim = ColorProperty(rgba("action"))
    rim_px = NumericProperty(1)
    radius_px = NumericProperty(1)
    pressed = BooleanProperty(False)
    __events__ = ("on_emit",)

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self.rim_px = max(1, round(panel.px(RIM_MM)))
        self.radius_px = panel.px(sizes_of(panel).radius)
        self.button = Button("", "")
        self.sign: IconName | None = None
        self._shown = 0
        self._under_finger = 0
        self._caption = Words()
        self.add_widget(self._caption)
        with self.canvas.after:
            PushMatrix()
            self._icon_move = Translate()
            self._icon_slot = InstructionGroup()
            PopMatrix()
        self._icons: dict[tuple[IconName, int, ButtonRole], InstructionGroup] = {}

    def show(
        self, button: Button, rect: Rect, label: Fitted, *, sign: IconName | None = None, beside: bool = False
    ) -> None:
        """Show a button; `label` was fitted by the caller, so that neighbours share a size.

        beside: the sign stands at the left of the word, else above it where there is room.
        """
        self.button, self.sign = button, sign
        self._shown += 1
        place(self, rect, self._panel)
        self._paint()
        if sign is not None and beside:
            self._show_beside(sign, label)
            return
        sign_px = self._panel.px(ICON_MM)
        gap_px = self._panel.px(ICON_GAP_MM)
        together = label.height_px + gap_px + sign_px
        has_sign = sign is not None and together <= self.height - 2 * self._panel.px(PADDING_MM)
        self._icon_slot.clear()
        top = self.center_y + (together if has_sign else label.height_px) / 2
        if sign is not None and has_sign:
            self._icon_move.xy = (round(self.center_x - sign_px / 2), round(top - sign_px))
            self._icon_slot.add(self._icon(sign, round(sign_px)))
            top -= sign_px + gap_px
        self._caption.put(label, self.x, top, role=_LOOK[button.role][3], halign="center", room_px=self.width)

    def _show_beside(self, sign: IconName, label: Fitted) -> None:
        side, padding = round(self._panel.px(BESIDE_MM)), self._panel.px(2 * PADDING_MM)
        self._icon_move.xy = (round(self.x + padding), round(self.center_y - side / 2))
        self._icon_slot.clear()
        self._icon_slot.add(self._icon(sign, side))
        left = self.x + padding + side + self._panel.px(ICON_GAP_MM)
        self._caption.put(label, left, self.center_y + label.height_px / 2, role=_LOOK[self.button.role][3])

    def on_pressed(self, *_: Any) -> None:
        """Look pressed while a finger is on it."""
        self._paint()

    def on_emit(self, action: str, role: ButtonRole) -> None:
        """Say what was touched; the panel listens."""

    def on_touch_down(self, touch: Any) -> bool:
        """Take a touch that begins here."""
        if not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self._under_finger = self._shown
        self.pressed = True
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Say the action when the finger leaves, if it is still here or nearly."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.pressed = False
        slip = self._panel.px(SLIP_MM)
        inside = self.x - slip <= touch.x <= self.right + slip and self.y - slip <= touch.y <= self.top + slip
        # what was shown anew since the finger came down was not meant, except Stop and Help, which mean the same always
        meant = self._under_finger == self._shown or self.button.action in ALWAYS_AT_ONCE
        if inside and meant and self.get_parent_window() is not None:
            self.dispatch("on_emit", self.button.action, self.button.role)
        return True

    def _paint(self) -> None:
        face, face_pressed, rim, _ = _LOOK[self.button.role]
        self.face = rgba(face_pressed if self.pressed else face)
        self.rim = rgba(rim)

    def _icon(self, sign: IconName, side: int) -> InstructionGroup:
        role = self.button.role
        if (sign, side, role) not in self._icons:
            face, _, _, words = _LOOK[role]
            self._icons[sign, side, role] = draw(icon(sign, words, face), side / 100).group
        return self._icons[sign, side, role]
