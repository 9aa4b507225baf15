"""What a family of measures is: the signal that it gets, the keys that it promises, and a number or a reason for each.

No measure is defined here: see `measures.py` for the list of families and one file a family for what they compute.
"""

import math
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Found = dict[str, float | str]  # a number, or why there is none

AXES: Final = ("ml", "ap")
# An axis whose range is smaller than this does not move: the width of an atom is a hundred times as much.
LEAST_MOVEMENT_MM: Final = 1e-9


class Measures(msgspec.Struct, frozen=True):
    """What could be computed, and for the rest of the keys that were asked for why not, in words."""

    metrics: dict[str, float]
    not_computed: dict[str, str]


class Trace(msgspec.Struct, frozen=True, eq=False):
    """A signal about its mean, and what every family needs of it. Arrays of shape (2, N) and (2, N-1): ML, AP; mm.

    It moves in at least one axis; `moves` says in which, in the order of `AXES`.
    """

    cop: FloatArray
    steps: FloatArray
    step_lengths: FloatArray
    distances: FloatArray
    fs_hz: float
    moves: tuple[bool, bool]

    @property
    def count(self) -> int:
        """Return N."""
        return int(self.cop.shape[1])

    @property
    def duration_s(self) -> float:
        """Return T = N / fs, s."""
        return self.count / self.fs_hz


class Family(msgspec.Struct, frozen=True):
    """Measures that are computed together.

    `units` has every key with its unit (UCUM) in the order in which it is shown; `measure` must return exactly these
    keys, each with a finite number or with the reason why there is none.
    """

    name: str
    units: dict[str, str]
    measure: Callable[[Trace], Found]


def units_of(families: Iterable[Family]) -> dict[str, str]:
    """Return every key of some families with its unit, in their order."""
    return {key: unit for family in families for key, unit in family.units.items()}


def measure(ml_mm: FloatArray, ap_mm: FloatArray, fs_hz: float, families: tuple[Family, ...]) -> Measures:
    """Return the measures of two axes of equal length N, in mm at `fs_hz` samples/s; any offset.

    Raises ValueError for axes that do not match, values that are not finite and a rate that is not positive: readers
    and pipelines refuse those before, with file and line.
    """
    cop = np.stack([np.asarray(ml_mm, dtype=np.float64), np.asarray(ap_mm, dtype=np.float64)])
    if cop.ndim != 2 or not np.isfinite(cop).all() or not (0 < fs_hz < math.inf):
        raise ValueError("measures need two one-dimensional axes of finite values and a rate above 0")
    keys = units_of(families)
    count = cop.shape[1]
    if count < 2:
        return nothing(keys, f"too short: {count} sample{'' if count == 1 else 's'}, at least 2 are needed")
    moves = np.ptp(cop, axis=1) > LEAST_MOVEMENT_MM
    if not moves.any():
        return nothing(keys, "no variation: the centre of pressure does not move at all")
    cop -= cop.mean(axis=1, keepdims=True)
    cop[~moves] = 0.0
    steps = np.diff(cop)
    trace = Trace(
        cop=cop,
        steps=steps,
        step_lengths=np.hypot(steps[0], steps[1]),
        distances=np.hypot(cop[0], cop[1]),
        fs_hz=fs_hz,
        moves=(bool(moves[0]), bool(moves[1])),
    )
    found: Found = {}
    for family in families:
        found |= family.measure(trace)
    return sorted_out(keys, found)


def sorted_out(keys: Iterable[str], found: Found) -> Measures:
    """Return what was found for the keys, in their order: numbers apart from reasons."""
    metrics: dict[str, float] = {}
    not_computed: dict[str, str] = {}
    for key in keys:
        value = found[key]
        if isinstance(value, str):
            not_computed[key] = value
        else:
            metrics[key] = value
    return Measures(metrics=metrics, not_computed=not_computed)


def nothing(keys: Iterable[str], reason: str) -> Measures:
    """Return that none of the keys could be computed, for one reason."""
    return Measures(metrics={}, not_computed=dict.fromkeys(keys, reason))


def still(axis: str) -> str:
    """Return the reason why an axis that does not move has no measures."""
    return f"no variation: the centre of pressure does not move in {axis.upper()}"
