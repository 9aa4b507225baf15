"""The PIN: ten digits where every telephone has them, a dot for each that was typed. The digits are never shown.

On a panel too low for four rows of keys the 0 stands beside the 6.
"""

from collections.abc import Sequence
from typing import Final

from kiosk_ui.fitting import heading_and_body
from kiosk_ui.layout import Rect, frame_of
from kiosk_ui.screens.base import KioskScreen, same_but_values
from kiosk_ui.secrecy import DIGIT
from kiosk_ui.theme import STAFF_TARGET_MM, TARGET_GAP_MM, Panel
from kiosk_ui.widgets.button_field import ButtonField
from kiosk_ui.widgets.card import Card
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.pin_field import PinField
from kiosk_ui.widgets.words import Words, set_shown
from station.screens import Button, ScreenModel

Rows = tuple[tuple[str, ...], ...]
HIGH: Final[Rows] = (("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9"), ("back", "0", "enter"))
LOW: Final[Rows] = (("1", "2", "3", "back"), ("4", "5", "6", "0"), ("7", "8", "9", "enter"))
TALLEST_KEY_MM: Final = 26.0
FIELD_MM: Final = 13.0  # height of the field of dots


class KeypadScreen(KioskScreen):
    """Words, dots and what is not a key on the left, keys on the right."""

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(panel, content, emit)
        self.frame = frame_of(panel)
        self._heading, self._body = Words(), Words()
        self._card = Card()
        self.field = PinField(panel)
        self._digits = ButtonField(panel, self, emit)
        self._words = ButtonField(panel, self, emit)  # Erase and Enter
        self._others = ButtonField(panel, self, emit)
        self._model: ScreenModel | None = None
        for widget in (self._heading, self._body):
            self.add_widget(widget)

    def render(self, model: ScreenModel) -> None:
        """Show words, keys and dots."""
        keys = {name: button for button in model.buttons if (name := _key(button.action)) is not None}
        others = [
            button
            for button in model.buttons
            if _key(button.action) is None and button.role in ("primary", "secondary")
        ]
        pad, left = self._pad(bool(keys))
        # a key is not shown anew while somebody types: a finger may be on it
        stay = same_but_values(self._model, model)
        self._model = model
        cells = _cells(pad, self.rows)
        shown = [(keys[name], cells[name]) for name in cells if name in keys]
        for field, caps, is_digit in (
            (self._digits, self.sizes.staff_heading_caps, True),
            (self._words, self.sizes.staff_body_caps, False),
        ):
            some = [(key, cell) for key, cell in shown if key.action.startswith(DIGIT) == is_digit]
            field.show([key for key, _ in some], [cell for _, cell in some], caps, stay=stay)
        self._put_others(others, left, stay=stay)
        if others:
            _, left = left.cut_bottom(STAFF_TARGET_MM, self.sizes.gap)
        self._put_dots(model, bool(keys), left)

    def forget(self) -> None:
        """Keep nothing of what was typed, not even how much."""
        self._model = None
        self.field.show(Rect(0, 0, 1, 1), 0)

    @property
    def rows(self) -> Rows:
        """Return the keys as they stand: four rows where there is room for them."""
        needed = len(HIGH) * STAFF_TARGET_MM + (len(HIGH) - 1) * TARGET_GAP_MM
        return HIGH if self.frame.height >= needed else LOW

    def _pad(self, has_keys: bool) -> tuple[Rect, Rect]:
        if not has_keys:
            return self.frame, self.frame
        across, down = len(self.rows[0]), len(self.rows)
        width = across * self.sizes.key + (across - 1) * TARGET_GAP_MM
        pad, left = self.frame.cut_right(width, 1.5 * self.sizes.gap)
        height = min(pad.height, down * TALLEST_KEY_MM + (down - 1) * TARGET_GAP_MM)
        return pad.centred(width, height), left

    def _put_others(self, buttons: Sequence[Button], area: Rect, *, stay: bool) -> None:
        row = area.cut_bottom(STAFF_TARGET_MM)[0]
        width = min(60.0, (row.width - (len(buttons) - 1) * TARGET_GAP_MM) / max(len(buttons), 1))
        cells = [Rect(row.x + at * (width + TARGET_GAP_MM), row.y, width, row.height) for at in range(len(buttons))]
        self._others.show(buttons, cells, self.sizes.staff_button_caps, stay=stay)

    def _put_dots(self, model: ScreenModel, has_keys: bool, area: Rect) -> None:
        set_shown(self, self._card, has_keys)
        set_shown(self, self.field, has_keys)
        if has_keys:
            field, area = area.cut_bottom(FIELD_MM, self.sizes.gap)
            self._card.put(field, self.panel, self.sizes.radius)
            self.field.show(field.inset(2.0), 0 if model.staff is None else model.staff.digits)
        panel, gap = self.panel, self.panel.px(self.sizes.gap * 0.5)
        caps = list(zip(self.sizes.staff_heading_caps, self.sizes.staff_body_caps, strict=True))
        heading, body = heading_and_body(
            model.title, model.body, caps, panel, panel.px(area.width), panel.px(area.height), gap
        )
        left, top = panel.px(area.x), panel.px(area.top)
        self._heading.put(heading, left, top)
        self._body.put(body, left, top - heading.height_px - gap)


def _key(action: str) -> str | None:
    """Return which key an action belongs to: a digit, `back` or `enter`; None for what stands beside the keys."""
    name = action.removeprefix(DIGIT)
    return name if name in {key for row in HIGH for key in row} else None


def _cells(pad: Rect, rows: Rows) -> dict[str, Rect]:
    """Return where each key stands."""
    across, down = len(rows[0]), len(rows)
    width = (pad.width - (across - 1) * TARGET_GAP_MM) / across
    height = (pad.height - (down - 1) * TARGET_GAP_MM) / down
    return {
        name: Rect(
            pad.x + column * (width + TARGET_GAP_MM),
            pad.top - height - row * (height + TARGET_GAP_MM),
            width,
            height,
        )
        for row, names in enumerate(rows)
        for column, name in enumerate(names)
    }
