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

# Stretches of up to 2^11 samples are looked at as a whole; a longer stay takes several.
_LONGEST_STRETCH: Final = 11

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
    box lies in its circle. Where the box of a single sample, that is the sample itself, does not, it has left.
    """
    count = cop.shape[1]
    steps = np.zeros(count, dtype=np.intp)
    boxes = _stretches(cop)
    squared = radius * radius
    waiting = np.arange(count)
    while len(waiting):
        x, y = cop[:, waiting]
        reached = waiting + 1 + steps[waiting]
        left = np.ones(len(waiting), dtype=np.bool_)
        for size, (low_x, high_x, low_y, high_y) in boxes:
            fits = reached + size <= count
            at = np.where(fits, reached, 0)
            dx = np.maximum(high_x[at] - x, x - low_x[at])
            dy = np.maximum(high_y[at] - y, y - low_y[at])
            near = fits & (dx * dx + dy * dy <= squared)
            reached += size * near
            left = ~near
        steps[waiting] = reached - 1 - waiting
        waiting = waiting[~left & (reached < count)]
    return steps


def _stretches(cop: FloatArray) -> list[tuple[int, tuple[FloatArray, FloatArray, FloatArray, FloatArray]]]:
    """Return the bounding boxes of all stretches of 2^k samples, the longest first, each by where it begins."""
    x, y = cop
    box = (x, x, y, y)
    found = [(1, box)]
    for level in range(_LONGEST_STRETCH):
        half = 1 << level
        if 2 * half > cop.shape[1]:
            break
        low_x, high_x, low_y, high_y = box
        box = (
            np.minimum(low_x[:-half], low_x[half:]),
            np.maximum(high_x[:-half], high_x[half:]),
            np.minimum(low_y[:-half], low_y[half:]),
            np.maximum(high_y[:-half], high_y[half:]),
        )
        found.append((2 * half, box))
    return found[::-1]
