"""Sway of the trunk from an accelerometer at the waist (fifth lumbar vertebra): the planar measures of the ISway.

Definitions: Mancini et al. 2012, "ISway: a sensitive, valid and reliable measure of postural control", J NeuroEng
Rehabil 9:59, on the horizontal plane (see gravity.py), low-passed at 3.5 Hz without phase shift. All five measures are
of the plane: it does not matter how the sensor is worn, upside down or turned about, and nothing has to be told which
way is forward. Values per axis would need that, so there are none.

Jerk grows with the length of the trial and its square with the size of sway: compare trials of one length only.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import integrate

from station.sway.family import Found, Measures, nothing, sorted_out
from station.sway.frequency import HIGHEST_HZ, LOWEST_HZ, SEGMENT_S
from station.sway.gravity import horizontal_plane, why_no_gravity, why_not_upright
from station.sway.profiles import LowPass, shortest_filtered, smooth
from station.sway.spectrum import welch
from station.sway.straight_line import about_line

FloatArray = npt.NDArray[np.float64]

VERSION: Final = "trunk-1"
# Every key with its unit (UCUM), in the order in which it is shown.
UNITS: Final[dict[str, str]] = {
    "trunk_jerk_m2_s5": "m2/s5",
    "trunk_rms_m_s2": "m/s2",
    "trunk_path_m_s2": "m/s2",
    "trunk_mean_velocity_m_s": "m/s",
    "trunk_f95_hz": "Hz",
}
LOW_PASS: Final = LowPass(4, 3.5)
SHORTEST_S: Final = 10.0  # as for the centre of pressure; slow sway has a period of several seconds
SLOWEST_HZ: Final = 20.0  # a low-pass at 3.5 Hz needs to see well above it
# Accelerometers resolve 0.06 to 0.5 mg; what rounding leaves of a signal along the vertical is no sway.
_STILL_M_S2: Final = 1e-7


def trunk_sway(acc_g: FloatArray, fs_hz: float) -> Measures:
    """Return the trunk's measures of a quiet stance, from accelerations of shape (3, N), g, evenly at `fs_hz`.

    Raises ValueError for another shape, values that are not finite and a rate that is not positive: readers refuse
    those before, with file and line.
    """
    acc_g = np.asarray(acc_g, dtype=np.float64)
    if acc_g.ndim != 2 or acc_g.shape[0] != 3 or not np.isfinite(acc_g).all() or not (0 < fs_hz < math.inf):
        raise ValueError("trunk_sway takes three axes of finite values, shape (3, N), and a rate above 0")
    count = acc_g.shape[1]
    reason = _why_not(acc_g, fs_hz)
    if reason is None:
        plane = smooth(horizontal_plane(acc_g), fs_hz, LOW_PASS)
        plane = plane - plane.mean(axis=1, keepdims=True)
        if not float(np.abs(plane).max()) > _STILL_M_S2:
            reason = "no variation: nothing moves in the horizontal plane"
    if reason is not None:
        return nothing(UNITS, reason)
    steps = np.diff(plane)
    found: Found = {
        # 1/2 integral of (d a_ap / dt)^2 + (d a_ml / dt)^2 over t, with da/dt = step * fs and dt = 1 / fs
        "trunk_jerk_m2_s5": 0.5 * float(np.square(steps).sum()) * fs_hz,
        "trunk_rms_m_s2": math.sqrt(float(np.square(plane).sum()) / count),
        "trunk_path_m_s2": float(np.hypot(steps[0], steps[1]).sum()),
        "trunk_mean_velocity_m_s": _mean_velocity(plane, fs_hz),
        "trunk_f95_hz": _edge_frequency(plane, fs_hz, 0.95),
    }
    return sorted_out(UNITS, found)


def _why_not(acc_g: FloatArray, fs_hz: float) -> str | None:
    count = acc_g.shape[1]
    if fs_hz < SLOWEST_HZ:
        return f"rate too low: {fs_hz:.4g} samples/s, at least {SLOWEST_HZ:g} are needed"
    fewest = max(shortest_filtered(LOW_PASS), math.ceil(SHORTEST_S * fs_hz * (1 - 1e-6)))
    if count < fewest:
        return (
            f"too short: {count} samples in {count / fs_hz:.3g} s, at least {fewest} samples in {SHORTEST_S:g} s "
            "are needed"
        )
    return why_no_gravity(acc_g) or why_not_upright(acc_g)


def _mean_velocity(plane: FloatArray, fs_hz: float) -> float:
    """Return the mean speed of the trunk in the plane, m/s.

    The velocity is the integral of the acceleration without its mean; the straight line through it, which is what an
    unknown starting velocity and a sensor's offset leave, is taken away.
    """
    velocity = about_line(integrate.cumulative_trapezoid(plane, dx=1 / fs_hz, initial=0, axis=1))
    return float(np.hypot(velocity[0], velocity[1]).mean())


def _edge_frequency(plane: FloatArray, fs_hz: float, share: float) -> float:
    """Return the first frequency with at least this share of both axes' power below it; Welch as in frequency.py."""
    segment = min(plane.shape[1], round(SEGMENT_S * fs_hz))
    frequency_hz, density = welch(plane, fs_hz, segment)
    inside = (frequency_hz >= LOWEST_HZ) & (frequency_hz <= HIGHEST_HZ)
    summed = np.cumsum(density[:, inside].sum(axis=0))
    return float(frequency_hz[inside][np.searchsorted(summed, share * summed[-1])])
