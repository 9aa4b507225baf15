"""The small signs on buttons, as data: a shape beside every word, so that colour is never the only difference."""

import math
from typing import Final, Literal

from kiosk_ui.theme import Role
from kiosk_ui.widgets.outlines import Disc, Fill, Point, Shape, Stroke, rounded, smooth_closed

IconName = Literal["stop", "help", "again"]


def icon(name: IconName, role: Role, inside: Role) -> tuple[Shape, ...]:
    """Return a sign in `role`, with details in `inside` (the colour it stands on), in a box of 100 by 100 units."""
    if name == "stop":
        return (Fill(_octagon(48), role), Fill(tuple(rounded(31, 31, 38, 38, 4)), inside))
    if name == "help":
        return _bell(role)
    return _speaker(role)


def _octagon(radius: float) -> tuple[Point, ...]:
    angles = (math.radians(22.5 + 45 * at) for at in range(8))
    return tuple((50 + radius * math.cos(a), 50 + radius * math.sin(a)) for a in angles)


_BELL: Final[tuple[Point, ...]] = (
    (50, 86),
    (66, 81),
    (74, 66),
    (77, 44),
    (88, 29),
    (80, 26),
    (50, 26),
    (20, 26),
    (12, 29),
    (23, 44),
    (26, 66),
    (34, 81),
)


def _bell(role: Role) -> tuple[Shape, ...]:
    return (
        Fill(tuple(smooth_closed(_BELL)), role),
        Disc((50, 90), 7, role),
        Disc((50, 14), 9, role),
    )


def _speaker(role: Role) -> tuple[Shape, ...]:
    waves = [
        tuple(
            (52 + radius * math.cos(math.radians(a)), 50 + radius * math.sin(math.radians(a)))
            for a in range(-42, 43, 6)
        )
        for radius in (20, 36)
    ]
    return (
        Fill(((8, 37), (26, 37), (26, 63), (8, 63)), role),
        Fill(((26, 37), (52, 16), (52, 84), (26, 63)), role),
        *(Stroke(wave, role, 7) for wave in waves),
    )
