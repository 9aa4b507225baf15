"""A smooth track through sampled points: piecewise cubic (Hermite, finite-difference slopes) of three signals.

One moment and an array of moments go through the same elementary operations in the same order, so that both give the
same bits; that is why this is written out instead of taken from scipy. Continuous, with continuous slope.
"""

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Point = tuple[float, float, float]


class Track:
    """Three signals over time. `time_s` rises strictly; `signals` is three arrays of the same length, at least 2.

    level: every point is a turning point (slope 0), so that nothing overshoots between them: for gestures.
    """

    def __init__(
        self, time_s: FloatArray, signals: tuple[FloatArray, FloatArray, FloatArray], level: bool = False
    ) -> None:
        self.first_s = float(time_s[0])
        self.last_s = float(time_s[-1])
        step = np.diff(time_s)
        rows = [time_s[:-1]]
        for signal in signals:
            slope = np.zeros(len(time_s)) if level else np.gradient(signal, time_s)
            rise = np.diff(signal) / step
            rows += [
                signal[:-1],
                slope[:-1],
                (3 * rise - 2 * slope[:-1] - slope[1:]) / step,
                (slope[:-1] + slope[1:] - 2 * rise) / (step * step),
            ]
        self._knots = time_s[1:-1].copy()
        self._knot_list: list[float] = self._knots.tolist()
        self._rows = np.array(rows)
        self._pieces: list[tuple[float, ...]] = list(zip(*self._rows.tolist(), strict=True))

    def at(self, time_s: float) -> Point:
        """Return the three signals at one moment within `first_s` to `last_s`."""
        t, a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3 = self._pieces[bisect_right(self._knot_list, time_s)]
        u = time_s - t
        return ((a3 * u + a2) * u + a1) * u + a0, ((b3 * u + b2) * u + b1) * u + b0, ((c3 * u + c2) * u + c1) * u + c0

    def over(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the three signals at moments of any shape and order within `first_s` to `last_s`."""
        t, a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3 = self._rows[:, np.searchsorted(self._knots, time_s, "right")]
        u = time_s - t
        return ((a3 * u + a2) * u + a1) * u + a0, ((b3 * u + b2) * u + b1) * u + b0, ((c3 * u + c2) * u + c1) * u + c0
