"""How somebody's weight is on the deck: how much, how even between left and right and the four corners, how steady.

From the four corner forces as they are, without a filter. The deck's midline divides left from right: the measures say
something about legs only when the feet stand astride it, and they are not a force under each foot.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from station.sway.family import Found, Measures, nothing, sorted_out
from station.sway.gravity import STANDARD_GRAVITY_M_S2

FloatArray = npt.NDArray[np.float64]

# Every key with its unit (UCUM), in the order in which it is shown.
UNITS: Final[dict[str, str]] = {
    "body_mass_kg": "kg",
    "load_asymmetry_percent": "%",
    "weight_distribution_index": "%",
    "fz_cv_percent": "%",
}
_OF_CORNERS: Final = ("load_asymmetry_percent", "weight_distribution_index")
NO_FORCES: Final = "no forces: the recording has a centre of pressure only"
NO_CORNERS: Final = "no corner forces: the recording has the vertical force as a whole only"


def loading(corners_n: FloatArray, gravity_m_s2: float = STANDARD_GRAVITY_M_S2) -> Measures:
    """Return the measures of four corner forces of shape (4, N), N: front left, front right, back left, back right.

    `gravity_m_s2` is that of the place; the standard value is right to 0.3 % anywhere. `load_asymmetry_percent` is
    100 (R - L) / (R + L), right positive, of mean forces; `weight_distribution_index` the root mean square of what the
    four quadrants' shares differ from 25 %.
    Raises ValueError for another shape or values that are not finite.
    """
    corners_n = np.asarray(corners_n, dtype=np.float64)
    if corners_n.ndim != 2 or corners_n.shape[0] != 4:
        raise ValueError("loading takes four corner forces, shape (4, N)")
    found = _of_total(corners_n.sum(axis=0), gravity_m_s2)
    if isinstance(found["body_mass_kg"], str):
        return nothing(UNITS, found["body_mass_kg"])
    front_left, front_right, back_left, back_right = corners_n.mean(axis=1).tolist()
    total = front_left + front_right + back_left + back_right
    shares = np.array([front_left, front_right, back_left, back_right]) * (100.0 / total)
    found["load_asymmetry_percent"] = 100.0 * (front_right + back_right - front_left - back_left) / total
    found["weight_distribution_index"] = math.sqrt(float(np.square(shares - 25.0).mean()))
    return sorted_out(UNITS, found)


def loading_of_total(fz_n: FloatArray) -> Measures:
    """Return the measures of a vertical force of shape (N,), N, which has no left and right."""
    found = _of_total(np.asarray(fz_n, dtype=np.float64), STANDARD_GRAVITY_M_S2)
    return sorted_out(UNITS, found | dict.fromkeys(_OF_CORNERS, NO_CORNERS))


def no_loading() -> Measures:
    """Return that a recording without forces has none of the measures."""
    return nothing(UNITS, NO_FORCES)


def _of_total(fz_n: FloatArray, gravity_m_s2: float) -> Found:
    if fz_n.ndim != 1 or not np.isfinite(fz_n).all() or not 0 < gravity_m_s2 < math.inf:
        raise ValueError("loading takes finite forces and a gravity above 0")
    keys = ("body_mass_kg", "fz_cv_percent")
    if not len(fz_n):
        return dict.fromkeys(keys, "too short: no samples")
    mean_n = float(fz_n.mean())
    if not mean_n > 0:
        return dict.fromkeys(keys, "no load: the mean vertical force is not above 0 N")
    cv: float | str = 100.0 * float(fz_n.std()) / mean_n
    if not np.ptp(fz_n) > 0:
        cv = "no variation: the vertical force is the same throughout"
    return {"body_mass_kg": mean_n / gravity_m_s2, "fz_cv_percent": cv}
