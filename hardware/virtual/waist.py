"""What an IMU at the waist of whoever stands on the virtual deck feels: the trunk leans with the person's sway.

A body that sways is taken as one stiff rod on the ankles (inverted pendulum). Its centre of mass follows the slow part
of the centre of pressure: the mean of the last 0.4 s here. Its lean is that distance over the height of the centre of
mass; the IMU feels gravity by the lean, and how fast it changes. Axes as in the deck (x right, y forward, z up), noise
that of an LSM6DSOX.

Enough for a waist channel that has to do with what the person does. Not modelled: the trunk's own movements (hips,
steps, breath, turning), its acceleration, the person's height, a belt that slips; nothing scored against norms may come
from here.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.sensor import Channel
from hardware.virtual.deck import ACCEL_NOISE_G, GYRO_NOISE_DPS, MOTION_BIN_NS, BlockNoise, FloatArray, IntArray
from hardware.virtual.load import Load

# 0.55 of a height of 1.70 m, less the ankle's 0.04 of it (Winter, Biomechanics and Motor Control, anthropometric data)
HEIGHT_MM: Final = 870.0
MEAN_OVER_NS: Final = 400_000_000
_TAPS: Final = 4
_TAP_NS: Final = MEAN_OVER_NS // _TAPS


class WaistMotion:
    """The motion of one person's waist; the same numbers one by one and in arrays."""

    def __init__(self, load: Load, seed: int) -> None:
        self._load = load
        self._noise = BlockNoise(
            seed, int(Channel.WAIST_IMU), np.array([ACCEL_NOISE_G] * 3 + [GYRO_NOISE_DPS] * 3, dtype=np.float64)
        )

    def motion(self, t_ns: int) -> tuple[float, float, float, float, float, float]:
        """Return acceleration in g and rotation in deg/s at one moment."""
        ax, ay, az, gx, gy, gz = self.motions(np.array([t_ns]))[0].tolist()
        return ax, ay, az, gx, gy, gz

    def motions(self, t_ns: IntArray) -> FloatArray:
        """Return the same for many moments, one a row."""
        taps = t_ns[:, None] - _TAP_NS * np.arange(_TAPS + 1)
        _, ml, ap = self._load.over(taps.ravel())
        lean_ml, rate_ml = _lean(ml.reshape(taps.shape))
        lean_ap, rate_ap = _lean(ap.reshape(taps.shape))
        values = self._noise.rows(t_ns // MOTION_BIN_NS).copy()
        values[:, 0] += np.sin(lean_ml)
        values[:, 1] += np.sin(lean_ap)
        values[:, 2] += np.cos(lean_ml) * np.cos(lean_ap)
        values[:, 3] -= np.degrees(rate_ap)
        values[:, 4] += np.degrees(rate_ml)
        return values


def _lean(place_mm: npt.NDArray[np.float64]) -> tuple[FloatArray, FloatArray]:
    """Return the angle in rad and its rate in rad/s: of a mean over some time, the difference between its ends."""
    lean = place_mm[:, :_TAPS].mean(axis=1) / HEIGHT_MM
    rate = (place_mm[:, 0] - place_mm[:, _TAPS]) / HEIGHT_MM / (MEAN_OVER_NS * 1e-9)
    return lean, rate
