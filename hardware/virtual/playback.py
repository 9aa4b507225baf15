"""A recorded person: read a recording from CSV, and play it back from any of its moments, for as long as is wanted.

Beyond either end a recording goes on mirrored in time, which is continuous, so a 30 s file fills a longer session.
Whether any of a window was mirrored, `RecordedStance.covers` says.
"""

import math
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import CorruptFrameError
from hardware.recorded import COP, read_table
from hardware.virtual.track import FloatArray, Point, Track

MIN_DURATION_S: Final = 2.0
MAX_GAP_S: Final = 0.5  # of the sampling; what is interpolated over more than this is no recording of sway
MAX_COP_MM: Final = 1000.0
MARGIN_S: Final = 2.0  # of recording after a window, where the file is long enough


class RecordedStance(msgspec.Struct, frozen=True):
    """A recorded stance: strictly rising times, COP in mm with its mean removed, vertical force in N or None."""

    name: str
    time_s: FloatArray
    cop_ml_mm: FloatArray
    cop_ap_mm: FloatArray
    fz_n: FloatArray | None = None

    @property
    def first_s(self) -> float:
        """Return the recording's own time of its first sample, s."""
        return float(self.time_s[0])

    @property
    def last_s(self) -> float:
        """Return the recording's own time of its last sample, s."""
        return float(self.time_s[-1])

    @property
    def duration_s(self) -> float:
        """Return last minus first, s."""
        return self.last_s - self.first_s

    def covers(self, from_s: float, to_s: float) -> bool:
        """Return whether this window of recording time is all recorded, nothing of it mirrored."""
        return self.first_s <= from_s and to_s <= self.last_s

    def start_for(self, lead_s: float, window_s: float) -> float:
        """Return the recording time at which to start, so that the window that begins `lead_s` later is recorded.

        A long file starts at its beginning. A shorter one gives up the lead-in first (it is then played mirrored),
        then the margin of 2 s after the window; one shorter than the window starts the window at its first sample.
        """
        spare = self.duration_s - window_s
        window_from_s = self.first_s + min(lead_s, max(0.0, spare - MARGIN_S, spare / 2))
        return window_from_s - lead_s


class Playback:
    """A recording as signals of recording time without end: fraction of mean force, ML and AP in mm.

    `extent_mm` is the largest excursion ML and AP.
    """

    def __init__(self, recording: RecordedStance) -> None:
        fz = recording.fz_n
        share = np.ones(len(recording.time_s)) if fz is None else fz / fz.mean()
        self._track = Track(recording.time_s, (share, recording.cop_ml_mm, recording.cop_ap_mm))
        self.extent_mm = float(np.abs(recording.cop_ml_mm).max()), float(np.abs(recording.cop_ap_mm).max())
        self._first_s = recording.first_s
        self._span_s = recording.duration_s

    def at(self, recording_s: float) -> Point:
        """Return `(force as a share of body weight, ml_mm, ap_mm)` at one moment of recording time."""
        span = self._span_s
        p = recording_s - self._first_s
        p = p - math.floor(p / (2 * span)) * (2 * span)
        p = min(p, 2 * span - p)
        return self._track.at(p + self._first_s)

    def over(self, recording_s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the same three for an array of moments."""
        span = self._span_s
        p = recording_s - self._first_s
        p = p - np.floor(p / (2 * span)) * (2 * span)
        p = np.minimum(p, 2 * span - p)
        return self._track.over(p + self._first_s)


def centred(
    name: str,
    time_s: npt.ArrayLike,
    cop_ml_mm: npt.ArrayLike,
    cop_ap_mm: npt.ArrayLike,
    fz_n: npt.ArrayLike | None = None,
) -> RecordedStance:
    """Return a recording with the mean COP removed: where on a plate somebody stood says nothing about sway."""
    ml = np.asarray(cop_ml_mm, dtype=np.float64)
    ap = np.asarray(cop_ap_mm, dtype=np.float64)
    fz = None if fz_n is None else np.asarray(fz_n, dtype=np.float64)
    return RecordedStance(name, np.asarray(time_s, dtype=np.float64), ml - ml.mean(), ap - ap.mean(), fz)


def read_recorded_stance(path: Path) -> RecordedStance:
    """Read the columns `time_s,cop_ml_mm,cop_ap_mm` and, where there is one, `fz_n` (CSV, any rate).

    Raises NotPresentError when the file is missing or unreadable, CorruptFrameError with file and line when its
    content cannot be played: no such table, a gap, a place that is on no deck, no weight, or less than 2 s.
    """
    table = read_table(path, (COP,))
    time_s, ml_mm, ap_mm = (table.columns[name] for name in COP.columns)
    fz_n = table.columns.get("fz_n")
    gaps = np.flatnonzero(np.diff(time_s) > MAX_GAP_S)
    if len(gaps):
        before, after = time_s[gaps[0]], time_s[gaps[0] + 1]
        raise CorruptFrameError(
            f"{table.at(gaps[0] + 1)}: time_s is {after:g} after {before:g}; times must rise from line to line by at "
            f"most {MAX_GAP_S:g} s: cut the file at the gap"
        )
    far = np.flatnonzero(np.maximum(np.abs(ml_mm), np.abs(ap_mm)) > MAX_COP_MM)
    if len(far):
        raise CorruptFrameError(
            f"{table.at(far[0])}: a centre of pressure over {MAX_COP_MM:g} mm from the origin cannot be; is it in mm?"
        )
    if fz_n is not None and len(lifted := np.flatnonzero(~(fz_n > 0))):
        raise CorruptFrameError(
            f"{table.at(lifted[0])}: fz_n is {fz_n[lifted[0]]:g}; expected newtons above 0, down positive"
        )
    if (length_s := float(time_s[-1] - time_s[0])) < MIN_DURATION_S:
        raise CorruptFrameError(
            f"{path}: the recording is {length_s:g} s long; at least {MIN_DURATION_S:g} s are needed (30 s for a trial)"
        )
    return centred(path.stem, time_s, ml_mm, ap_mm, fz_n)
