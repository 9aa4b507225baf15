"""How far somebody can lean towards targets in eight directions without a step, and how well: limits of stability.

Definitions follow the clinical test (Clark, Rose & Fujimoto 1997, Arch Phys Med Rehabil 78:1078-1084): reaction time
from the target's appearance to the first movement; end point excursion, how far the first movement towards the target
goes, in per cent of the distance to it; directional control, the movement towards the target less the movement beside
it, in per cent of the former. The reach of a direction is the largest distance along it.

Directions are the person's: forward is to the screen. What makes a target appear, and where, is not decided
here.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from station.sway.family import Found, Measures, nothing, sorted_out

FloatArray = npt.NDArray[np.float64]

VERSION: Final = "limits-1"
Direction = Literal["forward", "forward_right", "right", "back_right", "back", "back_left", "left", "forward_left"]
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)  # clockwise seen from above, 45 degrees apart
_COMPOSITE: Final = {
    "reaction_time_s": "s",
    "directional_control_percent": "%",
    "end_point_excursion_percent": "%",
}
UNITS: Final[dict[str, str]] = {f"reach_{direction}_mm": "mm" for direction in DIRECTIONS} | _COMPOSITE

# Where somebody stands is their mean over this long before the target appears.
BASELINE_S: Final = 0.5
# Moving is being further from there, along the target's direction, than sway goes: 3 deviations of the baseline, and
# 5 mm at least. Nobody reacts faster than this; what leaves earlier was on its way already.
_LEAVES_SD: Final = 3.0
_LEAVES_MM: Final = 5.0
_FASTEST_REACTION_S: Final = 0.1
# The first movement ends where nothing is gained for this long.
_STOPS_S: Final = 0.2


class Target(msgspec.Struct, frozen=True):
    """One target: its direction, when it appears and goes (s after the first sample), how far off it is (mm).

    The distance is from where the person stands, and what excursions are in per cent of.
    """

    direction: Direction
    from_s: float
    to_s: float
    distance_mm: float


class Reach(msgspec.Struct, frozen=True):
    """What one target got; None where there was no movement, with the reason."""

    direction: Direction
    reach_mm: float | None
    reaction_time_s: float | None
    end_point_excursion_percent: float | None
    directional_control_percent: float | None
    not_computed: str | None = None


class Limits(msgspec.Struct, frozen=True):
    """Every target's reach in the order given, and the measures over all (of a direction's targets the furthest)."""

    reaches: tuple[Reach, ...]
    measures: Measures


def limits_of_stability(ml_mm: FloatArray, ap_mm: FloatArray, fs_hz: float, targets: Sequence[Target]) -> Limits:
    """Return the limits of stability of a COP of two axes of length N, mm, evenly at `fs_hz`; low-passed before.

    Raises ValueError for axes that do not match, values that are not finite, and targets outside the recording.
    """
    cop = np.stack([np.asarray(ml_mm, dtype=np.float64), np.asarray(ap_mm, dtype=np.float64)])
    if cop.ndim != 2 or not np.isfinite(cop).all() or not 0 < fs_hz < math.inf:
        raise ValueError("limits_of_stability takes two axes of finite values and a rate above 0")
    reaches = tuple(_reach(cop, fs_hz, target) for target in targets)
    if not reaches:
        return Limits((), nothing(UNITS, "no target was shown"))
    found: Found = {}
    for direction in DIRECTIONS:
        of_it = [reach for reach in reaches if reach.direction == direction]
        lengths = [reach.reach_mm for reach in of_it if reach.reach_mm is not None]
        why = of_it[0].not_computed if of_it else "no target in this direction was shown"
        found[f"reach_{direction}_mm"] = max(lengths) if lengths else str(why)
    for key in _COMPOSITE:
        values = [value for reach in reaches if (value := getattr(reach, key)) is not None]
        found[key] = float(np.mean(values)) if values else "no movement towards any target"
    return Limits(reaches, sorted_out(UNITS, found))


def _reach(cop: FloatArray, fs_hz: float, target: Target) -> Reach:
    first, last = round(target.from_s * fs_hz), round(target.to_s * fs_hz)
    before = first - round(BASELINE_S * fs_hz)
    if not (0 <= before < first < last <= cop.shape[1] and target.distance_mm > 0):
        raise ValueError(
            f"the target {target.direction} from {target.from_s:g} to {target.to_s:g} s at {target.distance_mm:g} mm "
            f"needs {BASELINE_S:g} s before it and all of its time in a recording of {cop.shape[1] / fs_hz:g} s"
        )
    angle = math.radians(45.0 * DIRECTIONS.index(target.direction))
    toward, beside = np.array([[math.sin(angle), math.cos(angle)], [math.cos(angle), -math.sin(angle)]])
    from_rest = cop[:, before:last] - cop[:, before:first].mean(axis=1, keepdims=True)
    rest, along = np.split(toward @ from_rest, [first - before])
    across = (beside @ from_rest)[first - before :]
    away = np.flatnonzero(along > max(_LEAVES_SD * float(rest.std()), _LEAVES_MM))
    if not len(away):
        return Reach(target.direction, None, None, None, None, "no movement towards the target")
    onset = int(away[0])
    end = _end_of_first_movement(along, onset, round(_STOPS_S * fs_hz))
    gained = float(np.abs(np.diff(along[onset : end + 1])).sum())
    strayed = float(np.abs(np.diff(across[onset : end + 1])).sum())
    reaction_s = onset / fs_hz
    return Reach(
        direction=target.direction,
        reach_mm=float(along.max()),
        reaction_time_s=reaction_s if reaction_s >= _FASTEST_REACTION_S else None,
        end_point_excursion_percent=100.0 * float(along[end]) / target.distance_mm,
        directional_control_percent=100.0 * (gained - strayed) / gained if gained > 0 else None,
    )


def _end_of_first_movement(along: FloatArray, onset: int, stops: int) -> int:
    """Return the sample that is not passed again within `stops` samples, the first one from the onset on."""
    for at in range(onset, len(along) - 1):
        if along[at + 1 : at + 1 + stops].max() <= along[at]:
            return at
    return len(along) - 1
