"""Recordings of the human-balance layout: one `subject_NNN.npz` a person, one array a trial, `trials.csv` beside them.

A trial is int32 (N, 2), columns ML and AP in units of 10 nm, sample k at (k + 1) / 100 s; `TRIAL_fz` beside it is the
vertical force, float32 (N,), N, where it was recorded. Santos DA, Duarte M (2016) PeerJ 4:e2648, as it is passed on in
this project. Nothing here knows what a trial means; who the people are stands in `trials.csv`.
"""

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from station.errors import DataError, NoInputError
from station.trials import BROKEN_ARCHIVE, damage

FloatArray = npt.NDArray[np.float64]
_Arrays = dict[str, npt.NDArray[Any]]

RATE_HZ: Final = 100.0
UNITS_PER_MM: Final = 1e5
INDEX: Final = "trials.csv"
_FORCE: Final = "_fz"
_ARCHIVE: Final = re.compile(r"subject_[0-9]+\.npz")


def is_archive(path: Path) -> bool:
    """Return whether a file's name says that it holds the trials of one person."""
    return _ARCHIVE.fullmatch(path.name) is not None


def trial_names(path: Path) -> list[str]:
    """Return the names of the trials in an archive, in its order.

    Raises NoInputError for a file that cannot be opened, DataError for one that holds no trial.
    """
    names = [name for name in _read(path)[0] if not name.endswith(_FORCE)]
    if not names:
        raise DataError(f"{path}: holds no trial; expected int32 arrays (N, 2), columns ML and AP in units of 10 nm")
    return names


def read_counts(path: Path, trial: str) -> npt.NDArray[np.int32]:
    """Return a trial as it is stored, shape (N, 2), ML and AP in units of 10 nm; raises as `trial_names`."""
    return _counts(path, trial, *_read(path, trial))


def read_trial(path: Path, trial: str) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray | None]:
    """Return `(time_s, ml_mm, ap_mm, fz_n)` of one trial, `fz_n` None where there is none; raises as `trial_names`."""
    names, arrays = _read(path, trial, trial + _FORCE)
    counts = _counts(path, trial, names, arrays)
    fz_n: FloatArray | None = None
    if trial + _FORCE in arrays:
        fz_n = np.asarray(arrays[trial + _FORCE], dtype=np.float64)
        if fz_n.shape != (len(counts),) or not np.isfinite(fz_n).all():
            raise DataError(
                f"{path}:{trial}: its force is {fz_n.shape} with {np.isfinite(fz_n).sum()} finite values, "
                f"expected {len(counts)} newtons"
            )
    ml_mm, ap_mm = np.ascontiguousarray(counts.T / UNITS_PER_MM)
    return sample_times(len(counts)), ml_mm, ap_mm, fz_n


def sample_times(count: int) -> FloatArray:
    """Return when each sample of a trial was taken, s."""
    return np.arange(1, count + 1) / RATE_HZ


def _read(path: Path, *wanted: str) -> tuple[list[str], _Arrays]:
    """Return the names of all arrays of an archive, and those that are wanted and there; nothing else is caught here.

    Raises as `trial_names`.
    """
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.lib.npyio.NpzFile):
            with archive:
                return archive.files, {name: archive[name] for name in wanted if name in archive.files}
    except FileNotFoundError:
        raise NoInputError(f"{path}: no such file") from None
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except BROKEN_ARCHIVE as error:
        raise DataError(f"{path}: not an archive of trials, or damaged: {damage(error)}") from None
    raise DataError(f"{path}: one bare array; expected an archive with one array a trial")


def _counts(path: Path, trial: str, names: list[str], arrays: _Arrays) -> npt.NDArray[np.int32]:
    if trial not in arrays:
        known = [name for name in names if not name.endswith(_FORCE)]
        shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        raise DataError(f"{path}: there is no trial {trial!r}; it holds {shown or 'none'}")
    counts = arrays[trial]
    if counts.ndim != 2 or counts.shape[1] != 2 or counts.dtype != np.int32:
        raise DataError(f"{path}: trial {trial} is {counts.dtype} {counts.shape}, expected int32 (N, 2)")
    return counts
