"""Reading what people hand to `analyze`: CSV with a COP or with four corner forces, and the station's own raw trials.

Whatever is wrong with a file is one line that names it, the line and the column, what was expected and what to do.
Nothing is repaired and no row is skipped.
"""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import CorruptFrameError, NotPresentError
from hardware.recorded import COP, FEWEST_ROWS, Layout, read_table
from station.config import DeckConfig
from station.cop import cop_of_trial
from station.errors import DataError, NoInputError
from station.trials import SUFFIX as TRIAL_SUFFIX
from station.trials import RawTrial

FloatArray = npt.NDArray[np.float64]

CORNERS: Final = Layout(("time_s", "front_left_n", "front_right_n", "back_left_n", "back_right_n"))


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


def is_recording(path: Path) -> bool:
    """Return whether a file's name says that `read_recording` is for it."""
    return path.name.endswith((".csv", TRIAL_SUFFIX))


def read_recording(path: Path, deck: DeckConfig | None = None) -> Recording:
    """Read one file; `deck` gives the distances between load cells, for a CSV of corner forces (None: standard deck).

    Raises NoInputError for a file that cannot be opened, DataError for one that is not what it should be.
    """
    if not path.name.endswith(TRIAL_SUFFIX):
        return _read_csv(path, deck or DeckConfig())
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoInputError(f"{path}: no such file") from None
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}") from None
    return recording_of_trial(RawTrial.from_bytes(content, str(path)), str(path))


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
        return Recording(str(path), time_s, ml_mm, ap_mm, table.columns.get("fz_n"))
    front_left_n, front_right_n, back_left_n, back_right_n = values
    lifted = np.flatnonzero(~((front_left_n + front_right_n) + (back_left_n + back_right_n) > 0))
    if len(lifted):
        raise DataError(
            f"{table.at(lifted[0])}: the four forces add up to no load, so there is no centre of pressure; "
            "cut the file to the time when somebody stands on the deck"
        )
    fz_n, ml_mm, ap_mm = cop_of_trial(
        front_left_n, front_right_n, back_left_n, back_right_n, deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm
    )
    return Recording(str(path), time_s, ml_mm, ap_mm, fz_n, corners_n=np.stack(values))
