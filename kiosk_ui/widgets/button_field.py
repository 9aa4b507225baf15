"""Buttons of equal rank in cells, with words of one size; made as they are needed, and kept."""

from collections.abc import Callable, Sequence
from typing import Final

from kivy.uix.widget import Widget

from kiosk_ui.fitting import largest_for_all
from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel
from kiosk_ui.widgets.button import BESIDE_MM, ICON_GAP_MM, PADDING_MM, BigButton
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.icons import IconName
from kiosk_ui.widgets.words import set_shown
from station.screens import Button

SignOf = Callable[[Button], IconName]
_SIGN_ROOM_MM: Final = BESIDE_MM + ICON_GAP_MM + 2 * PADDING_MM


class ButtonField:
    """The buttons that a screen shows beside those that are always there."""

    def __init__(self, panel: Panel, parent: Widget, emit: Emit) -> None:
        self._panel = panel
        self._parent = parent
        self._emit = emit
        self._widgets: list[BigButton] = []
        self._last: tuple[tuple[Button, ...], tuple[Rect, ...]] | None = None

    def show(
        self,
        buttons: Sequence[Button],
        cells: Sequence[Rect],
        caps_mm: Sequence[float],
        *,
        sign_of: SignOf | None = None,
        stay: bool = False,
    ) -> None:
        """Show buttons in cells; those that are not needed leave the tree. sign_of: the sign beside each word.

        stay: they mean what they meant before, so a finger that is on one of them while it is drawn still counts.
        """
        shown = (tuple(buttons), tuple(cells))
        if stay and shown == self._last:
            return
        self._last = shown
        while len(self._widgets) < len(buttons):
            widget = BigButton(self._panel)
            widget.bind(on_emit=lambda _, action, role: self._emit(action, role))
            self._widgets.append(widget)
        for widget in self._widgets[len(buttons) :]:
            set_shown(self._parent, widget, False)
        if not buttons:
            return
        panel = self._panel
        width = min(cell.width for cell in cells) - 2 * PADDING_MM - (0 if sign_of is None else _SIGN_ROOM_MM)
        height = min(cell.height for cell in cells) - 2 * PADDING_MM
        words = [button.label for button in buttons]
        labels = largest_for_all(words, caps_mm, panel, panel.px(width), panel.px(height), bold=True)
        for widget, button, cell, label in zip(self._widgets, buttons, cells, labels, strict=False):
            set_shown(self._parent, widget, True)
            sign = None if sign_of is None else sign_of(button)
            widget.show(button, cell, label, sign=sign, beside=sign is not None)
