"""The centre of pressure from four corner forces: one formula, for one tick and for a whole trial, to the same bit.

x = (W/2) * ((FR + BR) - (FL + BL)) / Fz and y = (L/2) * ((FL + FR) - (BL + BR)) / Fz, with W and L the distances
between the load cells' centres. Right and forward are positive for a person who faces the screen; the origin is the
deck's centre.
"""

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def cop_from_corners(
    front_left_n: float,
    front_right_n: float,
    back_left_n: float,
    back_right_n: float,
    cell_spacing_ml_mm: float,
    cell_spacing_ap_mm: float,
) -> tuple[float, float, float]:
    """Return `(fz_n, cop_ml_mm, cop_ap_mm)` of one tick.

    With no net force downwards there is no centre of pressure: both coordinates are NaN, never a made-up zero.
    """
    fz_n = (front_left_n + front_right_n) + (back_left_n + back_right_n)
    if not fz_n > 0:
        return fz_n, math.nan, math.nan
    to_right_n = (front_right_n + back_right_n) - (front_left_n + back_left_n)
    to_front_n = (front_left_n + front_right_n) - (back_left_n + back_right_n)
    return fz_n, cell_spacing_ml_mm / 2 * to_right_n / fz_n, cell_spacing_ap_mm / 2 * to_front_n / fz_n


def cop_of_trial(
    front_left_n: FloatArray,
    front_right_n: FloatArray,
    back_left_n: FloatArray,
    back_right_n: FloatArray,
    cell_spacing_ml_mm: float,
    cell_spacing_ap_mm: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return `(fz_n, cop_ml_mm, cop_ap_mm)` of arrays of equal shape; bit for bit what `cop_from_corners` returns."""
    fz_n = (front_left_n + front_right_n) + (back_left_n + back_right_n)
    to_right_n = (front_right_n + back_right_n) - (front_left_n + back_left_n)
    to_front_n = (front_left_n + front_right_n) - (back_left_n + back_right_n)
    pressed_n = np.where(fz_n > 0, fz_n, math.nan)
    return fz_n, cell_spacing_ml_mm / 2 * to_right_n / pressed_n, cell_spacing_ap_mm / 2 * to_front_n / pressed_n
