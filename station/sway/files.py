"""Reading what people hand to `analyze`: CSV with a COP or with four corner forces, the station's own raw trials, and
the human-balance recordings, whose files hold several trials each.

Whatever is wrong with a file is one line that names it, the line and the column, what was expected and what to do.
Nothing is repaired and no row is skipped.
"""

import os
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import CorruptFrameError, NotPresentError
from hardware.recorded import COP, FEWEST_ROWS, Layout, read_table
from station.config import DeckConfig
from station.cop import cop_of_trial
from station.errors import DataError, NoInputError, StationError
from station.sway import subjects
from station.trials import SUFFIX as TRIAL_SUFFIX
from station.trials import RawTrial

FloatArray = npt.NDArray[np.float64]

CORNERS: Final = Layout(("time_s", "front_left_n", "front_right_n", "back_left_n", "back_right_n"))
# Of a worn sensor: what `imu_recording.py` reads.
IMU: Final = Layout(("time_s", "acc_x_g", "acc_y_g", "acc_z_g"), optional=("gyr_x_deg_s", "gyr_y_deg_s", "gyr_z_deg_s"))


def shown(name: object) -> str:
    """Return a file name, or a text with one in it, as UTF-8 has it: bytes that are none become U+FFFD."""
    return os.fsencode(str(name)).decode("utf-8", "replace")


class Recording(msgspec.Struct, frozen=True, eq=False):
    """A COP over time: s, mm, mm, and the vertical force in N where the file has one.

    `corners_n`: the four corner forces, N, shape (4, N) in the order of the columns, where the file has them.
    `window_s` is the stretch that should be covered, where the file says which (raw trials do).
    """

    file: str
    time_s: FloatArray
    ml_mm: FloatArray
    ap_mm: FloatArray
    fz_n: FloatArray | None = None
    window_s: tuple[float, float] | None = None
    corners_n: FloatArray | None = None


class Source(msgspec.Struct, frozen=True):
    """Where one recording is: a file, and which trial of it where the file holds several."""

    path: Path
    trial: str | None = None

    def __str__(self) -> str:
        return shown(self.path if self.trial is None else f"{self.path}:{self.trial}")


class Failure(msgspec.Struct, frozen=True):
    """A recording of several that cannot be read or analysed: one line that says what is wrong and where."""

    file: str
    error: str

    @classmethod
    def of(cls, name: object, error: StationError) -> "Failure":
        """Return the failure of what is called `name`."""
        return cls(shown(name), shown(error))


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; raises NoInputError where that cannot be seen."""
    try:
        return path.is_dir()
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}") from None


def sources_in(folder: Path) -> list[Source | Failure]:
    """Return every recording of a folder, by name; a file of several trials that cannot be opened is a failure.

    Hidden files and the index of a human-balance folder are not recordings. Raises NoInputError for a folder without
    one, and for one that cannot be read.
    """
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError as error:
        raise NoInputError(f"{folder}: cannot be read: {error.strerror}") from None
    if any(subjects.is_archive(file) for file in files):
        files = [file for file in files if file.name != subjects.INDEX]
    found: list[Source | Failure] = []
    for file in files:
        if file.name.lower().endswith(".csv") or file.name.endswith(TRIAL_SUFFIX):
            found.append(Source(file))
        elif subjects.is_archive(file):
            try:
                found += sources_of(file)
            except StationError as error:
                found.append(Failure.of(file, error))
    if not found:
        raise NoInputError(
            f"{folder}: no recording in this folder; expected files named *.csv, *{TRIAL_SUFFIX} or subject_*.npz"
        )
    return found


def sources_of(path: Path) -> list[Source]:
    """Return the recordings that a file name means: a file, `subject_001.npz:TRIAL`, or every trial of an archive.

    Raises NoInputError and DataError for an archive that cannot be opened.
    """
    if path.name.endswith(".npz") and not path.name.endswith(TRIAL_SUFFIX):
        return [Source(path, trial) for trial in subjects.trial_names(path)]
    name, colon, trial = path.name.rpartition(":")
    if colon and name.endswith(".npz") and not path.exists():
        return [Source(path.with_name(name), trial)]
    return [Source(path)]


def read_recording(source: Source | Path, deck: DeckConfig | None = None) -> Recording:
    """Read one recording; `deck` gives the distances between load cells, for corner forces (None: standard deck).

    Raises NoInputError for a file that cannot be opened, DataError for one that is not what it should be.
    """
    path, trial = (source.path, source.trial) if isinstance(source, Source) else (source, None)
    if trial is not None:
        return Recording(shown(f"{path}:{trial}"), *subjects.read_trial(path, trial))
    if not path.name.endswith(TRIAL_SUFFIX):
        return _read_csv(path, deck or DeckConfig())
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoInputError(f"{path}: no such file") from None
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}") from None
    return recording_of_trial(RawTrial.from_bytes(content, str(path)), shown(path))


def recording_of_trial(trial: RawTrial, file: str) -> Recording:
    """Return the COP of a trial's analysed window; ticks that are not valid are left out, and show as missing.

    Raises DataError when nothing valid is left, or when nobody pressed on the deck at a valid tick.
    """
    window = trial.in_window()
    keep = trial.valid[window] == 1
    t_ns = trial.t_ns[window][keep]
    fz_n, ml_mm, ap_mm = (values[window][keep] for values in trial.cop())
    if len(t_ns) < FEWEST_ROWS:
        raise DataError(
            f"{file}: only {len(t_ns)} valid ticks in the trial's window, at least {FEWEST_ROWS} are needed"
        )
    if not (np.isfinite(ml_mm).all() and np.isfinite(ap_mm).all()):
        raise DataError(f"{file}: a tick marked valid has no centre of pressure (no force on the deck)")
    corners = (trial.front_left_n, trial.front_right_n, trial.back_left_n, trial.back_right_n)
    # Times count from the window's start: nanoseconds of a monotonic clock do not fit a float exactly.
    end_s = (trial.window_end_ns - trial.window_start_ns) / 1e9
    return Recording(
        file=file,
        time_s=(t_ns - trial.window_start_ns) / 1e9,
        ml_mm=ml_mm,
        ap_mm=ap_mm,
        fz_n=fz_n,
        window_s=(0.0, end_s),
        corners_n=np.stack([force[window][keep] for force in corners]),
    )


def _read_csv(path: Path, deck: DeckConfig) -> Recording:
    try:
        table = read_table(path, (COP, CORNERS))
    except NotPresentError as error:
        raise NoInputError(str(error)) from None
    except CorruptFrameError as error:
        raise DataError(str(error)) from None
    time_s, *values = (table.columns[name] for name in table.layout.columns)
    if table.layout is COP:
        ml_mm, ap_mm = values
        return Recording(shown(path), time_s, ml_mm, ap_mm, table.columns.get("fz_n"))
    front_left_n, front_right_n, back_left_n, back_right_n = values
    lifted = np.flatnonzero(~((front_left_n + front_right_n) + (back_left_n + back_right_n) > 0))
    if len(lifted):
        raise DataError(
            f"{table.at(int(lifted[0]))}: the four forces add up to no load, so there is no centre of pressure; "
            "cut the file to the time when somebody stands on the deck"
        )
    fz_n, ml_mm, ap_mm = cop_of_trial(
        front_left_n, front_right_n, back_left_n, back_right_n, deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm
    )
    return Recording(shown(path), time_s, ml_mm, ap_mm, fz_n, corners_n=np.stack(values))
