"""One question, and its answers as large buttons of equal rank."""

import math

from kiosk_ui.layout import Rect, grid
from kiosk_ui.screens.base import WordsScreen
from kiosk_ui.theme import TARGET_GAP_MM

ONE_ROW = 3


class ChoiceScreen(WordsScreen):
    """Up to three answers stand in one row, more in two."""

    def buttons_height(self, count: int) -> float:
        """Return one row or two."""
        rows = 1 if count <= ONE_ROW else 2
        height = self.sizes.button_height * (1.25 if rows == 1 and self.sizes.button_height > 20 else 1.0)
        return rows * height + (rows - 1) * TARGET_GAP_MM

    def cells(self, area: Rect, count: int) -> list[Rect]:
        """Return where the answers stand."""
        return grid(area, count, count if count <= ONE_ROW else math.ceil(count / 2), TARGET_GAP_MM)
