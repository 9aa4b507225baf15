"""Standing up by the displacement method of scikit-digital-health: to compare with that program, not for the clinic.

The method is that of Adamowicz et al. 2020, "Assessment of Sit-to-Stand Transfers during Daily Life Using an
Accelerometer on the Lower Back", Sensors 20:6618, without the demand for stillness right before a rise, with the
numbers of scikit-digital-health (`Sit2Stand(stillness_constraint=False)`, peaks at least one second apart), which made
its shipped results. The code is ours. What it does:

1. the size of the acceleration is low-passed and its mean over 0.25 s taken; where that goes from above to below within
   about a second, as in a rise, a wavelet finds a peak;
2. the acceleration along the slow direction of the signal is integrated to a velocity from the last long stillness
   before the peak to the first after it, where the velocity must be 0 again: what is left is drift; if no stillness
   comes, to 5 s after the peak, and the straight line that fits best is drift;
3. the rise starts where the velocity about the peak turned upwards, or at an end of stillness near it, and ends where
   the velocity turns downwards; integrated once more it gives the height;
4. what is too long, too lopsided, too slow or too low is none; nor is what is much lower than most of the others.

It differs from `sit_to_stand.py`, which is this project's own rule, where no stillness comes and the line fits badly:
what drift is left looks like a rise, as nothing here asks for a seat below, or a lean. Of the five in the one recording
that has results of the program, the last two are so (see the tests): one in a walk, one on the chair.

Kept because the other program has it: beyond the ends of a recording it sees no acceleration, not even gravity. The
wavelet's answer to that step raises the height that a peak must have, so a short and quiet recording loses every rise.
A gain that is 2 % off leaves little stillness, and without stillness there is no rise.

Not kept: the other program counts the scales of its wavelet in samples, so what it looks for depends on the rate, and
above 160 samples/s is nothing. Here they are at every rate what they are at the 128 samples/s of its results.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import integrate, signal

from station.sway.profiles import LowPass, low_pass_sections, smooth
from station.sway.sit_to_stand import runs, why_not_searched

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

VERSION: Final = "sit-to-stand-displacement-1"

# Every number is that of the other program. Its g is 9.81 m/s2.
_G_M_S2: Final = 9.81
_SIZE: Final = LowPass(4, 5.0)
_SIZE_MEAN_S: Final = 0.25
_UP: Final = LowPass(4, 0.8)
# The first derivative of a Gaussian at every scale of whole samples that is said to mean 0.5 Hz or less, at 128
# samples/s and up to 64 samples. It is cut off at five scales.
_SCALES_S: Final = np.arange(52, 65) / 128.0
_CUT_OFF: Final = 5.0
_BETWEEN_PEAKS_S: Final = 1.0
# Still: mean and standard deviation over a window, of the size and of its derivative.
_STILL_WINDOW_S: Final = 0.3
_STILL_MEAN_M_S2: Final = 0.2
_STILL_DEVIATION_M_S2: Final = 0.1
_STILL_MEAN_M_S3: Final = 2.5
_STILL_DEVIATION_M_S3: Final = 3.0
_LONG_STILL_S: Final = 0.5
_FARTHEST_STILL_S: Final = 30.0
_WITHOUT_STILL_S: Final = 5.0  # how far after the peak is integrated where no stillness follows
_NEAR_0_M_S: Final = 0.05
# From this long before the upward turn to this long after it, an end of stillness is the better start.
_STILL_BEFORE_START_S: Final = 0.5
_STILL_AFTER_START_S: Final = 0.7
_LEAST_VELOCITY_M_S: Final = 0.2
_LEAST_RISE_M: Final = 0.125
_LEAST_OF_MEDIAN_RISE: Final = 0.75
_LONGEST_S: Final = 4.5
_MOST_LOPSIDED: Final = 10.0  # before the peak over after it
_BETWEEN_STARTS_S: Final = 0.4


class DisplacementRise(msgspec.Struct, frozen=True):
    """One rise as the other program gives it: start and end, s after the first sample, and how high."""

    start_s: float
    end_s: float
    rise_m: float

    @property
    def duration_s(self) -> float:
        """Return how long the rise takes, s."""
        return self.end_s - self.start_s


class DisplacementRises(msgspec.Struct, frozen=True):
    """Every rise that was found, in order of time; None with the reason where the signal cannot be searched."""

    rises: tuple[DisplacementRise, ...] | None
    not_computed: str | None = None


class _Motion(msgspec.Struct, frozen=True, eq=False):
    """Acceleration along the slow direction, gravity included, m/s2; first and end of each stillness, and of long."""

    fs_hz: float
    along_m_s2: FloatArray
    still: IntArray
    long_still: IntArray


def find_by_displacement(acc_g: FloatArray, fs_hz: float) -> DisplacementRises:
    """Return the rises that the displacement method finds in accelerations of shape (3, N), g, evenly at `fs_hz`.

    Raises ValueError for another shape, values that are not finite and a rate that is not positive.
    """
    acc_g = np.asarray(acc_g, dtype=np.float64)
    reason = why_not_searched(acc_g, fs_hz)
    if reason is not None:
        return DisplacementRises(None, reason)
    size_g = smooth(np.linalg.norm(acc_g, axis=0), fs_hz, _SIZE)
    still = _still(size_g * _G_M_S2, fs_hz)
    motion = _Motion(
        fs_hz=fs_hz,
        along_m_s2=_along(acc_g, fs_hz) * _G_M_S2,
        still=still,
        long_still=still[np.diff(still, axis=1)[:, 0] > _LONG_STILL_S * fs_hz],
    )
    rises: list[DisplacementRise] = []
    for peak in _peaks(size_g, fs_hz).tolist():
        rise = _rise_about(motion, peak)
        if rise is not None and not (rises and rise.start_s - rises[-1].start_s <= _BETWEEN_STARTS_S):
            rises.append(rise)
    if rises:
        least_m = _LEAST_OF_MEDIAN_RISE * float(np.median([rise.rise_m for rise in rises]))
        rises = [rise for rise in rises if rise.rise_m >= least_m]
    return DisplacementRises(tuple(rises))


def _peaks(size_g: FloatArray, fs_hz: float) -> IntArray:
    """Return the samples about which the acceleration goes from above to below, by the wavelet.

    A sum of wavelet coefficients over scales is one convolution, with the sum of the wavelets.
    """
    mean_g, _ = _moving(size_g, _SIZE_MEAN_S, fs_hz)
    half = round(_CUT_OFF * _SCALES_S[-1] * fs_hz)
    share = np.arange(-half, half + 1) / fs_hz / _SCALES_S[:, np.newaxis]
    wavelets = 2 * share * np.exp(-(share**2)) / np.sqrt(_SCALES_S[:, np.newaxis])
    power = signal.oaconvolve(mean_g, wavelets.sum(axis=0), mode="same")
    peaks: IntArray = signal.find_peaks(
        power, height=power.std(ddof=1), distance=max(1, round(_BETWEEN_PEAKS_S * fs_hz))
    )[0]
    return peaks


def _still(size_m_s2: FloatArray, fs_hz: float) -> IntArray:
    """Return the first sample of each stillness and the one after its last, shape (n, 2)."""
    jerk_m_s3 = np.gradient(size_m_s2, 1 / fs_hz, edge_order=2)
    mean_m_s2, deviation_m_s2 = _moving(size_m_s2, _STILL_WINDOW_S, fs_hz)
    mean_m_s3, deviation_m_s3 = _moving(jerk_m_s3, _STILL_WINDOW_S, fs_hz)
    return runs(
        (np.abs(mean_m_s2 - _G_M_S2) < _STILL_MEAN_M_S2)
        & (deviation_m_s2 < _STILL_DEVIATION_M_S2)
        & (np.abs(mean_m_s3) < _STILL_MEAN_M_S3)
        & (deviation_m_s3 < _STILL_DEVIATION_M_S3)
    )


def _moving(values: FloatArray, window_s: float, fs_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation in a window about each sample; those nearest to the ends stand for the ends.

    A window of an even number of samples has one more before its sample than after it.
    """
    width = max(2, round(window_s * fs_hz))
    offset = values.mean()
    padded = np.concatenate([[0.0], values - offset])  # without its mean, so that no digits are lost
    sums, squares = np.cumsum(padded), np.cumsum(padded**2)
    mean = (sums[width:] - sums[:-width]) / width
    variance = np.maximum((squares[width:] - squares[:-width]) - width * mean**2, 0.0) / (width - 1)
    before = (width + 1) // 2
    edges = (before, len(values) - len(mean) - before)
    return np.pad(mean + offset, edges, mode="edge"), np.pad(np.sqrt(variance), edges, mode="edge")


def _along(acc_g: FloatArray, fs_hz: float) -> FloatArray:
    """Return the acceleration along the slow direction of the signal, g; nothing is put before or after the signal."""
    slow_g = signal.sosfiltfilt(low_pass_sections(_UP, fs_hz), acc_g, axis=1, padlen=0)
    up = slow_g / np.maximum(np.linalg.norm(slow_g, axis=0), 1e-9)
    along_g: FloatArray = np.einsum("kn,kn->n", up, acc_g)
    return along_g


def _rise_about(motion: _Motion, peak: int) -> DisplacementRise | None:
    """Return the rise about this peak of the wavelet; None if it is none, or no long stillness is near before it."""
    fs_hz = motion.fs_hz
    earlier = int(np.searchsorted(motion.long_still[:, 1], peak))
    if earlier == 0 or peak - motion.long_still[earlier - 1, 1] > _FARTHEST_STILL_S * fs_hz:
        return None
    first = int(motion.long_still[earlier - 1, 1])
    velocity = _velocity(motion, first, peak)
    top = peak - first
    if velocity[top] < _LEAST_VELOCITY_M_S:
        return None
    turns = np.diff(np.sign(velocity))
    upward, downward = np.flatnonzero(turns > 0) + 1, np.flatnonzero(turns < 0) + 1
    upward, downward = upward[upward < top], downward[downward > top]
    start = int(upward[-1]) if len(upward) else 0
    end = int(downward[0]) if len(downward) else len(velocity) - 1
    end_of_still = int(motion.still[np.searchsorted(motion.still[:, 1], peak) - 1, 1]) - first
    if -_STILL_BEFORE_START_S * fs_hz < end_of_still - start < _STILL_AFTER_START_S * fs_hz:
        start = end_of_still
    rise = DisplacementRise(
        start_s=(first + start) / fs_hz,
        end_s=(first + end) / fs_hz,
        rise_m=float(integrate.trapezoid(velocity[start : end + 1], dx=1 / fs_hz)),
    )
    in_shape = rise.duration_s < _LONGEST_S and top - start < _MOST_LOPSIDED * (end - top)
    return rise if in_shape and rise.rise_m > _LEAST_RISE_M else None


def _velocity(motion: _Motion, first: int, peak: int) -> FloatArray:
    """Return the velocity from the end of a stillness until the next long one, m/s, without its drift.

    Gravity is in the acceleration, a straight line in the velocity; it goes with the drift.
    """
    later = int(np.searchsorted(motion.long_still[:, 0], peak, side="right"))
    ends_still = later < len(motion.long_still) and (
        motion.long_still[later, 0] - peak < _FARTHEST_STILL_S * motion.fs_hz
    )
    last = int(motion.long_still[later, 0]) if ends_still else int(peak + _WITHOUT_STILL_S * motion.fs_hz)
    velocity: FloatArray = integrate.cumulative_trapezoid(motion.along_m_s2[first:last], dx=1 / motion.fs_hz, initial=0)
    if ends_still:
        return velocity - np.linspace(0.0, velocity[-1], len(velocity))
    velocity = signal.detrend(velocity)
    return velocity - velocity[0] if abs(velocity[0]) > _NEAR_0_M_S else velocity
