"""Standing up from a chair, found in the accelerometer at the waist: when each rise starts and ends, and how high.

From first principles. Somebody who stands up lifts the waist by about the length of a thigh within a few seconds, leans
forward to do so, and sits before it: at rest, or just come down. So:

1. the acceleration along gravity is integrated to a vertical velocity; what drifts slower than 0.07 Hz is taken away;
2. every upward peak of the velocity is a candidate;
3. the velocity about a peak is corrected at the rest before it: a trunk at rest has no velocity, and what its
   accelerometer shows there is gravity and the sensor's own error (a zero-velocity update);
4. the rise starts when rest ends, or, in a series without rest, at the bottom between going down and up; it ends at the
   top, where the upward velocity is spent;
5. what then is not as high, as fast, as leaning as a rise, not in one go, or does not start from a seat, is none.

The trunk's lean and the sum of movement do not know how the sensor is turned, so neither does the result.

Limits. A rise out of movement that is neither rest (half a second) nor a descent is not found: fidgeting until the very
start, or a recording cut less than half a second before; nor is a rise with a stop on the way up. In a series without
any pause, up or down within a second, some are missed: lean and acceleration cannot be told apart so fast. A step of
0.25 m or more, climbed while leaning, looks like a rise. Without a gyroscope the height is good to about 20 %, and
offsets of an axis of more than 10 mg move ends by some tenths of a second. There was one recording with rises at hand
(see the tests' data): the numbers come from bodies and chairs, with the source beside each, and the tests show how much
of it may be changed without losing a rise.
"""

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import integrate, signal

from station.sway.gravity import followed_vertical, shortest_followed, why_no_gravity
from station.sway.profiles import LowPass, smooth

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

VERSION: Final = "sit-to-stand-1"
SHORTEST_S: Final = 3.0
SLOWEST_HZ: Final = 20.0

# Seats are 0.40 to 0.50 m high and thighs 0.35 to 0.50 m long: the waist goes up by less than a thigh from a high seat,
# and by somewhat more when it was slouched back. Walking lifts it by 0.03 to 0.05 m a step, a stair by 0.17 to 0.20 m.
RISE_M: Final = (0.25, 0.75)
# The fastest healthy rises take about a second; beyond four the accelerometer alone cannot tell a rise from its drift.
DURATION_S: Final = (0.5, 4.0)
# The least that a rise of 0.25 m in 4 s needs at its peak, as an even rise and fall of the velocity.
_SLOWEST_PEAK_M_S: Final = 2 * RISE_M[0] / DURATION_S[1]
# Rising people lean by 25 to 50 degrees; walking and standing people by less than 12. A lift has no lean.
LEAST_LEAN_DEG: Final = 15.0
# In one go: the velocity goes up to its peak and down again. Its ups and downs over twice the peak are 1 then, and 1.0
# in recorded rises; with every step of somebody who walks on from rest there are more (1.7 and 4.8 where drift makes
# the first steps of a recorded walk look like a slow rise).
MOST_UPS_AND_DOWNS: Final = 1.25
# The trunk of a person who sits or stands still moves by less than 0.01 g; it starts to move with more than 0.04 g.
_AT_REST_G: Final = 0.02
_STARTS_G: Final = 0.04
_REST_S: Final = 0.5
_MOVEMENT_S: Final = 0.3
# Rest is of the body, which hardly moves faster than this; a sensor's noise mostly does. Where movement starts is seen
# in everything, as the first thing that a rise does is to shake the sensor.
_BODY: Final = LowPass(2, 10.0)
# A start may be looked for while less than this share of the rise has been made.
_BARELY_UP: Final = 0.1
# Somebody who sat down just before was higher by a whole rise; going down and turning round takes no longer than this.
_CAME_DOWN_S: Final = 2.5
# Of its peak: the first and the last twentieth of the velocity are within its drift.
_SPENT: Final = 0.05
_DRIFT_HZ: Final = 0.07


class SitToStand(msgspec.Struct, frozen=True):
    """One rise: start and end, s after the first sample; how high and how fast the waist goes up; how far it leans.

    `from_rest` is False for a rise that follows a descent without rest between.
    """

    start_s: float
    end_s: float
    rise_m: float
    peak_velocity_m_s: float
    lean_deg: float
    from_rest: bool

    @property
    def duration_s(self) -> float:
        """Return how long the rise takes, s."""
        return self.end_s - self.start_s


class SitToStands(msgspec.Struct, frozen=True):
    """Every rise that was found, in order of time; None with the reason where the signal cannot be searched."""

    rises: tuple[SitToStand, ...] | None
    not_computed: str | None = None


class _Motion(msgspec.Struct, frozen=True, eq=False):
    """What is known at every sample: m/s2, m/s, m, g, unit vectors (3, N)."""

    fs_hz: float
    upward_m_s2: FloatArray
    velocity_m_s: FloatArray
    shaking_g: FloatArray
    rest: BoolArray
    up: FloatArray


def find_sit_to_stands(acc_g: FloatArray, fs_hz: float) -> SitToStands:
    """Return the rises in accelerations of shape (3, N), g, evenly at `fs_hz`, of a sensor worn at the waist.

    Raises ValueError for another shape, values that are not finite and a rate that is not positive.
    """
    acc_g = np.asarray(acc_g, dtype=np.float64)
    reason = why_not_searched(acc_g, fs_hz)
    if reason is not None:
        return SitToStands(None, reason)
    motion = _motion(acc_g, fs_hz)
    peaks, _ = signal.find_peaks(motion.velocity_m_s, height=_SLOWEST_PEAK_M_S)
    rises: list[SitToStand] = []
    for peak in peaks.tolist():
        rise = _rise_about(motion, peak)
        if rise is None:
            continue
        if rises and rise.start_s < rises[-1].end_s:
            # two peaks of one rise: it is the one from the earlier start to the later end, measured once
            rises[-1] = max(rises[-1], rise, key=lambda one: one.rise_m)
        else:
            rises.append(rise)
    return SitToStands(tuple(rises))


def why_not_searched(acc_g: FloatArray, fs_hz: float) -> str | None:
    """Return why no rise can be looked for in a signal, in words; None where it can, by whatever rule.

    Raises ValueError for what is no signal: see `find_sit_to_stands`.
    """
    if acc_g.ndim != 2 or acc_g.shape[0] != 3 or not np.isfinite(acc_g).all() or not (0 < fs_hz < math.inf):
        raise ValueError("rises are found in three axes of finite values, shape (3, N), at a rate above 0")
    if fs_hz < SLOWEST_HZ:
        return f"rate too low: {fs_hz:.4g} samples/s, at least {SLOWEST_HZ:g} are needed"
    fewest = max(shortest_followed(), math.ceil(SHORTEST_S * fs_hz))
    if acc_g.shape[1] < fewest:
        return f"too short: {acc_g.shape[1] / fs_hz:.3g} s, at least {SHORTEST_S:g} s are needed"
    return why_no_gravity(acc_g)


def runs(flags: BoolArray) -> IntArray:
    """Return the first sample of each run of flags that stand, and the one after its last, shape (n, 2)."""
    return np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))).reshape(-1, 2)


def _motion(acc_g: FloatArray, fs_hz: float) -> _Motion:
    upward_m_s2, up = followed_vertical(acc_g, fs_hz)
    velocity_m_s = _without_drift(integrate.cumulative_trapezoid(upward_m_s2, dx=1 / fs_hz, initial=0), fs_hz)
    slower_g = smooth(acc_g, fs_hz, _BODY) if fs_hz > 2.5 * _BODY.cutoff_hz else acc_g
    return _Motion(
        fs_hz=fs_hz,
        upward_m_s2=upward_m_s2,
        velocity_m_s=velocity_m_s,
        shaking_g=_movement(acc_g, fs_hz),
        rest=_lasting(_movement(slower_g, fs_hz) < _AT_REST_G, round(_REST_S * fs_hz)),
        up=up,
    )


def _without_drift(values: FloatArray, fs_hz: float) -> FloatArray:
    sections = signal.butter(1, _DRIFT_HZ, "highpass", fs=fs_hz, output="sos")
    padded = min(len(values) - 1, round(fs_hz / _DRIFT_HZ))
    filtered: FloatArray = signal.sosfiltfilt(sections, values, padlen=padded)
    return filtered


def _movement(acc_g: FloatArray, fs_hz: float) -> FloatArray:
    """Return how much the acceleration changes about each sample: standard deviation over 0.3 s, all axes, g."""
    half = max(1, round(_MOVEMENT_S * fs_hz / 2))
    about = acc_g - acc_g.mean(axis=1, keepdims=True)
    padded = np.pad(about, ((0, 0), (half + 1, half)), mode="edge")
    width = 2 * half + 1
    sums, squares = np.cumsum(padded, axis=1), np.cumsum(padded**2, axis=1)
    mean = (sums[:, width:] - sums[:, :-width]) / width
    mean_square = (squares[:, width:] - squares[:, :-width]) / width
    deviation: FloatArray = np.sqrt(np.maximum(mean_square - mean**2, 0.0).sum(axis=0))
    return deviation


def _lasting(flags: BoolArray, fewest: int) -> BoolArray:
    """Return the flags that stand in a run of at least `fewest`."""
    kept = np.zeros_like(flags)
    for first, last in runs(flags).tolist():
        kept[first:last] = last - first >= fewest
    return kept


def _rise_about(motion: _Motion, peak: int) -> SitToStand | None:
    """Return the rise with this peak of the velocity; None if it is not one."""
    reach = round(DURATION_S[1] * motion.fs_hz)
    earliest, last = max(0, peak - reach), min(len(motion.velocity_m_s), peak + reach)
    resting = np.flatnonzero(motion.rest[earliest:peak])
    first = earliest + int(resting[-1]) if len(resting) else earliest
    top = peak - first
    velocity = _since_rest(motion, first, last)
    from_rest = len(resting) > 0 and not _came_down(velocity[: top + 1], motion.fs_hz)
    if not from_rest:  # never at rest, or on their feet then and down since
        velocity = motion.velocity_m_s[first:last]
    falling = np.flatnonzero((velocity[top:] <= _SPENT * velocity[top]) | motion.rest[peak:last])
    if not len(falling) or not velocity[top] > 0:
        return None
    end = top + int(falling[0])
    if from_rest:
        start = _end_of_rest(motion.shaking_g[first : first + end], velocity[:end], motion.fs_hz)
    else:
        below = np.flatnonzero(velocity[:top] <= _SPENT * velocity[top])
        start = int(below[-1]) if len(below) else 0
        before = first + start - round(_CAME_DOWN_S * motion.fs_hz)
        if not _came_down(motion.velocity_m_s[max(0, before) : first + start], motion.fs_hz):
            return None
    rising = velocity[start : end + 1]
    rise = SitToStand(
        start_s=(first + start) / motion.fs_hz,
        end_s=(first + end) / motion.fs_hz,
        rise_m=float(integrate.trapezoid(rising, dx=1 / motion.fs_hz)),
        peak_velocity_m_s=float(rising.max()),
        lean_deg=_lean(motion.up[:, first + start : first + end + 1]),
        from_rest=from_rest,
    )
    ups_and_downs = float(np.abs(np.diff(rising)).sum()) / (2 * rise.peak_velocity_m_s)
    return rise if _is_from_a_seat(rise) and ups_and_downs <= MOST_UPS_AND_DOWNS else None


def _is_from_a_seat(rise: SitToStand) -> bool:
    return (
        RISE_M[0] <= rise.rise_m <= RISE_M[1]
        and DURATION_S[0] <= rise.duration_s <= DURATION_S[1]
        and rise.lean_deg >= LEAST_LEAN_DEG
    )


def _since_rest(motion: _Motion, resting: int, last: int) -> FloatArray:
    """Return the velocity from the last sample at rest on: 0 there, and without the acceleration that rest shows."""
    before = max(0, resting + 1 - round(_REST_S * motion.fs_hz))
    error_m_s2 = float(motion.upward_m_s2[before : resting + 1].mean())
    velocity: FloatArray = integrate.cumulative_trapezoid(
        motion.upward_m_s2[resting:last] - error_m_s2, dx=1 / motion.fs_hz, initial=0
    )
    return velocity


def _end_of_rest(shaking_g: FloatArray, velocity_m_s: FloatArray, fs_hz: float) -> int:
    """Return the last sample that hardly moves while hardly anything of the rise has been made.

    The first sample is at rest: what it shakes is the sensor's noise.
    """
    height_m = integrate.cumulative_trapezoid(velocity_m_s, dx=1 / fs_hz, initial=0)
    excess_g = np.sqrt(np.maximum(shaking_g**2 - shaking_g[0] ** 2, 0.0))
    quiet = np.flatnonzero((excess_g < _STARTS_G) & (height_m <= _BARELY_UP * height_m[-1]))
    return int(quiet[-1]) if len(quiet) else 0


def _came_down(velocity_m_s: FloatArray, fs_hz: float) -> bool:
    """Return whether somewhere in this stretch the waist is lower by a whole rise than it was before."""
    height_m = np.cumsum(velocity_m_s) / fs_hz
    return bool(len(height_m) and (np.maximum.accumulate(height_m) - height_m).max() >= RISE_M[0])


def _lean(up: FloatArray) -> float:
    """Return the largest angle between the first way up and any later one, degrees."""
    return math.degrees(float(np.arccos(np.clip(up[:, 0] @ up, -1.0, 1.0)).max()))
