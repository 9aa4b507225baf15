"""Least-squares straight lines: the one through points, and what is left of evenly spaced samples about theirs."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

Line = tuple[float, float]  # slope, intercept


def fit_line(x: FloatArray, y: FloatArray) -> Line:
    """Return slope and intercept of the least-squares line through points."""
    x_mean, y_mean = float(x.mean()), float(y.mean())
    about = x - x_mean
    slope = float(about @ (y - y_mean)) / float(about @ about)
    return slope, y_mean - slope * x_mean


def about_line(series: FloatArray) -> FloatArray:
    """Return series of evenly spaced samples, shape (..., N), each about its own least-squares line.

    What `scipy.signal.detrend` returns along the last axis. N is at least 2. About the middle of the series, height
    and slope of the line are two sums that do not depend on each other.
    """
    count = series.shape[-1]
    line = np.ones((2, count))  # of height 1, and of slope 1
    line[1] = np.arange(count) - (count - 1) / 2
    squares = (count, count * (count**2 - 1) / 12)  # what those of each add up to
    lines: FloatArray = (series @ (line.T / squares)) @ line
    return np.subtract(series, lines, out=lines)
