"""What the deck's IMU is for: is the deck level, and was it knocked. It says nothing about the person."""

import math
from typing import Final

from hardware.imu import ImuModel

LEVEL_LIMIT_DEG: Final = 1.0  # design: quality gates
# A step onto the deck shakes it by a few hundredths of g; a kick or a dropped bag by more than this.
KNOCK_LIMIT_G: Final = 0.35
SILENT_NS: Final = 500_000_000
_SMOOTHING: Final = 0.01  # about half a second at 208 Hz


class DeckMotion:
    """Slow gravity direction (level) and fast departures from it (knock), from raw counts of the deck IMU."""

    def __init__(self, model: ImuModel) -> None:
        self._g_per_count = model.accel_mg_per_lsb * 1e-3
        self._mean: list[float] | None = None
        self.knocks = 0
        self.flagged = 0
        self._first_ns = 0
        self._last_ns = 0
        self._good = 0

    def push(self, t_ns: int, flags: int, values: tuple[int, int, int, int, int, int]) -> bool:
        """Take one sample and return whether it shows a knock."""
        if flags:
            self.flagged += 1
            return False
        if not self._good:
            self._first_ns = t_ns
        self._good += 1
        self._last_ns = t_ns
        scale = self._g_per_count
        x, y, z = values[0] * scale, values[1] * scale, values[2] * scale
        mean = self._mean
        if mean is None:
            self._mean = [x, y, z]
            return False
        dx, dy, dz = x - mean[0], y - mean[1], z - mean[2]
        mean[0] += _SMOOTHING * dx
        mean[1] += _SMOOTHING * dy
        mean[2] += _SMOOTHING * dz
        if dx * dx + dy * dy + dz * dz > KNOCK_LIMIT_G * KNOCK_LIMIT_G:
            self.knocks += 1
            return True
        return False

    def silent(self, now_ns: int) -> bool:
        """Return whether the IMU has delivered nothing good for half a second, or never."""
        return not self._good or now_ns - self._last_ns > SILENT_NS

    def tilt_deg(self, now_ns: int) -> float | None:
        """Return the angle between the deck's normal and gravity, or None while the IMU is silent."""
        if self._mean is None or self.silent(now_ns):
            return None
        x, y, z = self._mean
        return math.degrees(math.atan2(math.hypot(x, y), z))

    def rate_hz(self, now_ns: int) -> float | None:
        """Return the IMU's measured sample rate, or None while it is silent or before there are ten samples."""
        if self._good < 10 or self._last_ns == self._first_ns or self.silent(now_ns):
            return None
        return (self._good - 1) * 1e9 / (self._last_ns - self._first_ns)
