"""Every picture as data: what to draw, in a box of 100 by 124 units with the origin at the bottom left. No Kivy here.

Feet are seen from above, as a person sees their own: toes up, the left foot on the left. The deck is a rounded square.
Numbers are our own drawing. A filled shape must be star-shaped from its middle (see vectors.py).
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from kiosk_ui.theme import Role
from station.screens import Picture

Point = tuple[float, float]
BOX: Final = (100.0, 124.0)
FootStyle = Literal["standing", "mark", "lifted"]


class Fill(msgspec.Struct, frozen=True):
    """A filled outline. `bears_weight`: shown only as far as there is weight on the deck."""

    points: tuple[Point, ...]
    role: Role
    bears_weight: bool = False


class Stroke(msgspec.Struct, frozen=True):
    """A line `width` units wide."""

    points: tuple[Point, ...]
    role: Role
    width: float
    closed: bool = False


class Disc(msgspec.Struct, frozen=True):
    """A filled circle."""

    centre: Point
    radius: float
    role: Role


Shape = Fill | Stroke | Disc

# A right foot 100 units long, middle at (0, 0), toes up, big toe on the left: sole, then toes as (x, y, half width,
# half height).
_SOLE: Final[tuple[Point, ...]] = (
    (1, -50),
    (-8, -47.5),
    (-13, -40),
    (-13.5, -29),
    (-10.5, -14),
    (-10.5, 0),
    (-14.5, 14),
    (-17.5, 25),
    (-14.5, 33.5),
    (-5, 35.5),
    (6, 33),
    (15, 27),
    (19.5, 17),
    (18.5, 4),
    (16.5, -12),
    (15.5, -28),
    (14, -40),
    (9, -47.5),
)
_TOES: Final = (
    (-12, 43, 5.4, 7),
    (-1.5, 42.3, 3.6, 4.9),
    (5.8, 39, 3.2, 4.4),
    (12, 34.6, 2.9, 4),
    (17.2, 29, 2.7, 3.6),
)
_RIM: Final = 1.0


def picture(name: Picture, *, dark: bool = False) -> tuple[Shape, ...]:
    """Return the shapes of a picture, from back to front; `dark`: it stands on a dark field, so arrows are light."""
    shapes = _PICTURES[name]()
    if not dark:
        return shapes
    return tuple(msgspec.structs.replace(s, role="on_action") if s.role == "pointer" else s for s in shapes)


def foot(side: Literal["left", "right"], x: float, y: float, length: float, style: FootStyle) -> list[Shape]:
    """Return one foot with its middle at (x, y)."""
    scale = length / 100
    mirror = -1 if side == "left" else 1
    sole = [(x + mirror * px * scale, y + py * scale) for px, py in smooth_closed(_SOLE)]
    toes = [
        ellipse((x + mirror * px * scale, y + py * scale), half_w * scale, half_h * scale)
        for px, py, half_w, half_h in _TOES
    ]
    shapes: list[Shape] = []
    for outline in (sole, *toes):
        points = tuple(outline)
        if style == "lifted":
            # toes are too small for dashes
            pieces = dashes(points, 3.4, 2.6) if outline is sole else [(*points, points[0])]
            shapes += [Stroke(piece, "line", _RIM) for piece in pieces]
        else:
            shapes += [
                Fill(points, "skin", bears_weight=style == "mark"),
                Stroke(points, "action", _RIM, closed=True),
            ]
    return shapes


def deck(centre: Point = (50, 62), side: float = 96) -> list[Shape]:
    """Return the deck from above."""
    half = side / 2
    square = rounded(centre[0] - half, centre[1] - half, side, side, 7)
    return [Fill(square, "card"), Stroke(square, "line", 0.9, closed=True)]


def smooth_closed(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """Return a smooth closed curve through points (Catmull-Rom)."""
    count = len(points)
    curve = []
    for at in range(count):
        p0, p1, p2, p3 = (points[(at + offset) % count] for offset in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append((_spline(p0[0], p1[0], p2[0], p3[0], t), _spline(p0[1], p1[1], p2[1], p3[1], t)))
    return curve


def ellipse(centre: Point, half_width: float, half_height: float, count: int = 28) -> list[Point]:
    """Return an ellipse as points."""
    angles = (2 * math.pi * at / count for at in range(count))
    return [(centre[0] + half_width * math.cos(a), centre[1] + half_height * math.sin(a)) for a in angles]


def rounded(x: float, y: float, width: float, height: float, radius: float) -> tuple[Point, ...]:
    """Return a rectangle with round corners as points."""
    corners = (
        (x + width - radius, y + height - radius, 0),
        (x + radius, y + height - radius, 90),
        (x + radius, y + radius, 180),
        (x + width - radius, y + radius, 270),
    )
    return tuple(
        (cx + radius * math.cos(math.radians(start + turn)), cy + radius * math.sin(math.radians(start + turn)))
        for cx, cy, start in corners
        for turn in range(0, 91, 10)
    )


def dashes(outline: Sequence[Point], dash: float, gap: float) -> list[tuple[Point, ...]]:
    """Return a closed outline as dashes, `dash` units long with `gap` between."""
    chain = [*outline, outline[0]]
    pieces: list[tuple[Point, ...]] = []
    piece: list[Point] = [chain[0]]
    drawing, left = True, dash
    for start, end in itertools.pairwise(chain):
        length = math.dist(start, end)
        at = 0.0
        while length - at > left:
            at += left
            t = at / length
            here = (start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t)
            if drawing:
                pieces.append((*piece, here))
            piece, drawing = [here], not drawing
            left = dash if drawing else gap
        left -= length - at
        if drawing:
            piece.append(end)
    if drawing and len(piece) > 1:
        pieces.append(tuple(piece))
    return pieces


def arrow(start: Point, end: Point, width: float) -> list[Shape]:
    """Return an arrow with a filled head."""
    length = math.dist(start, end)
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    head, half = width * 2.3, width * 1.75
    neck = (end[0] - ux * head, end[1] - uy * head)
    tip = (end, (neck[0] - uy * half, neck[1] + ux * half), (neck[0] + uy * half, neck[1] - ux * half))
    return [Stroke((start, neck), "pointer", width), Fill(tip, "pointer")]


def person(x: float, ground: float, height: float) -> list[Shape]:
    """Return the head, trunk and legs of somebody seen from the front; arms are the picture's own."""
    unit = height / 100
    trunk = tuple(
        smooth_closed(
            [(x + dx * unit, ground + dy * unit) for dx, dy in ((-14, 74), (0, 78), (14, 74), (10, 46), (-10, 46))]
        )
    )
    return [
        Disc((x, ground + 91 * unit), 8.2 * unit, "action"),
        Fill(trunk, "action"),
        Stroke(((x - 5.6 * unit, ground + 47 * unit), (x - 6.6 * unit, ground + 4.5 * unit)), "action", 9 * unit),
        Stroke(((x + 5.6 * unit, ground + 47 * unit), (x + 6.6 * unit, ground + 4.5 * unit)), "action", 9 * unit),
    ]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


# --- the pictures --------------------------------------------------------------------------------------------------


def _nothing() -> tuple[Shape, ...]:
    return ()


def _feet_apart() -> tuple[Shape, ...]:
    return (*deck(), *foot("left", 30, 62, 58, "standing"), *foot("right", 70, 62, 58, "standing"))


def _side_by_side() -> tuple[Shape, ...]:
    return (*deck(), *foot("left", 39.2, 62, 58, "standing"), *foot("right", 60.8, 62, 58, "standing"))


def _semi_tandem() -> tuple[Shape, ...]:
    # the middle of the front foot stands beside the big toe of the other
    return (*deck(), *foot("left", 40, 48.5, 52, "standing"), *foot("right", 58.6, 73.5, 52, "standing"))


def _tandem() -> tuple[Shape, ...]:
    return (*deck(), *foot("left", 50, 40.3, 44, "standing"), *foot("right", 50, 84.6, 44, "standing"))


def _one_foot() -> tuple[Shape, ...]:
    return (
        *deck(),
        *foot("left", 34, 60, 60, "standing"),
        *foot("right", 68, 66, 60, "lifted"),
        *arrow((69, 48), (69, 74), 5.5),
    )


def _onto(*arrow_shapes: Shape) -> tuple[Shape, ...]:
    return (
        *deck((50, 80), 84),
        *foot("left", 33, 80, 54, "mark"),
        *foot("right", 67, 80, 54, "mark"),
        *arrow_shapes,
    )


def _step_on() -> tuple[Shape, ...]:
    return _onto(*arrow((50, 5), (50, 32), 8))


def _step_off() -> tuple[Shape, ...]:
    return _onto(*arrow((50, 32), (50, 4), 8))


def _rail() -> tuple[Shape, ...]:
    posts: list[Shape] = []
    for x in (13, 87):
        posts += [Stroke(((x, 14), (x, 56)), "line", 3.6), Stroke(((x - 7, 56), (x + 7, 56)), "line", 5.6)]
    return (
        Stroke(((4, 12), (96, 12)), "line", 2.6),
        *posts,
        *person(50, 14, 98),
        Stroke(((39.5, 84), (28, 71), (15, 60)), "action", 6.6),
        Stroke(((60.5, 84), (72, 71), (85, 60)), "action", 6.6),
    )


def _staff() -> tuple[Shape, ...]:
    shoulders = ((7, 16), (9, 36), (17, 49), (30, 55), (40, 56), (50, 55), (63, 49), (71, 36), (73, 16))
    bubble = rounded(60, 79, 37, 28, 9)
    return (
        Disc((40, 79), 16.5, "action"),
        Fill(shoulders, "action"),
        Stroke(shoulders, "action", 3, closed=True),
        Fill(rounded(45, 26, 16, 11, 2), "on_action"),
        Stroke(((48.5, 31.5), (57.5, 31.5)), "action", 2),
        Fill(((66, 82), (76, 82), (63, 70)), "action"),
        Fill(bubble, "card"),
        Stroke(bubble, "action", 2.4, closed=True),
        *(Disc((x, 93), 2.8, "action") for x in (69.5, 78.5, 87.5)),
    )


_PICTURES: Final[dict[Picture, Callable[[], tuple[Shape, ...]]]] = {
    "none": _nothing,
    "feet-apart": _feet_apart,
    "side-by-side": _side_by_side,
    "semi-tandem": _semi_tandem,
    "tandem": _tandem,
    "one-foot": _one_foot,
    "step-on": _step_on,
    "step-off": _step_off,
    "rail": _rail,
    "staff": _staff,
}
