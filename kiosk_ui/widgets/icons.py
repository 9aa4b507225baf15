"""The small signs on buttons, as data: a shape beside every word, so that colour is never the only difference."""

import math
from collections.abc import Callable
from typing import Final, Literal

from kiosk_ui.theme import Role
from kiosk_ui.widgets.outlines import Disc, Fill, Point, Shape, Stroke, rounded, smooth_closed

IconName = Literal["stop", "help", "again", "tick", "cross", "box", "box-ticked", "still", "moving", "weight", "corner"]


def icon(name: IconName, role: Role, inside: Role) -> tuple[Shape, ...]:
    """Return a sign in `role`, with details in `inside` (the colour it stands on), in a box of 100 by 100 units."""
    return _ICONS[name](role, inside)


def _stop(role: Role, inside: Role) -> tuple[Shape, ...]:
    return (Fill(_octagon(48), role), Fill(tuple(rounded(31, 31, 38, 38, 4)), inside))


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


def _bell(role: Role, _: Role) -> tuple[Shape, ...]:
    return (
        Fill(tuple(smooth_closed(_BELL)), role),
        Disc((50, 90), 7, role),
        Disc((50, 14), 9, role),
    )


def _speaker(role: Role, _: Role) -> tuple[Shape, ...]:
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


_TICK: Final[tuple[Point, ...]] = ((24, 50), (43, 30), (78, 72))


def _tick(role: Role, inside: Role) -> tuple[Shape, ...]:
    return (Disc((50, 50), 48, role), Stroke(_TICK, inside, 13))


def _cross(role: Role, inside: Role) -> tuple[Shape, ...]:
    # not the tick's disc in another colour: a diamond
    diamond = ((50, 0), (100, 50), (50, 100), (0, 50))
    return (
        Fill(diamond, role),
        Stroke(((35, 35), (65, 65)), inside, 12),
        Stroke(((35, 65), (65, 35)), inside, 12),
    )


def _box(role: Role, inside: Role) -> tuple[Shape, ...]:
    return (Fill(rounded(8, 8, 84, 84, 12), role), Fill(rounded(18, 18, 64, 64, 6), inside))


def _box_ticked(role: Role, inside: Role) -> tuple[Shape, ...]:
    return (*_box(role, inside), Stroke(((28, 52), (44, 34), (72, 68)), role, 13))


def _still(role: Role, _: Role) -> tuple[Shape, ...]:
    return (Stroke(((8, 50), (92, 50)), role, 11),)


def _moving(role: Role, _: Role) -> tuple[Shape, ...]:
    wave = tuple((8 + 84 * at / 48, 50 + 30 * math.sin(4 * math.pi * at / 48)) for at in range(49))
    return (Stroke(wave, role, 11),)


def _weight(role: Role, inside: Role) -> tuple[Shape, ...]:
    """A weight as everybody draws one: a body that widens downwards, and a ring to lift it by."""
    return (
        Disc((50, 80), 20, role),
        Disc((50, 80), 9, inside),
        Fill(WEIGHT_BODY, role),
        Stroke(WEIGHT_BODY, role, 5, closed=True),
    )


WEIGHT_BODY: Final[tuple[Point, ...]] = ((26, 66), (74, 66), (94, 6), (6, 6))


def _corner(role: Role, _: Role) -> tuple[Shape, ...]:
    return (Stroke(((40, 88), (88, 88), (88, 40)), role, 9),)


_ICONS: Final[dict[IconName, Callable[[Role, Role], tuple[Shape, ...]]]] = {
    "stop": _stop,
    "help": _bell,
    "again": _speaker,
    "tick": _tick,
    "cross": _cross,
    "box": _box,
    "box-ticked": _box_ticked,
    "still": _still,
    "moving": _moving,
    "weight": _weight,
    "corner": _corner,
}
