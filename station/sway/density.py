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
_FIRST_LEAP: Final = 1 << 6
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
    count = cop.shape[1]
    # A box is the largest x, y, -x, -y of a stretch; before the first sample and after the last one all is far away.
    sides = np.full((4, count + 2), np.inf)
    sides[:2, 1:-1], sides[2:, 1:-1] = cop, -cop
    boxes = _stretches(sides)
    density = np.empty(count, dtype=np.intp)
    for begin in range(0, count, _SAMPLES_AT_A_TIME):
        samples = np.arange(begin, min(begin + _SAMPLES_AT_A_TIME, count))
        before, after = _first_out(samples + 1, radius, boxes)
        density[samples] = after - before - 2
    return density


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


def _first_out(samples: IntArray, radius: float, boxes: list[tuple[int, FloatArray]]) -> tuple[IntArray, IntArray]:
    """Return the nearest place before each sample and after it that is not within the radius.

    Every sample holds a place up to which all is known to be near, and leaps on by the longest stretch whose bounding
    box lies in its circle. Where the box of a single sample, that is the sample itself, does not, it is out. Only a
    trace that circles quickly and for ever just inside the radius would need as many leaps as there are samples.
    """
    ways = np.repeat([-1, 1], len(samples))
    centres = boxes[-1][1].take(np.tile(samples, 2), axis=1)
    reached = np.tile(samples, 2) + ways
    waiting = np.arange(len(reached))
    longest = _FIRST_LEAP
    while len(waiting):
        centre, way, began = centres.take(waiting, axis=1), ways[waiting], reached[waiting]
        at = began.copy()
        for size, box in boxes:
            if size <= longest:
                away = box.take(np.minimum(at, at + (size - 1) * way), axis=1, mode="clip")
                away -= centre
                farthest = np.maximum(away[:2], away[2:])
                farthest *= farthest
                near = farthest[0] + farthest[1] <= radius * radius
                at += size * way * near
        reached[waiting] = at
        waiting = waiting[near]
        longest = 2 * int(np.abs(at - began).max())  # most are close to their circle by now, who stays leaps farther
    before, after = reached.reshape(2, -1)
    return before, after


def _stretches(sides: FloatArray) -> list[tuple[int, FloatArray]]:
    """Return the largest values within all stretches of 2^k samples, the longest first, each by where it begins."""
    box = sides
    found = [(1, box)]
    while 2 * found[-1][0] <= min(sides.shape[1], _LONGEST_LEAP):
        half = found[-1][0]
        box = np.maximum(box[:, :-half], box[:, half:])
        found.append((2 * half, box))
    return found[::-1]
