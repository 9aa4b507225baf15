"""How regular sway is (sample entropy) and how its fluctuations grow with the time scale (detrended fluctuation).

Sample entropy: Richman & Moorman 2000, Am J Physiol 278:H2039-H2049, with m = 2 and r = 0.2 SD, on the series at 25
samples/s about its straight line. It hangs on the rate (0.07 on an unfiltered 100 Hz record), hence the fixed one.
Detrended fluctuation analysis: Peng et al. 1994, Phys Rev E 49:1685-1689, order 1, on the series at its own rate.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import signal

from station.sway.diffusion import fit_line
from station.sway.family import AXES, Family, FloatArray, Found, Trace, still

ENTROPY_HZ: Final = 25.0
TEMPLATE: Final = 2  # m
TOLERANCE_SD: Final = 0.2  # r
# 10^m templates at the very least (Richman & Moorman, section "Sample entropy and N").
FEWEST_FOR_ENTROPY: Final = 100
# Half an hour; every pair of samples is compared, so the time grows with the square: seconds here, hours for a day.
MOST_FOR_ENTROPY: Final = 45_000
# This many pairs of samples are compared at a time, whatever the length of the record: they fit into a cache.
_PAIRS_AT_A_TIME: Final = 1 << 16

SHORTEST_SCALE: Final = 4
SCALES: Final = 20
# Scales reach from 4 to N/4; with less than a factor of four between them there is no slope to speak of.
FEWEST_FOR_FLUCTUATION: Final = 64

UNITS: Final[dict[str, str]] = {
    "sample_entropy_ml": "1",
    "sample_entropy_ap": "1",
    "dfa_alpha_ml": "1",
    "dfa_alpha_ap": "1",
}
# Of an axis' standard deviation: what is left of a straight line by rounding is not a fluctuation.
_ROUNDING: Final = 1e-9


def complexity_measures(trace: Trace) -> Found:
    """Return sample entropy and the exponent of detrended fluctuation analysis, per axis."""
    found: Found = {}
    for name, moves, axis in zip(AXES, trace.moves, trace.cop, strict=True):
        found[f"sample_entropy_{name}"] = _entropy(axis, trace.fs_hz) if moves else still(name)
        found[f"dfa_alpha_{name}"] = _exponent(axis) if moves else still(name)
    return found


COMPLEXITY: Final = Family("complexity", UNITS, complexity_measures)


def count_matches(series: FloatArray, tolerance: float, template: int = TEMPLATE) -> tuple[int, int]:
    """Return how many pairs of templates of `template` samples match, and of one sample more; exact.

    Of the N - m templates that have both lengths; a pair matches when no sample differs by more than the tolerance.
    No template is compared with itself and each pair counts once. O(N^2) time, bounded memory.
    """
    count = len(series) - template
    shorter = longer = 0
    begin = 0
    while begin < count - 1:
        # Rows begin .. end - 1 against all columns from begin on: the triangle of pairs, in slabs.
        end = min(count, begin + max(1, _PAIRS_AT_A_TIME // (len(series) - begin)))
        # `near` has one row and one column more for each further sample of a template.
        near = _near(series[begin : end + template], series[begin:], tolerance)
        rows, columns = end - begin, count - begin
        matching = near[:rows, :columns].copy()
        for k in range(1, template):
            matching &= near[k : rows + k, k : columns + k]
        shorter += _above_diagonal(matching)
        matching &= near[template : rows + template, template : columns + template]
        longer += _above_diagonal(matching)
        begin = end
    return shorter, longer


def _near(rows: FloatArray, columns: FloatArray, tolerance: float) -> npt.NDArray[np.bool_]:
    difference = np.subtract.outer(rows, columns)
    return np.abs(difference, out=difference) <= tolerance


def _above_diagonal(matching: npt.NDArray[np.bool_]) -> int:
    # The first rows x rows of a slab are a square about the diagonal: symmetrical, and true on the diagonal itself.
    rows = matching.shape[0]
    square = np.count_nonzero(matching[:, :rows])
    return int((square - rows) // 2 + np.count_nonzero(matching[:, rows:]))


def _entropy(axis: FloatArray, fs_hz: float) -> float | str:
    if fs_hz < ENTROPY_HZ * (1 - 1e-9):
        return f"sampled too slowly: {fs_hz:.4g} samples/s, {ENTROPY_HZ:g} are needed"
    # The profile has low-passed the signal, so nothing folds; at 100 samples/s this is every fourth one.
    places = np.arange(int((len(axis) - 1) / fs_hz * ENTROPY_HZ * (1 + 1e-12)) + 1) * (fs_hz / ENTROPY_HZ)
    if len(places) < FEWEST_FOR_ENTROPY:
        return f"too short: {len(places)} samples at {ENTROPY_HZ:g}/s, at least {FEWEST_FOR_ENTROPY} are needed"
    if len(places) > MOST_FOR_ENTROPY:
        return f"too long: {len(places)} samples at {ENTROPY_HZ:g}/s, at most {MOST_FOR_ENTROPY}; cut the recording"
    series = signal.detrend(np.interp(places, np.arange(len(axis)), axis))
    deviation = float(series.std(ddof=1))
    if not deviation > _ROUNDING * float(axis.std()):
        return "no variation about a straight line"
    shorter, longer = count_matches(series, TOLERANCE_SD * deviation)
    if longer == 0:
        return f"no two stretches of {TEMPLATE + 1} samples are alike"
    return math.log(shorter / longer)


def _exponent(axis: FloatArray) -> float | str:
    count = len(axis)
    if count < FEWEST_FOR_FLUCTUATION:
        return f"too short: {count} samples, at least {FEWEST_FOR_FLUCTUATION} are needed"
    scales = np.unique(np.rint(np.geomspace(SHORTEST_SCALE, count // 4, SCALES)).astype(int))
    profile = np.cumsum(axis)
    fluctuation = np.array([_fluctuation(profile, scale) for scale in scales.tolist()])
    if not fluctuation.min() > _ROUNDING * float(axis.std()):
        return "no variation about straight lines at some scale"
    return fit_line(np.log(scales), np.log(fluctuation))[0]


def _fluctuation(profile: FloatArray, scale: int) -> float:
    """Return the root mean square distance of a profile from the straight lines of its windows.

    Windows are laid from both ends, so that no sample is left out (Kantelhardt et al. 2001, Physica A 295:441-454).
    """
    used = len(profile) // scale * scale
    # An ordinary least-squares line through each window: `fit` gives its height and slope, `line` puts it there.
    line = np.stack([np.ones(scale), np.arange(scale) - (scale - 1) / 2])
    fit = (line / np.square(line).sum(axis=1, keepdims=True)).T
    ends = (profile[:used], profile[-used:]) if used < len(profile) else (profile,)
    squares = 0.0
    for end in ends:
        windows = end.reshape(-1, scale)
        squares += float(np.square(windows - (windows @ fit) @ line).sum())
    return math.sqrt(squares / (used * len(ends)))
