"""SWARII: sliding windows weighted averaged interpolation, which brings uneven, noisy samples to a regular grid.

Method: Audiffren & Contal 2016, Sensors 16:1208. Each grid point is the mean of the samples in a window about it,
weighted by the time that each stands for. Start, jump filter and grid are as the program of Quijoux et al. 2021 has
them, because the `quijoux2021` profile must give that program's numbers; nothing else uses this file.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Samples earlier than this are left out, and so are the first and the last one.
SETTLING_S: Final = 0.1
# A sample this far (sum over both axes) from the last good one is a glitch if one of the next two is back.
JUMP_MM: Final = 20.0
BACK_MM: Final = 5.0
# Taken off the window, so that a sample on its very edge is outside on both sides.
_EDGE_S: Final = 1e-6


def swarii(time_s: FloatArray, cop_mm: FloatArray, rate_hz: float, window_s: float) -> FloatArray:
    """Return a signal, shape (2, N), at ascending times from 0 on, on a grid of `rate_hz`; shape (2, M).

    Windows without a sample are bridged by linear interpolation. M is 0 when nothing is left of a short signal.
    """
    keep = _good(time_s, cop_mm)
    time_s, cop_mm = time_s[keep], cop_mm[:, keep]
    if len(time_s) < 2:
        return np.empty((2, 0))
    # Added up one by one like the original's clock: whether the last point is on the grid hangs on its rounding.
    most = int((time_s[-1] - time_s[0]) * rate_hz) + 2
    at_s = np.cumsum(np.concatenate([time_s[:1], np.full(most, 1 / rate_hz)]))
    at_s = at_s[at_s < time_s[-1]]
    half_s = (window_s - _EDGE_S) / 2
    first = np.searchsorted(time_s, at_s - half_s, side="right")
    last = np.searchsorted(time_s, at_s + half_s, side="left") - 1
    some = last >= first
    values = _weighted(time_s, cop_mm, at_s[some], half_s, first[some], last[some])
    if some.all():
        return values
    known_s = at_s[some]
    grid_s = np.arange(known_s[0], known_s[-1], 1 / rate_hz)
    return np.stack([np.interp(grid_s, known_s, axis) for axis in values])


def _weighted(
    time_s: FloatArray,
    cop_mm: FloatArray,
    at_s: FloatArray,
    half_s: float,
    first: npt.NDArray[np.intp],
    last: npt.NDArray[np.intp],
) -> FloatArray:
    # A sample stands for the time from half way to the one before it until half way to the one after it; the first
    # and the last of a window reach to the window's ends (or the signal's).
    begin_s = np.maximum(time_s[0], at_s - half_s)
    end_s = np.minimum(time_s[-1], at_s + half_s)
    middle_s = (time_s[1:] + time_s[:-1]) / 2
    several = last > first
    after_first_s = middle_s[np.where(several, first, 0)]
    before_last_s = middle_s[np.where(several, last - 1, 0)]
    inner = np.zeros_like(cop_mm)
    inner[:, 1:-1] = cop_mm[:, 1:-1] * np.diff(middle_s)
    sums = np.cumsum(inner, axis=1)  # between the first and the last of a window: sums[last - 1] - sums[first]
    total = (
        cop_mm[:, first] * (after_first_s - begin_s)
        + sums[:, np.where(several, last - 1, 0)]
        - sums[:, np.where(several, first, 0)]
        + cop_mm[:, last] * (end_s - before_last_s)
    )
    return np.where(several, total / (end_s - begin_s), cop_mm[:, first])


def _good(time_s: FloatArray, cop_mm: FloatArray) -> npt.NDArray[np.bool_]:
    count = len(time_s)
    keep = time_s >= SETTLING_S
    keep[[0, -1]] = False
    steps_mm = np.abs(np.diff(cop_mm)).sum(axis=0)
    if not (steps_mm > JUMP_MM).any():
        return keep
    # What counts as a jump depends on which sample was kept last, so a signal with jumps is walked through.
    last_good: FloatArray | None = None
    for k in np.flatnonzero(keep).tolist():
        sample = cop_mm[:, k]
        if last_good is not None and np.abs(sample - last_good).sum() > JUMP_MM:
            ahead = [step for step in (1, 2) if k + step < count and (step == 1 or k > 1)]
            if any(np.abs(cop_mm[:, k + step] - last_good).sum() < BACK_MM for step in ahead):
                keep[k] = False
                continue
        last_good = sample
    return keep
