"""Frequency-domain sway measures, 0.15 to 5 Hz, per axis: where in the spectrum the sway is.

Definitions: Prieto et al. 1996 and Vieira et al. 2009 (Clin Biomech 24:807-812): power spectral density by Welch with
Hann windows of 10 s (the whole record if it is shorter), half overlapping, each about its own straight line. Spectral
values shift by up to 137 % with the length of the segments, so these are comparable only among themselves.
"""

import math
from typing import Final

import numpy as np

from station.sway.family import AXES, Family, FloatArray, Found, Trace, still
from station.sway.spectrum import welch

SEGMENT_S: Final = 10.0
LOWEST_HZ: Final = 0.15
HIGHEST_HZ: Final = 5.0
LOW_TO_HZ: Final = 0.5
MID_TO_HZ: Final = 2.0
# Bin frequencies are multiples of a rounded width: one that should be exactly on an edge counts as on it.
_EDGE: Final = 1e-9
# Of an axis' variance; what rounding leaves of a straight line has less power in the band.
_ROUNDING: Final = 1e-20

_OF_AN_AXIS: Final = {
    "power_total_{}_mm2": "mm2",
    "power_50_{}_hz": "Hz",
    "power_95_{}_hz": "Hz",
    "centroid_frequency_{}_hz": "Hz",
    "frequency_dispersion_{}": "1",
    "power_low_{}_mm2": "mm2",
    "power_mid_{}_mm2": "mm2",
    "power_high_{}_mm2": "mm2",
}
UNITS: Final[dict[str, str]] = {key.format(axis): unit for key, unit in _OF_AN_AXIS.items() for axis in AXES}


def frequency_measures(trace: Trace) -> Found:
    """Return power, its quantiles, centroid, dispersion and share of three bands, per axis."""
    if trace.duration_s * LOWEST_HZ < 1:
        reason = f"too short: {trace.duration_s:.4g} s, one period of {LOWEST_HZ:g} Hz is {1 / LOWEST_HZ:.1f} s"
        return dict.fromkeys(UNITS, reason)
    if trace.fs_hz < 2 * HIGHEST_HZ:
        reason = f"sampled too slowly: {HIGHEST_HZ:g} Hz need {2 * HIGHEST_HZ:g} samples/s"
        return dict.fromkeys(UNITS, reason)
    segment = min(trace.count, round(SEGMENT_S * trace.fs_hz))
    frequency_hz, density = welch(trace.cop, trace.fs_hz, segment)
    width_hz = trace.fs_hz / segment
    band = (frequency_hz >= LOWEST_HZ * (1 - _EDGE)) & (frequency_hz <= HIGHEST_HZ * (1 + _EDGE))
    found: Found = {}
    for name, moves, axis, power in zip(AXES, trace.moves, trace.cop, density[:, band] * width_hz, strict=True):
        keys = [key.format(name) for key in _OF_AN_AXIS]
        if not moves:
            found |= dict.fromkeys(keys, still(name))
        elif not power.sum() > _ROUNDING * float(np.square(axis).mean()):
            found |= dict.fromkeys(keys, f"no variation in {name.upper()} between {LOWEST_HZ:g} and {HIGHEST_HZ:g} Hz")
        else:
            found |= dict(zip(keys, _of_an_axis(frequency_hz[band], power), strict=True))
    return found


FREQUENCY: Final = Family("frequency domain", UNITS, frequency_measures)


def _of_an_axis(frequency_hz: FloatArray, power_mm2: FloatArray) -> tuple[float, ...]:
    """Return the values in the order of the keys; `power_mm2` of each bin, not density."""
    moments = [float((frequency_hz**k) @ power_mm2) for k in range(3)]
    summed = np.cumsum(power_mm2)
    half, most = (frequency_hz[np.argmax(summed >= share * summed[-1])] for share in (0.50, 0.95))
    low = frequency_hz <= LOW_TO_HZ * (1 + _EDGE)
    high = frequency_hz > MID_TO_HZ * (1 + _EDGE)
    return (
        moments[0],
        float(half),
        float(most),
        math.sqrt(moments[2] / moments[0]),
        math.sqrt(max(0.0, 1 - moments[1] ** 2 / (moments[0] * moments[2]))),
        *(float(power_mm2[part].sum()) for part in (low, ~low & ~high, high)),
    )
