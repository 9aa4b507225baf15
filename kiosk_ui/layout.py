"""Where things stand, as pure arithmetic on rectangles in millimetres; origin at the bottom left, as in Kivy.

A panel is split once: the content on the left, and on the right the column of buttons that are always there. Stop is
at the same place on every screen, so that a hand finds it without reading.
"""

from typing import Final

import msgspec

from kiosk_ui.theme import TARGET_GAP_MM, Panel, sizes_of
from station.screens import ButtonRole


class Rect(msgspec.Struct, frozen=True):
    """A rectangle, mm."""

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """Return the upper edge."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.x + self.width

    def inset(self, by: float) -> "Rect":
        """Return this rectangle without a margin all around."""
        return Rect(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def cut_left(self, width: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Return the left `width` and what remains to its right after a gap."""
        rest = self.width - width - gap
        return Rect(self.x, self.y, width, self.height), Rect(self.right - rest, self.y, rest, self.height)

    def cut_right(self, width: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Return the right `width` and what remains to its left before a gap."""
        rest = self.width - width - gap
        return Rect(self.right - width, self.y, width, self.height), Rect(self.x, self.y, rest, self.height)

    def cut_bottom(self, height: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Return the lower `height` and what remains above it after a gap."""
        rest = self.height - height - gap
        return Rect(self.x, self.y, self.width, height), Rect(self.x, self.top - rest, self.width, rest)

    def cut_top(self, height: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Return the upper `height` and what remains below it after a gap."""
        rest = self.height - height - gap
        return Rect(self.x, self.top - height, self.width, height), Rect(self.x, self.y, self.width, rest)

    def centred(self, width: float, height: float) -> "Rect":
        """Return a rectangle of this size in the middle of this one."""
        return Rect(self.x + (self.width - width) / 2, self.y + (self.height - height) / 2, width, height)

    def square(self) -> "Rect":
        """Return the largest square in the middle."""
        side = min(self.width, self.height)
        return self.centred(side, side)


COLUMN_ROLES: Final[tuple[ButtonRole, ...]] = ("again", "help", "stop")


def frame_of(panel: Panel) -> Rect:
    """Return the whole panel without its margin: what a screen has that needs none of the three."""
    return Rect(0, 0, panel.width_mm, panel.height_mm).inset(sizes_of(panel).margin)


class Regions(msgspec.Struct, frozen=True):
    """How one panel is split."""

    content: Rect
    again: Rect
    help: Rect
    stop: Rect

    def column(self, role: ButtonRole) -> Rect:
        """Return the constant place of a button that is always in reach."""
        return {"again": self.again, "help": self.help, "stop": self.stop}[role]


def regions_of(panel: Panel) -> Regions:
    """Return how a panel is split; Stop is the largest of the three and lowest, where the hand is."""
    sizes = sizes_of(panel)
    frame = frame_of(panel)
    column, content = frame.cut_right(sizes.column, sizes.gap)
    gap = max(sizes.gap, TARGET_GAP_MM)
    usable = column.height - 2 * gap
    stop, rest = column.cut_bottom(usable * 0.4, gap)
    again, help_ = rest.cut_top(usable * 0.3, gap)
    return Regions(content, again, help_, stop)


def grid(area: Rect, count: int, columns: int, gap: float) -> list[Rect]:
    """Return `count` equal cells, row by row from the top left; the last row may be short."""
    if not count:
        return []
    rows = -(-count // columns)
    width = (area.width - (columns - 1) * gap) / columns
    height = (area.height - (rows - 1) * gap) / rows
    return [
        Rect(
            area.x + (at % columns) * (width + gap),
            area.top - height - (at // columns) * (height + gap),
            width,
            height,
        )
        for at in range(count)
    ]
