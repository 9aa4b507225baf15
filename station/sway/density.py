"""Sway density: how long the centre of pressure stays near each place that it passes.

For every sample, the time that the trace stays within 3 mm of it without leaving, before and after together. Low-passed
at 2.5 Hz, it peaks at moments of rest. Baratto et al. 2002, Motor Control 6:246-270; Jacono et al. 2004, J Biomech
37:1837-1842; Butterworth of order 4, forward and backward, as Quijoux et al. 2021 have it.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import signal

from station.sway.family import Family, FloatArray, Found, Trace
from station.sway.profiles import LowPass, shortest_filtered, smooth

IntArray = npt.NDArray[np.intp]

RADIUS_MM: Final = 3.0
LOW_PASS: Final = LowPass(4, 2.5)

# Hours; for every sample some hundred bytes are needed.
LONGEST: Final = 1_000_000
# Stretches of up to so many samples are looked at as a whole; a longer stay takes several.
_FIRST_LEAP: Final = 1 << 7
_LONGEST_LEAP: Final = 1 << 13
# What is worked on at a time stays in the cache.
_SAMPLES_AT_A_TIME: Final = 1 << 13

UNITS: Final[dict[str, str]] = {
    "sway_density_peak_s": "s",
    "sway_density_peak_distance_mm": "mm",
}


def sway_density(cop: FloatArray, radius: float) -> IntArray:
    """Return for each sample of a trace, shape (2, N), how many neighbours in time are within `radius` of it.

    Counted in both directions up to the first one that is farther. Exact. O(N log N) for a trace that wanders and for
    one that stays; memory O(N).
    """
    forward = _steps_until_out(cop, radius)
    return forward + _steps_until_out(cop[:, ::-1], radius)[::-1]


def density_measures(trace: Trace) -> Found:
    """Return the mean height of the peaks of sway density and the mean distance from one peak's place to the next."""
    if not trace.fs_hz > 2 * LOW_PASS.cutoff_hz:
        return dict.fromkeys(UNITS, f"sampled too slowly: a {LOW_PASS.cutoff_hz:g} Hz low-pass is needed")
    if trace.count < shortest_filtered(LOW_PASS):
        needed = shortest_filtered(LOW_PASS)
        return dict.fromkeys(UNITS, f"too short: {trace.count} samples, the filter needs {needed}")
    if trace.count > LONGEST:
        return dict.fromkeys(UNITS, f"too long: {trace.count} samples, at most {LONGEST}; cut the recording")
    density_s = smooth(sway_density(trace.cop, RADIUS_MM) / trace.fs_hz, trace.fs_hz, LOW_PASS)
    # A rise of less than one sample is not a rise of what was counted: rounding makes such on a plateau.
    peaks, _ = signal.find_peaks(density_s, prominence=1 / trace.fs_hz)
    if len(peaks) < 2:
        return dict.fromkeys(UNITS, f"{len(peaks)} peaks of sway density, at least 2 are needed")
    ml, ap = np.diff(trace.cop[:, peaks])
    return {
        "sway_density_peak_s": float(density_s[peaks].mean()),
        "sway_density_peak_distance_mm": float(np.hypot(ml, ap).mean()),
    }


DENSITY: Final = Family("sway density", UNITS, density_measures)


def _steps_until_out(cop: FloatArray, radius: float) -> IntArray:
    """Return how many of the next samples stay within the radius of each one.

    Every sample holds a place up to which all is known to be near, and leaps on by the longest stretch whose bounding
    box lies in its circle. Where the box of a single sample, that is the sample itself, does not, it has left. Only a
    trace that circles quickly and for ever just inside the radius would need as many leaps as there are samples.
    """
    count = cop.shape[1]
    steps = np.zeros(count, dtype=np.intp)
    sides = np.concatenate([cop, -cop])  # a box is the largest x, y, -x, -y of a stretch
    boxes = _stretches(sides)
    squared = radius * radius
    # Most leave within a second or two: the longest stretches are for those that are still there after a first round.
    first_round = [(size, box) for size, box in boxes if size <= _FIRST_LEAP]
    for begin in range(0, count, _SAMPLES_AT_A_TIME):
        waiting = np.arange(begin, min(begin + _SAMPLES_AT_A_TIME, count))
        leaps = first_round
        while len(waiting):
            waiting = _leap(sides, squared, leaps, waiting, steps)
            leaps = boxes
    return steps


def _leap(
    sides: FloatArray, squared: float, boxes: list[tuple[int, FloatArray]], waiting: IntArray, steps: IntArray
) -> IntArray:
    """Add to the steps of the waiting samples what one round of leaps brings; return those that have not left yet."""
    count = sides.shape[1]
    place = sides[:, waiting]
    reached = waiting + 1 + steps[waiting]
    near = np.zeros(len(waiting), dtype=np.bool_)
    for size, box in boxes:
        away = box.take(reached, axis=1, mode="clip") - place
        farthest = np.maximum(away[:2], away[2:])
        near = (farthest[0] ** 2 + farthest[1] ** 2 <= squared) & (reached <= count - size)
        reached += size * near
    steps[waiting] = reached - 1 - waiting
    not_left: IntArray = waiting[near & (reached < count)]
    return not_left


def _stretches(sides: FloatArray) -> list[tuple[int, FloatArray]]:
    """Return the largest values within all stretches of 2^k samples, the longest first, each by where it begins."""
    box = sides
    found = [(1, box)]
    while 2 * found[-1][0] <= min(sides.shape[1], _LONGEST_LEAP):
        half = found[-1][0]
        box = np.maximum(box[:, :-half], box[:, half:])
        found.append((2 * half, box))
    return found[::-1]
