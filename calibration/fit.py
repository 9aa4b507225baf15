"""From loads of known size in known places to the deck's gains and its matrix.

Two steps. First four gains, one a cell: least squares over all placements of force and both moments. They take 85 %
off an uncalibrated deck's error. Then a 3x4 matrix from counts to force and moments, which also takes cross-talk and
cells that are not exactly in their places. A stiff plate hardly ever twists, so the fourth pattern of its counts is
barely seen; the matrix is therefore held to the four gains, as firmly as one in a thousand of the strongest pattern
(ridge), and the condition number says how well the loads have covered the deck.

A load is put down as exactly whether it is heavy or light, and a hole of the template is off by the same each time it
is used. So every place carries the same weight, whatever stood there and how often: a load's equations are divided by
its force and by the square root of how many loads its place has seen. Moments are divided by half the cells' spacing.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from calibration.errors import CannotFitError
from calibration.geometry import wrench_matrix

FloatArray = npt.NDArray[np.float64]

FEWEST_PLACEMENTS: Final = 9
RIDGE: Final = 1e-3  # of the largest singular value


class Loaded(msgspec.Struct, frozen=True):
    """One load in one place, and what the four cells said: counts above the empty deck's.

    force_n: mass times local g; x_mm, y_mm: centre of the load, right and forward of the deck's centre.
    """

    force_n: float
    x_mm: float
    y_mm: float
    counts: tuple[float, float, float, float]


class Fit(msgspec.Struct, frozen=True):
    """The result. matrix: 3 rows of 4, counts above zero -> Fz (N), Fz x (N mm), Fz y (N mm).

    condition_number: largest by third singular value of the counts (three patterns are needed); twist_seen: fourth by
    largest, 0.05 for a plate that gives way and 0.005 for a stiff one.
    """

    gains_n_per_count: tuple[float, float, float, float]
    matrix: tuple[tuple[float, float, float, float], ...]
    condition_number: float
    twist_seen: float


class Residual(msgspec.Struct, frozen=True):
    """How far a fit is from one load: force in N, centre of pressure in mm."""

    force_n: float
    x_mm: float
    y_mm: float

    @property
    def distance_mm(self) -> float:
        """Return how far the centre of pressure is off."""
        return float(np.hypot(self.x_mm, self.y_mm))


def fit_deck(loads: Sequence[Loaded], cell_spacing_ml_mm: float, cell_spacing_ap_mm: float) -> Fit:
    """Return gains and matrix for loads on one deck.

    Raises CannotFitError in words: too few loads, or all in a line or one place.
    """
    if len(loads) < FEWEST_PLACEMENTS:
        raise CannotFitError(f"{len(loads)} loads were measured; {FEWEST_PLACEMENTS} are needed to know the deck")
    counts = np.array([load.counts for load in loads])
    wrench = wrench_matrix(cell_spacing_ml_mm, cell_spacing_ap_mm)
    scale = np.array([1.0, cell_spacing_ml_mm / 2, cell_spacing_ap_mm / 2])
    wanted = np.array([(load.force_n, load.force_n * load.x_mm, load.force_n * load.y_mm) for load in loads])
    _refuse_blind(counts)
    seen = Counter((load.x_mm, load.y_mm) for load in loads)
    weight = np.array([[1 / (load.force_n * math.sqrt(seen[load.x_mm, load.y_mm]))] for load in loads])
    weight *= 1 / weight.max()
    counts, wanted = counts * weight, wanted * weight
    gains = _gains(counts, wanted, wrench, scale)
    forces = counts * gains  # in newtons, so that a cell's own sensitivity does not weigh
    sizes = np.linalg.svd(forces, compute_uv=False)
    matrix = _ridge(forces, wanted, wrench, scale, RIDGE * sizes[0])
    rows = (matrix * gains).tolist()
    g0, g1, g2, g3 = gains.tolist()
    return Fit(
        gains_n_per_count=(g0, g1, g2, g3),
        matrix=tuple((a, b, c, d) for a, b, c, d in rows),
        condition_number=float(sizes[0] / sizes[2]),
        twist_seen=float(sizes[3] / sizes[0]),
    )


def _refuse_blind(counts: FloatArray) -> None:
    """Raise CannotFitError when a cell never moved, or when the loads show less than force and two moments."""
    largest = np.abs(counts).max(axis=0)
    if not largest.min() > 1e-3 * largest.max():
        raise CannotFitError("a cell did not answer to any load; check its cable (doctor: tap each corner)")
    sizes = np.linalg.svd(counts, compute_uv=False)
    if not sizes[2] > 1e-3 * sizes[0]:
        raise CannotFitError("the loads lie in one line or one place; spread them over the deck as the template says")


def _gains(counts: FloatArray, wanted: FloatArray, wrench: FloatArray, scale: FloatArray) -> FloatArray:
    """Return N per count of each cell: least squares over force and scaled moments of every load."""
    rows = np.concatenate([counts * wrench[k] / scale[k] for k in range(3)])
    values = np.concatenate([wanted[:, k] / scale[k] for k in range(3)])
    return np.asarray(np.linalg.lstsq(rows, values, rcond=None)[0], dtype=np.float64)


def _ridge(
    forces: FloatArray, wanted: FloatArray, wrench: FloatArray, scale: FloatArray, firmness: float
) -> FloatArray:
    """Return the 3x4 matrix from four forces to the wrench, held to the geometry's own."""
    held = np.vstack((forces, firmness * np.eye(4)))
    missing = (wanted - forces @ wrench.T) / scale
    change = np.linalg.lstsq(held, np.vstack((missing, np.zeros((4, 3)))), rcond=None)[0]
    return np.asarray(wrench + (change * scale).T, dtype=np.float64)


def residuals(loads: Sequence[Loaded], matrix: npt.ArrayLike) -> tuple[Residual, ...]:
    """Return what a matrix gets wrong for each load."""
    rows = np.asarray(matrix, dtype=np.float64)
    found = []
    for load in loads:
        fz, fx, fy = (rows @ np.array(load.counts)).tolist()
        found.append(Residual(fz - load.force_n, fx / fz - load.x_mm, fy / fz - load.y_mm))
    return tuple(found)
