"""The deck's geometry, and what four cells on it say: force, its two moments, and a twist that means nothing.

Moments are written as first moments of the force, Fz * x and Fz * y in N mm, so that the centre of pressure is a plain
quotient. In the right-handed convention of force platforms Mx = Fz * y and My = -Fz * x.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# sign of x (right +) and y (forward +) of front left, front right, back left, back right
SIDES: Final = ((-1.0, 1.0), (1.0, 1.0), (-1.0, -1.0), (1.0, -1.0))


def wrench_matrix(cell_spacing_ml_mm: float, cell_spacing_ap_mm: float) -> FloatArray:
    """Return the 3x4 matrix from four corner forces (N) to `(Fz, Fz x, Fz y)` in N, N mm, N mm."""
    half_x, half_y = cell_spacing_ml_mm / 2, cell_spacing_ap_mm / 2
    return np.array([[1.0] * 4, [sx * half_x for sx, _ in SIDES], [sy * half_y for _, sy in SIDES]])


def corner_matrix(
    matrix: npt.ArrayLike, gains_n_per_count: npt.ArrayLike, cell_spacing_ml_mm: float, cell_spacing_ap_mm: float
) -> FloatArray:
    """Return the 4x4 matrix from counts above zero to corner forces (N) whose wrench is what the 3x4 `matrix` says.

    Four cells have one pattern more than three numbers can hold: the twist of the plate. That part is taken from the
    four gains; everything else from the matrix. So the forces are a cell's own as nearly as can be known, and force
    and centre of pressure that are computed from them are exactly the matrix's.
    """
    wrench = wrench_matrix(cell_spacing_ml_mm, cell_spacing_ap_mm)
    back = wrench.T @ np.linalg.inv(wrench @ wrench.T)
    own = np.diag(np.asarray(gains_n_per_count, dtype=np.float64))
    return np.asarray(own + back @ (np.asarray(matrix, dtype=np.float64) - wrench @ own), dtype=np.float64)
