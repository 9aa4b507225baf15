"""How regular sway is (sample entropy) and how its fluctuations grow with the time scale (detrended fluctuation).

Sample entropy: Richman & Moorman 2000, Am J Physiol 278:H2039-H2049, with m = 2 and r = 0.2 SD, on the series at 25
samples/s about its straight line. It hangs on the rate (0.07 on an unfiltered 100 Hz record), hence the fixed one.
Detrended fluctuation analysis: Peng et al. 1994, Phys Rev E 49:1685-1689, order 1, on the series at its own rate.
"""

import math
from typing import Final

import numpy as np

from station.sway.family import AXES, Family, FloatArray, Found, Trace, still
from station.sway.straight_line import about_line, fit_line

ENTROPY_HZ: Final = 25.0
TEMPLATE: Final = 2  # m
TOLERANCE_SD: Final = 0.2  # r
# 10^m templates at the very least (Richman & Moorman, section "Sample entropy and N").
FEWEST_FOR_ENTROPY: Final = 100
# Half an hour; pairs of samples are compared, so the time grows with the square: seconds here, hours for a day.
MOST_FOR_ENTROPY: Final = 45_000
# This many pairs of samples are compared at a time, whatever the length of the record: they fit into a cache.
_PAIRS_AT_A_TIME: Final = 1 << 14

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
    exponents = _exponents(trace.cop)
    for name, moves, axis, exponent in zip(AXES, trace.moves, trace.cop, exponents, strict=True):
        found[f"sample_entropy_{name}"] = _entropy(axis, trace.fs_hz) if moves else still(name)
        found[f"dfa_alpha_{name}"] = exponent if moves else still(name)
    return found


COMPLEXITY: Final = Family("complexity", UNITS, complexity_measures)


def count_matches(series: FloatArray, tolerance: float, template: int = TEMPLATE) -> tuple[int, int]:
    """Return how many pairs of templates of `template` samples match, and of one sample more; exact.

    Of the N - m templates that have both lengths; a pair matches when no sample differs by more than the tolerance.
    No template is compared with itself and each pair counts once. O(N^2) time, bounded memory.
    """
    count = len(series) - template
    if count < 2:
        return 0, 0
    # In the order of their first samples, templates are compared with the next one, the one after it, and so on, until
    # no first sample matches any more.
    order = np.argsort(series[:count])
    samples = np.stack([series[k : k + count][order] for k in range(template + 1)])
    none = np.full(samples.shape, np.inf)
    later = np.lib.stride_tricks.sliding_window_view(np.concatenate([samples, none], axis=1), count, axis=1)
    shorter = longer = 0
    begin = 1
    while begin < count:
        # Each column's template against those from `begin` to `end` - 1 places later, one a row; past the last is none.
        columns = count - begin
        end = begin + max(1, _PAIRS_AT_A_TIME // columns)
        near = later[0, begin:end, :columns] - samples[0, :columns] <= tolerance
        if not near.any():
            break
        for k in range(1, template + 1):
            if k == template:
                shorter += int(np.count_nonzero(near))
            difference = later[k, begin:end, :columns] - samples[k, :columns]
            near &= np.abs(difference, out=difference) <= tolerance
        longer += int(np.count_nonzero(near))
        begin = end
    return shorter, longer


def _entropy(axis: FloatArray, fs_hz: float) -> float | str:
    if fs_hz < ENTROPY_HZ * (1 - 1e-9):
        return f"sampled too slowly: {fs_hz:.4g} samples/s, {ENTROPY_HZ:g} are needed"
    # The profile has low-passed the signal, so nothing folds; at 100 samples/s this is every fourth one.
    places = np.arange(int((len(axis) - 1) / fs_hz * ENTROPY_HZ * (1 + 1e-12)) + 1) * (fs_hz / ENTROPY_HZ)
    if len(places) < FEWEST_FOR_ENTROPY:
        return f"too short: {len(places)} samples at {ENTROPY_HZ:g}/s, at least {FEWEST_FOR_ENTROPY} are needed"
    if len(places) > MOST_FOR_ENTROPY:
        return f"too long: {len(places)} samples at {ENTROPY_HZ:g}/s, at most {MOST_FOR_ENTROPY}; cut the recording"
    series = about_line(np.interp(places, np.arange(len(axis)), axis))
    deviation = float(series.std(ddof=1))
    if not deviation > _ROUNDING * float(axis.std()):
        return "no variation about a straight line"
    shorter, longer = count_matches(series, TOLERANCE_SD * deviation)
    if longer == 0:
        return f"no two stretches of {TEMPLATE + 1} samples are alike"
    return math.log(shorter / longer)


def _exponents(cop: FloatArray) -> list[float | str]:
    count = cop.shape[1]
    if count < FEWEST_FOR_FLUCTUATION:
        return [f"too short: {count} samples, at least {FEWEST_FOR_FLUCTUATION} are needed"] * len(cop)
    scales = np.unique(np.rint(np.geomspace(SHORTEST_SCALE, count // 4, SCALES)).astype(int))
    profiles = np.cumsum(cop, axis=1)
    fluctuations = np.stack([_fluctuation(profiles, scale) for scale in scales.tolist()], axis=1)
    return [
        fit_line(np.log(scales), np.log(fluctuation))[0]
        if fluctuation.min() > _ROUNDING * float(axis.std())
        else "no variation about straight lines at some scale"
        for axis, fluctuation in zip(cop, fluctuations, strict=True)
    ]


def _fluctuation(profiles: FloatArray, scale: int) -> FloatArray:
    """Return the root mean square distance of each profile from the straight lines of its windows; shape (axes, N).

    Windows are laid from both ends, so that no sample is left out (Kantelhardt et al. 2001, Physica A 295:441-454).
    """
    axes, count = profiles.shape
    used = count // scale * scale
    windows = np.concatenate([profiles[:, :used], profiles[:, -used:]], axis=1).reshape(-1, scale)
    distances = about_line(windows).reshape(axes, -1)
    root: FloatArray = np.sqrt(np.einsum("ij,ij->i", distances, distances) / (2 * used))
    return root
