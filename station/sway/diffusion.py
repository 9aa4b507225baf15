"""Stabilogram diffusion: how far apart the centre of pressure is from itself, over the time in between.

Collins & De Luca 1993, Exp Brain Res 95:308-318: the mean squared displacement grows fast over short lags and slowly
over long ones. Two straight lines are fitted, over lags up to 1 s and from 2.5 to 10 s: D is half the slope, H half the
slope of the same points in log-log, the critical point is where the two lines cross. The windows are fixed, not chosen
by eye, so that the same data always give the same numbers. A single trial is a weak measurement of all of these.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft

from station.sway.family import AXES, Family, FloatArray, Found, Trace, still
from station.sway.straight_line import Line, fit_line

IntArray = npt.NDArray[np.intp]

SHORT_TO_S: Final = 1.0
LONG_FROM_S: Final = 2.5
LONG_TO_S: Final = 10.0
# So that at least half of the samples have a partner at the longest lag.
SHORTEST_S: Final = 2 * LONG_TO_S
FEWEST_LAGS: Final = 5

UNITS: Final[dict[str, str]] = {
    "diffusion_short_mm2_s": "mm2/s",
    "diffusion_short_ml_mm2_s": "mm2/s",
    "diffusion_short_ap_mm2_s": "mm2/s",
    "diffusion_long_mm2_s": "mm2/s",
    "diffusion_long_ml_mm2_s": "mm2/s",
    "diffusion_long_ap_mm2_s": "mm2/s",
    "hurst_short": "1",
    "hurst_short_ml": "1",
    "hurst_short_ap": "1",
    "hurst_long": "1",
    "hurst_long_ml": "1",
    "hurst_long_ap": "1",
    "critical_time_s": "s",
    "critical_displacement_mm2": "mm2",
}
# A lag that should be exactly on an edge counts as on it, whatever the rounding of the rate.
_EDGE: Final = 1e-9
_TOO_SMOOTH: Final = "no variation: the trace returns to itself at some lag"
# Of the mean square: what rounding alone can leave of a displacement.
_ROUNDING: Final = 1e-13


def mean_squared_displacement(signal: FloatArray, lags: int) -> FloatArray:
    """Return mean (x[n+k] - x[n])^2 for k = 0..lags, shape (..., lags + 1), of signals about their mean, (..., N).

    By autocorrelation, O(N log N); lags < N. What rounding makes of 0 may be a little below it.
    """
    count = signal.shape[-1]
    size = fft.next_fast_len(count + lags, real=True)
    spectrum = fft.rfft(signal, size)
    products = fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[..., : lags + 1]
    squares = np.square(signal)
    # The squares of the pairs' first members are all but the last k, those of their second members all but the first k.
    zero = np.zeros((*signal.shape[:-1], 1))
    ends = np.concatenate([zero, np.cumsum(squares[..., :lags] + squares[..., ::-1][..., :lags], axis=-1)], axis=-1)
    total = 2 * squares.sum(axis=-1, keepdims=True)
    pairs = count - np.arange(lags + 1)
    found: FloatArray = (total - ends - 2 * products) / pairs
    found[..., 0] = 0.0
    return found


def diffusion_measures(trace: Trace) -> Found:
    """Return diffusion coefficients and scaling exponents, planar and per axis, and the planar critical point."""
    if trace.duration_s < SHORTEST_S:
        reason = f"too short: {trace.duration_s:.4g} s, lags of {LONG_TO_S:g} s need {SHORTEST_S:g} s"
        return dict.fromkeys(UNITS, reason)
    short = np.arange(1, _lag(SHORT_TO_S, trace.fs_hz) + 1)
    if len(short) < FEWEST_LAGS:
        return dict.fromkeys(UNITS, f"sampled too slowly: {len(short)} lags up to {SHORT_TO_S:g} s")
    long = np.arange(math.ceil(LONG_FROM_S * trace.fs_hz * (1 - _EDGE)), _lag(LONG_TO_S, trace.fs_hz) + 1)
    per_axis = mean_squared_displacement(trace.cop, int(long[-1]))
    mean_square = np.square(trace.cop).mean(axis=1)
    found: Found = {}
    for name, moves, displacement, square in zip(AXES, trace.moves, per_axis, mean_square, strict=True):
        if moves:
            found |= _fits(f"_{name}", displacement, float(square), short, long, trace.fs_hz)[0]
        else:
            found |= {key: still(name) for key in UNITS if f"_{name}" in key}
    planar, lines = _fits("", per_axis.sum(axis=0), float(mean_square.sum()), short, long, trace.fs_hz)
    return found | planar | _critical_point(*lines)


DIFFUSION: Final = Family("diffusion", UNITS, diffusion_measures)


def _fits(
    suffix: str, displacement: FloatArray, mean_square: float, short: IntArray, long: IntArray, fs_hz: float
) -> tuple[Found, tuple[Line, Line]]:
    found: Found = {}
    lines = []
    for region, lags in (("short", short), ("long", long)):
        lag_s, squared = lags / fs_hz, displacement[lags]
        slope, intercept = fit_line(lag_s, squared)
        lines.append((slope, intercept))
        found[f"diffusion_{region}{suffix}_mm2_s"] = slope / 2
        if squared.min() > _ROUNDING * mean_square:
            found[f"hurst_{region}{suffix}"] = fit_line(np.log(lag_s), np.log(squared))[0] / 2
        else:
            found[f"hurst_{region}{suffix}"] = _TOO_SMOOTH
    return found, (lines[0], lines[1])


def _lag(seconds: float, fs_hz: float) -> int:
    return int(seconds * fs_hz * (1 + _EDGE))


def _critical_point(short: Line, long: Line) -> Found:
    if short[0] > long[0]:
        time_s = (long[1] - short[1]) / (short[0] - long[0])
        displacement_mm2 = short[1] + short[0] * time_s
        if 0 < time_s <= LONG_TO_S and displacement_mm2 > 0:
            return {"critical_time_s": time_s, "critical_displacement_mm2": displacement_mm2}
    reason = f"the lines of short and long lags do not cross within {LONG_TO_S:g} s"
    return {"critical_time_s": reason, "critical_displacement_mm2": reason}
