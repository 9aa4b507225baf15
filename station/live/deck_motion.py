"""What the deck's IMU is for: is the deck level, and was it knocked. It says nothing about the person."""

import math
from typing import Final

from hardware.imu import ImuModel
from station.live.noise import RunningNoise

LEVEL_LIMIT_DEG: Final = 1.0  # design: quality gates
# A step onto the deck shakes it by a few hundredths of g; a kick or a dropped bag by more than this.
KNOCK_LIMIT_G: Final = 0.35
SILENT_NS: Final = 500_000_000
_SMOOTHING: Final = 0.01  # about half a second at 208 Hz
_NOISE_WINDOW: Final = 1024  # five seconds at 208 samples/s


class DeckMotion:
    """Slow gravity direction (level) and fast departures from it (knock), from raw counts of the deck IMU."""

    def __init__(self, model: ImuModel) -> None:
        self._g_per_count = model.accel_mg_per_lsb * 1e-3
        self._mean: list[float] | None = None
        self.flagged = 0
        self._first_ns = 0
        self._last_ns = 0
        self._good = 0
        self._before: tuple[int, int, int] | None = None
        self._noise = RunningNoise(_NOISE_WINDOW)

    def push(self, t_ns: int, flags: int, values: tuple[int, int, int, int, int, int]) -> bool:
        """Take one sample and return whether it shows a knock."""
        if flags:
            self.flagged += 1
            return False
        if not self._good:
            self._first_ns = t_ns
        self._good += 1
        self._last_ns = t_ns
        before = self._before
        if before is not None:
            dx, dy, dz = values[0] - before[0], values[1] - before[1], values[2] - before[2]
            self._noise.add(dx * dx + dy * dy + dz * dz)
        self._before = values[:3]
        scale = self._g_per_count
        x, y, z = values[0] * scale, values[1] * scale, values[2] * scale
        mean = self._mean
        if mean is None:
            self._mean = [x, y, z]
            return False
        off_x, off_y, off_z = x - mean[0], y - mean[1], z - mean[2]
        mean[0] += _SMOOTHING * off_x
        mean[1] += _SMOOTHING * off_y
        mean[2] += _SMOOTHING * off_z
        return off_x * off_x + off_y * off_y + off_z * off_z > KNOCK_LIMIT_G * KNOCK_LIMIT_G

    def silent(self, now_ns: int) -> bool:
        """Return whether the IMU has delivered nothing good for half a second, or never."""
        return not self._good or now_ns - self._last_ns > SILENT_NS

    def tilt_deg(self, now_ns: int) -> float | None:
        """Return the angle between the deck's normal and gravity, or None while the IMU is silent."""
        if self._mean is None or self.silent(now_ns):
            return None
        x, y, z = self._mean
        return math.degrees(math.atan2(math.hypot(x, y), z))

    def noise_mg(self) -> float | None:
        """Return the noise of one axis of the accelerometer over the last five seconds, mg; None before it is known."""
        counts = self._noise.sd(axes=3)
        return None if counts is None else counts * self._g_per_count * 1e3

    def rate_hz(self, now_ns: int) -> float | None:
        """Return the IMU's measured sample rate, or None while it is silent or before there are ten samples."""
        if self._good < 10 or self._last_ns == self._first_ns or self.silent(now_ns):
            return None
        return (self._good - 1) * 1e9 / (self._last_ns - self._first_ns)
