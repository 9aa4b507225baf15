"""Drawing smooth-edged shapes: filled outlines, lines, discs.

The window has no multisampling, so edges smooth themselves. A fill is a fan of triangles around the outline's middle
(every shape here is star-shaped from it) under a thin smooth line of the same colour; alone, a fan's edge is a
staircase.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from kivy.graphics import Color, InstructionGroup, Mesh, SmoothEllipse, SmoothLine

from kiosk_ui.theme import Role, rgba
from kiosk_ui.widgets.outlines import Disc, Fill, Point, Shape, Stroke

EDGE_PX: Final = 1.1


class Drawn(NamedTuple):
    """Shapes as instructions, and the colours of those that show the weight on the deck."""

    group: InstructionGroup
    weights: tuple[Color, ...]


def draw(shapes: Sequence[Shape], scale: float) -> Drawn:
    """Return shapes as instructions, `scale` pixels a unit."""
    group = InstructionGroup()
    weights: list[Color] = []
    for shape in shapes:
        match shape:
            case Fill(points, role, bears_weight):
                colour = add_filled(group, [(x * scale, y * scale) for x, y in points], role)
                if bears_weight:
                    weights.append(colour)
            case Stroke(points, role, width, closed):
                add_line(group, [(x * scale, y * scale) for x, y in points], role, width * scale, closed=closed)
            case Disc(centre, radius, role):
                add_disc(group, (centre[0] * scale, centre[1] * scale), radius * scale, role)
    return Drawn(group, tuple(weights))


def add_filled(group: InstructionGroup, outline: Sequence[Point], role: Role) -> Color:
    """Add a filled outline (closed by itself); returns its colour, which can be changed later."""
    middle = (sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline))
    vertices = [value for x, y in (middle, *outline, outline[0]) for value in (x, y, 0.0, 0.0)]
    colour = Color(*rgba(role))
    group.add(colour)
    group.add(Mesh(vertices=vertices, indices=list(range(len(outline) + 2)), mode="triangle_fan"))
    group.add(SmoothLine(points=_flat((*outline, outline[0])), width=EDGE_PX))
    return colour


def add_line(
    group: InstructionGroup, points: Sequence[Point], role: Role, width_px: float, *, closed: bool = False
) -> None:
    """Add a line `width_px` wide, with round ends."""
    chain = (*points, points[0]) if closed else tuple(points)
    half = max(width_px / 2, 1.0)
    group.add(Color(*rgba(role)))
    group.add(SmoothLine(points=_flat(chain), width=half))
    if half > 1.5 and not closed:
        for x, y in (chain[0], chain[-1]):
            group.add(SmoothEllipse(pos=(x - half, y - half), size=(2 * half, 2 * half)))


def add_disc(group: InstructionGroup, centre: Point, radius_px: float, role: Role) -> None:
    """Add a filled circle."""
    group.add(Color(*rgba(role)))
    group.add(SmoothEllipse(pos=(centre[0] - radius_px, centre[1] - radius_px), size=(2 * radius_px, 2 * radius_px)))


def arc(centre: Point, radius_px: float, start_deg: float, end_deg: float) -> list[Point]:
    """Return points on an arc; 0 is up, angles grow clockwise."""
    count = max(2, round(abs(end_deg - start_deg) / 3) + 1)
    steps = (math.radians(start_deg + (end_deg - start_deg) * at / (count - 1)) for at in range(count))
    return [(centre[0] + radius_px * math.sin(a), centre[1] + radius_px * math.cos(a)) for a in steps]


def _flat(points: Sequence[Point]) -> list[float]:
    return [value for point in points for value in point]
