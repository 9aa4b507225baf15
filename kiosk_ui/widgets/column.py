"""The buttons that are always in reach: Say again, Help, Stop, each at its own constant place."""

from collections.abc import Callable, Sequence
from typing import Final

from kivy.uix.widget import Widget

from kiosk_ui.fitting import Fitted, largest
from kiosk_ui.layout import COLUMN_ROLES, Rect, Regions
from kiosk_ui.theme import Panel, sizes_of
from kiosk_ui.widgets.button import ICON_GAP_MM, ICON_MM, BigButton
from kiosk_ui.widgets.icons import IconName
from kiosk_ui.widgets.words import set_shown
from station.screens import Button, ButtonRole

Emit = Callable[[str, ButtonRole], None]
PADDING_MM: Final = 2.6
_SIGNS: Final[dict[ButtonRole, IconName]] = {"again": "again", "help": "help", "stop": "stop"}


class AlwaysColumn(Widget):
    """Shows those of the three that a screen has; a place that is not used stays empty."""

    def __init__(self, panel: Panel, regions: Regions, emit: Emit) -> None:
        super().__init__(size_hint=(None, None))
        self._panel = panel
        self._regions = regions
        self._buttons = {role: BigButton(panel) for role in COLUMN_ROLES}
        for button in self._buttons.values():
            button.bind(on_emit=lambda _, action, role: emit(action, role))

    def render(self, buttons: Sequence[Button]) -> None:
        """Show the buttons of a screen that belong here."""
        by_role = {button.role: button for button in buttons}
        for role, widget in self._buttons.items():
            button = by_role.get(role)
            set_shown(self, widget, button is not None)
            if button is None:
                continue
            rect = self._regions.column(role)
            label = self._label(button, rect)
            widget.show(button, rect, label, sign=_SIGNS[role])

    def _label(self, button: Button, rect: Rect) -> Fitted:
        """Return the words of a button, as large as leaves room for its sign; where nothing does, without the sign."""
        panel, caps = self._panel, sizes_of(self._panel).column_caps
        width = panel.px(rect.width - 2 * PADDING_MM)
        height = rect.height - 2 * PADDING_MM
        beside_sign = largest(button.label, caps, panel, width, panel.px(height - ICON_MM - ICON_GAP_MM), bold=True)
        if beside_sign.fits:
            return beside_sign
        return largest(button.label, caps, panel, width, panel.px(height), bold=True)
