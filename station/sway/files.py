"""Reading what people hand to `analyze`: CSV with a COP or with four corner forces, and the station's own raw trials.

Whatever is wrong with a file is one line that names it, the line and the column, what was expected and what to do.
Nothing is repaired and no row is skipped.
"""

import io
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.config import DeckConfig
from station.cop import cop_of_trial
from station.errors import DataError, NoInputError
from station.trials import SUFFIX as TRIAL_SUFFIX
from station.trials import RawTrial

FloatArray = npt.NDArray[np.float64]

COP_COLUMNS: Final = ("time_s", "cop_ml_mm", "cop_ap_mm")
FORCE_COLUMN: Final = "fz_n"
CORNER_COLUMNS: Final = ("time_s", "front_left_n", "front_right_n", "back_left_n", "back_right_n")
_EXPECTED: Final = f"expected {','.join(COP_COLUMNS)}[,{FORCE_COLUMN}] or {','.join(CORNER_COLUMNS)}"

FEWEST_ROWS: Final = 3  # two rows have a rate and no shape
# No clock, COP (mm) or force (N) is as large as this: such a number is a wrong column, a wrong unit or a torn line.
_LARGEST: Final = {"time_s": 1e12}
_LARGEST_ELSE: Final = 1e5


class Recording(msgspec.Struct, frozen=True, eq=False):
    """A COP over time: s, mm, mm, and the vertical force in N where the file has one.

    `window_s` is the stretch that should be covered, where the file says which (raw trials do).
    """

    file: str
    time_s: FloatArray
    ml_mm: FloatArray
    ap_mm: FloatArray
    fz_n: FloatArray | None = None
    window_s: tuple[float, float] | None = None


def is_recording(path: Path) -> bool:
    """Return whether a file's name says that `read_recording` is for it."""
    return path.name.endswith((".csv", TRIAL_SUFFIX))


def read_recording(path: Path, deck: DeckConfig | None = None) -> Recording:
    """Read one file; `deck` gives the distances between load cells, for a CSV of corner forces (None: standard deck).

    Raises NoInputError for a file that cannot be opened, DataError for one that is not what it should be.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoInputError(f"{path}: no such file") from None
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}") from None
    if path.name.endswith(TRIAL_SUFFIX):
        return recording_of_trial(RawTrial.from_bytes(content, str(path)), str(path))
    return _read_csv(str(path), content, deck or DeckConfig())


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
    # Times count from the window's start: nanoseconds of a monotonic clock do not fit a float exactly.
    end_s = (trial.window_end_ns - trial.window_start_ns) / 1e9
    return Recording(
        file=file,
        time_s=(t_ns - trial.window_start_ns) / 1e9,
        ml_mm=ml_mm,
        ap_mm=ap_mm,
        fz_n=fz_n,
        window_s=(0.0, end_s),
    )


def _read_csv(file: str, content: bytes, deck: DeckConfig) -> Recording:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{file}:{line}: not UTF-8 text; save the file as CSV in UTF-8") from None
    if not text.strip():
        raise DataError(f"{file}: empty; {_EXPECTED}")
    header, skipped = _header(text)
    columns = _columns(file, header, skipped)
    table = _Table(file, text, skipped, header, columns).read()
    if columns[1] == COP_COLUMNS[1]:
        time_s, ml_mm, ap_mm, *fz_n = table
        return Recording(file=file, time_s=time_s, ml_mm=ml_mm, ap_mm=ap_mm, fz_n=fz_n[0] if fz_n else None)
    time_s, front_left_n, front_right_n, back_left_n, back_right_n = table
    fz, ml_mm, ap_mm = cop_of_trial(
        front_left_n, front_right_n, back_left_n, back_right_n, deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm
    )
    return Recording(file=file, time_s=time_s, ml_mm=ml_mm, ap_mm=ap_mm, fz_n=fz)


def _header(text: str) -> tuple[list[str], int]:
    """Return the column names and the number of lines up to and with them; lines with `#` may stand before."""
    for number, line in enumerate(io.StringIO(text), 1):
        if line.strip() and not line.startswith("#"):
            return [name.strip().strip('"') for name in line.split(",")], number
    return [], 0


def _columns(file: str, header: list[str], line: int) -> tuple[str, ...]:
    doubled = sorted({name for name in header if header.count(name) > 1})
    has_cop = set(COP_COLUMNS) <= set(header)
    has_corners = set(CORNER_COLUMNS) <= set(header)
    if doubled or has_cop == has_corners:
        found = ",".join(header)
        found = found if len(found) <= 100 else found[:100] + "..."
        raise DataError(f"{file}:{max(line, 1)}: the columns are {found!r}; {_EXPECTED}")
    if has_corners:
        return CORNER_COLUMNS
    return (*COP_COLUMNS, FORCE_COLUMN) if FORCE_COLUMN in header else COP_COLUMNS


class _Table(msgspec.Struct, frozen=True):
    """The rows below a header: read at once by numpy; read again slowly only to say which line is wrong."""

    file: str
    text: str
    skipped: int
    header: list[str]
    columns: tuple[str, ...]

    def read(self) -> list[FloatArray]:
        body = self._body()
        if not body.strip():
            raise DataError(f"{self.file}: a header and no rows; at least {FEWEST_ROWS} rows are needed")
        use = [self.header.index(name) for name in self.columns]
        try:
            rows = np.loadtxt(io.StringIO(body), delimiter=",", comments=None, usecols=use, ndmin=2, dtype=np.float64)
        except ValueError as error:
            self._explain(use)
            raise DataError(f"{self.file}: cannot be read as numbers: {error}") from error
        if len(rows) < FEWEST_ROWS:
            raise DataError(f"{self.file}: only {len(rows)} rows; at least {FEWEST_ROWS} are needed")
        table = [np.ascontiguousarray(column) for column in rows.T]
        self._check(table)
        return table

    def _body(self) -> str:
        start = 0
        for _ in range(self.skipped):
            start = self.text.find("\n", start) + 1
            if start == 0:
                return ""
        return self.text[start:]

    def _check(self, table: list[FloatArray]) -> None:
        for name, column in zip(self.columns, table, strict=True):
            largest = _LARGEST.get(name, _LARGEST_ELSE)
            wrong = np.flatnonzero(~(np.abs(column) <= largest))
            if len(wrong):
                value = float(column[wrong[0]])
                expected = f"a number between -{largest:g} and {largest:g}"
                raise DataError(f"{self._at(wrong[0])}: {name} is {value:g}, expected {expected}")
        backwards = np.flatnonzero(~(np.diff(table[0]) > 0))
        if len(backwards):
            before, after = table[0][backwards[0]], table[0][backwards[0] + 1]
            at = self._at(backwards[0] + 1)
            raise DataError(f"{at}: time_s is {after:.10g} after {before:.10g}; times must ascend, one row a sample")
        if self.columns == CORNER_COLUMNS:
            lifted = np.flatnonzero(~((table[1] + table[2]) + (table[3] + table[4]) > 0))
            if len(lifted):
                raise DataError(
                    f"{self._at(lifted[0])}: the four forces add up to no load, so there is no centre of pressure; "
                    "cut the file to the time when somebody stands on the deck"
                )

    def _at(self, row: int) -> str:
        return f"{self.file}:{self._lines()[row][0]}"

    def _lines(self) -> list[tuple[int, str]]:
        """Return the rows that are not blank with their line numbers."""
        lines = enumerate(io.StringIO(self._body()), self.skipped + 1)
        return [(number, line) for number, line in lines if line.strip()]

    def _explain(self, use: list[int]) -> None:
        for number, line in self._lines():
            cells = line.rstrip("\r\n").split(",")
            if len(cells) <= max(use):
                raise DataError(
                    f"{self.file}:{number}: {len(cells)} columns, expected {len(self.header)} as in the header"
                )
            for name, place in zip(self.columns, use, strict=True):
                try:
                    float(cells[place].strip().strip('"'))
                except ValueError:
                    found = cells[place].strip()[:40]
                    what = f"{found!r}" if found else "missing"
                    raise DataError(f"{self.file}:{number}: {name} is {what}, expected a number") from None
