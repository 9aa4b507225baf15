"""Sway measures that keep up with a stream: O(1) a sample, over all of it and over a sliding window.

Sums are kept as whole numbers of 2^-64 mm (and 2^-128 mm2): Python integers add, multiply and subtract without
rounding, so what enters the window leaves it to the last bit, nothing drifts however long the station runs, and the
covariance loses nothing to a COP that is far from the origin. Path, velocity, covariance, ellipse, RMS and ranges
therefore agree with `time_domain` on the same samples up to the rounding of the latter.

Sway area per second has the mean as a corner of every triangle, and each sample moves the window's mean. Its sum is as
exact as the others all the same (`swept_area`): a push stores the sample, and `sliding()` looks at the few triangles
that the mean may have crossed since it was last asked. `whole()` leaves it out, as it would need every triangle ever.
"""

import math
from collections import deque
from typing import Final, NamedTuple

import msgspec

from station.sway.ellipse import Ellipse, prediction_ellipse
from station.sway.swept_area import SweptArea

_UNIT: Final = float(1 << 64)  # integer units in a mm
_UNIT_SQUARED: Final = 1 << 128
_FARTHEST_MM: Final = 1e6


class StreamMeasures(msgspec.Struct, frozen=True):
    """Measures of `count` samples, mm and s; keys mean what they mean in `time_domain`. `count` is at least 1.

    A value is 0.0 where nothing moved yet. `sway_area_per_second_mm2_s` is None over the whole stream: see the module.
    """

    count: int
    duration_s: float
    path_length_mm: float
    path_length_ml_mm: float
    path_length_ap_mm: float
    mean_velocity_mm_s: float
    mean_velocity_ml_mm_s: float
    mean_velocity_ap_mm_s: float
    mean_ml_mm: float
    mean_ap_mm: float
    rms_distance_mm: float
    rms_ml_mm: float
    rms_ap_mm: float
    range_ml_mm: float
    range_ap_mm: float
    ellipse: Ellipse | None
    sway_area_per_second_mm2_s: float | None

    @property
    def ellipse_area_95_mm2(self) -> float:
        """Return the area of the 95 % prediction ellipse, mm2; 0.0 where there is no ellipse."""
        return self.ellipse.area_mm2 if self.ellipse is not None else 0.0


class _Sums(NamedTuple):
    """Exact sums over the samples so far, and over the steps that led to them, in integer units."""

    ml: int
    ap: int
    ml_ml: int
    ap_ap: int
    ml_ap: int
    path: int
    path_ml: int
    path_ap: int


_NOTHING: Final = _Sums(0, 0, 0, 0, 0, 0, 0, 0)


class _SlidingExtreme:
    """The largest value of the last `length` ones, by a deque that only ever descends; amortised O(1)."""

    __slots__ = ("_best", "_length")

    def __init__(self, length: int) -> None:
        self._best: deque[tuple[int, float]] = deque()
        self._length = length

    def push(self, index: int, value: float) -> float:
        best = self._best
        while best and best[-1][1] <= value:
            best.pop()
        best.append((index, value))
        if best[0][0] <= index - self._length:
            best.popleft()
        return best[0][1]


class StreamingSway:
    """Sway over everything pushed since the last `reset`, and over the last `window` samples of it.

    Neither memory nor the time of a push grows with the stream. Only sums from the start are kept up; those of the
    window are the difference of two of them, which costs nothing because the sums are exact.
    """

    def __init__(self, fs_hz: float, window: int) -> None:
        if not (fs_hz > 0 and window >= 2):
            raise ValueError(f"a rate above 0 and a window of 2 samples or more are needed, not {fs_hz!r}, {window!r}")
        self.fs_hz = fs_hz
        self.window = window
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._count = 0
        self._sums = _NOTHING
        # sums before the window's first sample, with it, with the second, ...
        self._history: deque[_Sums] = deque([_NOTHING], maxlen=self.window + 1)
        self._swept = SweptArea(self.window)
        self._last_mm = (0.0, 0.0)
        self._extremes = tuple(_SlidingExtreme(self.window) for _ in range(4))
        self._recent_range_mm = (0.0, 0.0)
        self._lowest_mm = (math.inf, math.inf)
        self._highest_mm = (-math.inf, -math.inf)

    @property
    def count(self) -> int:
        """Return how many samples have been pushed since the last reset."""
        return self._count

    def push(self, ml_mm: float, ap_mm: float) -> None:
        """Take one sample. Raises ValueError, and takes nothing, for one that is not a place on earth (NaN, 1 km)."""
        if not (-_FARTHEST_MM < ml_mm < _FARTHEST_MM and -_FARTHEST_MM < ap_mm < _FARTHEST_MM):
            raise ValueError(f"a centre of pressure at ({ml_mm!r}, {ap_mm!r}) mm cannot be; do not push invalid ticks")
        index = self._count
        last_ml_mm, last_ap_mm = self._last_mm if index else (ml_mm, ap_mm)
        d_ml_mm, d_ap_mm = ml_mm - last_ml_mm, ap_mm - last_ap_mm
        ml, ap = int(ml_mm * _UNIT), int(ap_mm * _UNIT)
        before = self._sums
        self._sums = _Sums(
            before.ml + ml,
            before.ap + ap,
            before.ml_ml + ml * ml,
            before.ap_ap + ap * ap,
            before.ml_ap + ml * ap,
            before.path + int(math.hypot(d_ml_mm, d_ap_mm) * _UNIT),
            before.path_ml + int(abs(d_ml_mm) * _UNIT),
            before.path_ap + int(abs(d_ap_mm) * _UNIT),
        )
        self._history.append(self._sums)
        self._swept.push(ml, ap)
        self._last_mm = (ml_mm, ap_mm)
        self._push_extremes(index, ml_mm, ap_mm)
        self._count = index + 1

    def whole(self) -> StreamMeasures:
        """Return the measures of everything pushed; raises ValueError before the first sample."""
        ranges_mm = (self._highest_mm[0] - self._lowest_mm[0], self._highest_mm[1] - self._lowest_mm[1])
        return _measures(self._count, self._sums, self.fs_hz, ranges_mm, None)

    def sliding(self) -> StreamMeasures:
        """Return the measures of the last `window` samples, or of all while there are fewer; raises as `whole`."""
        count = min(self._count, self.window)
        recent = self._recent()
        swept = self._swept.twice_about(recent.ml, recent.ap, count) if count else 0
        return _measures(count, recent, self.fs_hz, self._recent_range_mm, swept)

    def _recent(self) -> _Sums:
        if self._count < self.window:
            return self._sums
        now, before, first = self._sums, self._history[0], self._history[1]
        return _Sums(
            ml=now.ml - before.ml,
            ap=now.ap - before.ap,
            ml_ml=now.ml_ml - before.ml_ml,
            ap_ap=now.ap_ap - before.ap_ap,
            ml_ap=now.ml_ap - before.ml_ap,
            path=now.path - first.path,  # the step into the window is not of it
            path_ml=now.path_ml - first.path_ml,
            path_ap=now.path_ap - first.path_ap,
        )

    def _push_extremes(self, index: int, ml_mm: float, ap_mm: float) -> None:
        most_ml, least_ml, most_ap, least_ap = self._extremes
        self._recent_range_mm = (
            most_ml.push(index, ml_mm) + least_ml.push(index, -ml_mm),
            most_ap.push(index, ap_mm) + least_ap.push(index, -ap_mm),
        )
        self._lowest_mm = (min(self._lowest_mm[0], ml_mm), min(self._lowest_mm[1], ap_mm))
        self._highest_mm = (max(self._highest_mm[0], ml_mm), max(self._highest_mm[1], ap_mm))


def _measures(
    count: int, sums: _Sums, fs_hz: float, ranges_mm: tuple[float, float], swept: int | None
) -> StreamMeasures:
    if count == 0:
        raise ValueError("nothing has been pushed yet, so there is nothing to measure")
    # count times the sums of squares about the mean, exact until the one division
    ml_ml = count * sums.ml_ml - sums.ml * sums.ml
    ap_ap = count * sums.ap_ap - sums.ap * sums.ap
    ml_ap = count * sums.ml_ap - sums.ml * sums.ap
    population = count * count * _UNIT_SQUARED
    ellipse = None
    if count > 2:
        sample = count * (count - 1) * _UNIT_SQUARED
        ellipse = prediction_ellipse(ml_ml / sample, ap_ap / sample, ml_ap / sample, count)
    duration_s = count / fs_hz
    path_mm, path_ml_mm, path_ap_mm = sums.path / _UNIT, sums.path_ml / _UNIT, sums.path_ap / _UNIT
    return StreamMeasures(
        count=count,
        duration_s=duration_s,
        path_length_mm=path_mm,
        path_length_ml_mm=path_ml_mm,
        path_length_ap_mm=path_ap_mm,
        mean_velocity_mm_s=path_mm / duration_s,
        mean_velocity_ml_mm_s=path_ml_mm / duration_s,
        mean_velocity_ap_mm_s=path_ap_mm / duration_s,
        mean_ml_mm=sums.ml / count / _UNIT,
        mean_ap_mm=sums.ap / count / _UNIT,
        rms_distance_mm=math.sqrt((ml_ml + ap_ap) / population),
        rms_ml_mm=math.sqrt(ml_ml / population),
        rms_ap_mm=math.sqrt(ap_ap / population),
        range_ml_mm=ranges_mm[0],
        range_ap_mm=ranges_mm[1],
        ellipse=ellipse,
        sway_area_per_second_mm2_s=None if swept is None else swept / (2 * population) * fs_hz,
    )
