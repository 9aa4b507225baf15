"""The deck with the template on it as data: holes, ticks, and the weight on its hole. No Kivy here.

Seen from above, the screen at the top. Units are millimetres of the panel, origin at the bottom left of the figure.
"""

from typing import Final

import msgspec

from kiosk_ui.layout import Rect
from kiosk_ui.widgets.icons import WEIGHT_BODY, icon
from kiosk_ui.widgets.outlines import Disc, Fill, Point, Shape, Stroke, ellipse, rounded
from station.screens import DeckPicture, Hole

OVERHANG: Final = 1.22  # the deck reaches so far beyond its cells, in the picture
SCREEN_SHARE: Final = 0.075  # of the figure's height: the bar that is the screen
SCREEN_GAP_SHARE: Final = 0.025
HOLE_SHARE: Final = 0.062  # radius of a hole, of the deck's side
WEIGHT_SHARE: Final = 0.18  # of the deck's side
CELL_SHARE: Final = 0.035


class DeckPlaces(msgspec.Struct, frozen=True):
    """Where things are in the figure. screen: the bar; deck: the square; hole_mm: radius of a hole."""

    screen: Rect
    deck: Rect
    hole_mm: float

    def point(self, hole: Hole) -> Point:
        """Return the middle of a hole."""
        half = self.deck.width / 2 / OVERHANG
        return (
            self.deck.x + self.deck.width / 2 + hole.x * half,
            self.deck.y + self.deck.height / 2 + hole.y * half,
        )

    def weight(self, hole: Hole) -> Rect:
        """Return the field of the weight that stands on a hole: its foot a little under the middle."""
        side = self.deck.width * WEIGHT_SHARE
        x, y = self.point(hole)
        return Rect(x - side / 2, y - side * 0.36, side, side)

    def label(self, hole: Hole) -> Rect:
        """Return where the name of a hole stands: in the hole, or on the weight."""
        x, y = self.point(hole)
        side = 2 * self.hole_mm
        return Rect(x - side / 2, y - side / 2, side, side)


def places(width_mm: float, height_mm: float) -> DeckPlaces:
    """Return where things are in a figure of this size: as large as it goes, at its top."""
    strip = (SCREEN_SHARE + SCREEN_GAP_SHARE) * height_mm
    side = min(width_mm, height_mm - strip)
    left = (width_mm - side) / 2
    top = height_mm
    bar = SCREEN_SHARE * height_mm
    screen = Rect(left + side * 0.18, top - bar, side * 0.64, bar)
    return DeckPlaces(screen, Rect(left, top - strip - side, side, side), side * HOLE_SHARE)


def target_of(picture: DeckPicture) -> Hole | None:
    """Return the hole that the weights go into."""
    return next((hole for hole in picture.holes if hole.name == picture.target), None)


def deck_shapes(picture: DeckPicture, at: DeckPlaces) -> tuple[Shape, ...]:
    """Return the deck, its holes and what stands on it, from back to front."""
    deck, screen = at.deck, at.screen
    square = rounded(deck.x, deck.y, deck.width, deck.height, deck.width * 0.06)
    half = deck.width / 2 / OVERHANG
    middle = (deck.x + deck.width / 2, deck.y + deck.height / 2)
    shapes: list[Shape] = [
        Fill(rounded(screen.x, screen.y, screen.width, screen.height, screen.height * 0.25), "ink"),
        Fill(square, "card"),
        Stroke(square, "line", deck.width * 0.008, closed=True),
    ]
    for x in (-1, 1):
        for y in (-1, 1):
            cell = tuple(ellipse((middle[0] + x * half, middle[1] + y * half), *(2 * (deck.width * CELL_SHARE,))))
            shapes.append(Stroke(cell, "line", deck.width * 0.004, closed=True))
    target = target_of(picture)
    for hole in picture.holes:
        if hole is not target:
            shapes += _hole(at.point(hole), at.hole_mm, done=hole.name in picture.done)
    if target is not None:
        shapes += _weight(at, target)
    return tuple(shapes)


def _hole(centre: Point, radius: float, *, done: bool) -> list[Shape]:
    outline = tuple(ellipse(centre, radius, radius))
    if not done:
        return [Stroke(outline, "line", radius * 0.12, closed=True)]
    side = radius * 1.05
    badge = Rect(centre[0] + radius * 0.85 - side / 2, centre[1] + radius * 0.95 - side / 2, side, side)
    return [
        Fill(outline, "tint"),
        Stroke(outline, "line", radius * 0.12, closed=True),
        Disc((badge.x + side / 2, badge.y + side / 2), side * 0.58, "card"),
        *_scaled(icon("tick", "action", "card"), badge),
    ]


def _weight(at: DeckPlaces, hole: Hole) -> list[Shape]:
    field, centre = at.weight(hole), at.point(hole)
    radius = field.width * 0.7
    ring = tuple(ellipse(centre, radius, radius, 48))
    halo = tuple((field.x + x * field.width / 100, field.y + y * field.height / 100) for x, y in WEIGHT_BODY)
    return [
        Disc(centre, radius, "tint"),
        Stroke(ring, "dot", radius * 0.09, closed=True),
        Stroke(halo, "card", field.width * 0.1, closed=True),
        *_scaled(icon("weight", "action", "tint"), field),
    ]


def _scaled(shapes: tuple[Shape, ...], field: Rect) -> list[Shape]:
    """Return shapes of a box of 100 by 100 units in a field."""
    scale = field.width / 100

    def moved(points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple((field.x + x * scale, field.y + y * scale) for x, y in points)

    result: list[Shape] = []
    for shape in shapes:
        match shape:
            case Fill(points, role):
                result.append(Fill(moved(points), role))
            case Stroke(points, role, width, closed):
                result.append(Stroke(moved(points), role, width * scale, closed))
            case Disc(centre, radius, role):
                result.append(Disc(moved((centre,))[0], radius * scale, role))
    return result
