"""Which way is up for a worn accelerometer, and what is left of its signal in the plane and along the vertical.

A sensor that rests measures 1 g upwards, whatever way it is turned; so does the mean of a person who goes nowhere. That
direction is all that gravity gives: which way is forward it does not say. Signals in the plane come on two axes at
right angles that are otherwise arbitrary, so only measures that do not change when the plane is turned may use them.
Splitting them into antero-posterior and mediolateral needs to be told which way the sensor faces; nothing here is.

Limits: without a gyroscope a fast turn and a fast push look alike, so the vertical of a moving trunk is good to about
0.1 m/s2 here, and no position should be integrated from it for longer than a few seconds.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from station.sway.profiles import LowPass, shortest_filtered, smooth

FloatArray = npt.NDArray[np.float64]

STANDARD_GRAVITY_M_S2: Final = 9.80665  # what makers of accelerometers mean by 1 g (CGPM 1901)
# Gain 1 to 3 % off and offsets of 20 to 40 mg are usual in datasheets of worn sensors; beyond that the unit is wrong
# (m/s2, raw counts), an axis is dead, or the sensor was swung about.
NEAR_1_G: Final = (0.9, 1.1)
_EXPECTED: Final = f"{NEAR_1_G[0]:g} to {NEAR_1_G[1]:g} g"
# How fast the trunk leans when somebody rises or walks; faster changes are taken for accelerations.
_LEAN: Final = LowPass(2, 1.0)
# A rise takes half a second at least; what is above is impacts and the sensor shaking on its belt.
_MOVEMENT: Final = LowPass(2, 5.0)


def why_no_gravity(acc_g: FloatArray) -> str | None:
    """Return why a signal of shape (3, N) cannot be that of a worn accelerometer in g, in words; None where it can."""
    if not np.ptp(acc_g, axis=1).any():
        return "no variation: the accelerometer gives the same value throughout; a worn sensor never does"
    usual_g = float(np.median(np.linalg.norm(acc_g, axis=0)))
    if not NEAR_1_G[0] <= usual_g <= NEAR_1_G[1]:
        return f"no gravity: the acceleration is {usual_g:.3g} g, expected {_EXPECTED} of a worn sensor that gives g"
    return None


def why_not_upright(acc_g: FloatArray) -> str | None:
    """Return why the mean of a signal of shape (3, N) is not the way up throughout, in words; None where it is."""
    mean_g = float(np.linalg.norm(acc_g.mean(axis=1)))
    if not NEAR_1_G[0] <= mean_g <= NEAR_1_G[1]:
        return f"no way up: the mean acceleration is {mean_g:.3g} g, expected {_EXPECTED}: the sensor was turned about"
    return None


def horizontal_plane(acc_g: FloatArray) -> FloatArray:
    """Return the part of a signal of shape (3, N), g, that is across its mean direction: shape (2, N), m/s2.

    The gravity of a person who stands is the mean of the whole signal (Moe-Nilssen 1998, Clin Biomech 13:320-327).
    The two axes are at right angles and turned by an unknown angle about the vertical. Needs `why_not_upright` None.
    """
    up = acc_g.mean(axis=1)
    up /= np.linalg.norm(up)
    first = np.zeros(3)
    first[int(np.argmin(np.abs(up)))] = 1.0
    first -= (first @ up) * up
    first /= np.linalg.norm(first)
    plane: FloatArray = np.stack([first, np.cross(up, first)]) @ acc_g * STANDARD_GRAVITY_M_S2
    return plane


def shortest_followed() -> int:
    """Return how few samples `followed_vertical` can take."""
    return max(shortest_filtered(_LEAN), shortest_filtered(_MOVEMENT))


def followed_vertical(acc_g: FloatArray, fs_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return the upward acceleration without gravity, shape (N,), m/s2, and the way up, shape (3, N), unit vectors.

    For a trunk that leans: up is the slow part of the signal (below 1 Hz), and the acceleration along it, below 5 Hz,
    is what differs from its mean. The mean is 1 g plus the sensor's gain error: nobody accelerates upwards on average.
    """
    slow_g = smooth(acc_g, fs_hz, _LEAN)
    up = slow_g / np.maximum(np.linalg.norm(slow_g, axis=0), 1e-9)
    along_g = np.einsum("kn,kn->n", smooth(acc_g, fs_hz, _MOVEMENT), up)
    return (along_g - along_g.mean()) * STANDARD_GRAVITY_M_S2, up
