"""A recorded person: read a recording from CSV, and play it back from any of its moments, for as long as is wanted.

Beyond either end a recording goes on mirrored in time, which is continuous, so a 30 s file fills a longer session.
What of a trial was mirrored is for the caller to know: `Recording.covers` says whether a window lies inside the file.
"""

import math
from array import array
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import CorruptFrameError, NotPresentError
from hardware.virtual.track import FloatArray, Point, Track

MIN_DURATION_S: Final = 2.0
MAX_GAP_S: Final = 0.5  # of the sampling; what is interpolated over more than this is no recording of sway
MAX_COP_MM: Final = 1000.0
COLUMNS: Final = ("time_s", "cop_ml_mm", "cop_ap_mm")
FORCE_COLUMN: Final = "fz_n"


class Recording(msgspec.Struct, frozen=True):
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

    def start_for(self, lead_s: float, window_s: float, margin_s: float = 2.0) -> float:
        """Return the recording time at which to start, so that the window that begins `lead_s` later is recorded.

        A long file starts at its beginning. A shorter one gives up the lead-in first (it is then played mirrored),
        then the margin after the window; one shorter than the window starts the window at its first sample.
        """
        spare = self.duration_s - window_s
        window_from_s = self.first_s + min(lead_s, max(0.0, spare - margin_s, spare / 2))
        return window_from_s - lead_s


class Playback:
    """A recording as signals of recording time without end: fraction of mean force, ML and AP in mm."""

    def __init__(self, recording: Recording) -> None:
        fz = recording.fz_n
        share = np.ones(len(recording.time_s)) if fz is None else fz / fz.mean()
        self._track = Track(recording.time_s, (share, recording.cop_ml_mm, recording.cop_ap_mm))
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
) -> Recording:
    """Return a recording with the mean COP removed: where on a plate somebody stood says nothing about sway."""
    ml = np.asarray(cop_ml_mm, dtype=np.float64)
    ap = np.asarray(cop_ap_mm, dtype=np.float64)
    fz = None if fz_n is None else np.asarray(fz_n, dtype=np.float64)
    return Recording(name, np.asarray(time_s, dtype=np.float64), ml - ml.mean(), ap - ap.mean(), fz)


def read_recording(path: Path) -> Recording:
    """Read `time_s,cop_ml_mm,cop_ap_mm[,fz_n]` (CSV, UTF-8, any rate; comment lines begin with #).

    Raises NotPresentError when the file is missing or unreadable, CorruptFrameError with file and line when its
    content is no recording: wrong columns, not a number, times that do not rise, a gap, or less than 2 s.
    """
    header: list[str] | None = None
    columns = [array("d") for _ in range(4)]
    times = columns[0]
    for number, line in _lines(path):
        fields = [field.strip() for field in line.split(",")]
        if header is None:
            header = _check_header(path, number, fields)
            continue
        values = _numbers(path, number, fields, header)
        if times and not 0 < values[0] - times[-1] <= MAX_GAP_S:
            raise CorruptFrameError(
                f"{path}:{number}: time_s is {values[0]:g} after {times[-1]:g}; times must rise from line to line, "
                f"by at most {MAX_GAP_S:g} s: sort the file, or cut it at the gap"
            )
        for column, value in zip(columns, values, strict=False):
            column.append(value)
    if header is None:
        raise CorruptFrameError(f"{path}: the file is empty; expected a first line `{','.join(COLUMNS)}[,fz_n]`")
    if not times or times[-1] - times[0] < MIN_DURATION_S:
        length_s = times[-1] - times[0] if times else 0.0
        raise CorruptFrameError(
            f"{path}: the recording is {length_s:g} s long; at least {MIN_DURATION_S:g} s are needed (30 s for a trial)"
        )
    return centred(path.stem, columns[0], columns[1], columns[2], columns[3] if columns[3] else None)


def _lines(path: Path) -> list[tuple[int, str]]:
    """Return the numbered lines that carry something."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise NotPresentError(f"{path}: no such recording") from None
    except OSError as error:
        raise NotPresentError(f"{path}: the recording cannot be read: {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CorruptFrameError(f"{path}:{line}: not UTF-8 text; expected a CSV file") from None
    numbered = enumerate(text.splitlines(), 1)
    return [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]


def _check_header(path: Path, number: int, fields: list[str]) -> list[str]:
    if fields not in ([*COLUMNS], [*COLUMNS, FORCE_COLUMN]):
        found = ",".join(fields)
        raise CorruptFrameError(
            f"{path}:{number}: expected the columns `{','.join(COLUMNS)}` and optionally `{FORCE_COLUMN}` after them, "
            f"found `{found[:80]}`"
        )
    return fields


def _numbers(path: Path, number: int, fields: list[str], header: list[str]) -> list[float]:
    if len(fields) != len(header):
        raise CorruptFrameError(f"{path}:{number}: expected {len(header)} values, found {len(fields)}")
    values: list[float] = []
    for field, name in zip(fields, header, strict=True):
        try:
            value = float(field)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise CorruptFrameError(f"{path}:{number}: {name} is {field[:40]!r}; expected a number")
        values.append(value)
    if max(abs(values[1]), abs(values[2])) > MAX_COP_MM:
        raise CorruptFrameError(
            f"{path}:{number}: a centre of pressure over {MAX_COP_MM:g} mm from the origin cannot be; is it in mm?"
        )
    if len(values) > len(COLUMNS) and not values[3] > 0:
        raise CorruptFrameError(f"{path}:{number}: fz_n is {values[3]:g}; expected newtons above 0, down positive")
    return values
