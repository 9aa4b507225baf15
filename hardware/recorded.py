"""What instruments recorded, from CSV: a line of column names, then a row a sample, ascending `time_s` among them.

Programs differ in harmless ways (order, further columns, quotes, comments above the header, line ends, a byte order
mark), and those are understood. Whatever is wrong is one line that names the file, the line and the column, and says
what was expected. Nothing is repaired and no row is skipped.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import CorruptFrameError, NotPresentError

FloatArray = npt.NDArray[np.float64]

TIME: Final = "time_s"
FEWEST_ROWS: Final = 3  # two rows have a rate and no shape
# No clock, COP (mm) or force (N) is as large as this: such a number is a wrong column, a wrong unit or a torn line.
_LARGEST: Final = {TIME: 1e12}
_LARGEST_ELSE: Final = 1e5


class Layout(NamedTuple):
    """One set of columns that a file may have; `optional` ones are read where they are there."""

    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ",".join(self.columns) + "".join(f"[,{name}]" for name in self.optional)


COP: Final = Layout((TIME, "cop_ml_mm", "cop_ap_mm"), optional=("fz_n",))


class Table(msgspec.Struct, frozen=True, eq=False):
    """The columns of a file, finite numbers, and where each row stands in it."""

    file: str
    layout: Layout
    columns: dict[str, FloatArray]
    body: str
    lines_above: int

    def at(self, row: int) -> str:
        """Return `file:line` of a row, for a message."""
        return f"{self.file}:{_numbered(self.body, self.lines_above)[row][0]}"


def read_table(path: Path, layouts: Sequence[Layout]) -> Table:
    """Read the file, which must have the columns of exactly one of the layouts.

    Raises NotPresentError for a file that cannot be opened, CorruptFrameError for one that is not what it should be.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotPresentError(f"{path}: no such file") from None
    except OSError as error:
        raise NotPresentError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CorruptFrameError(f"{path}:{line}: not UTF-8 text; save the file as CSV in UTF-8") from None
    expected = "expected " + " or ".join(map(str, layouts))
    if not text.strip():
        raise CorruptFrameError(f"{path}: empty; {expected}")
    header, lines_above = _header(text)
    fitting = [layout for layout in layouts if set(layout.columns) <= set(header)]
    if len(fitting) != 1 or len(set(header)) != len(header):
        found = ",".join(header)
        found = found if len(found) <= 100 else found[:100] + "..."
        raise CorruptFrameError(f"{path}:{max(lines_above, 1)}: the columns are {found!r}; {expected}")
    (layout,) = fitting
    names = (*layout.columns, *(name for name in layout.optional if name in header))
    body = _below(text, lines_above)
    rows = _Rows(str(path), body, lines_above, header, names).read()
    columns = {name: np.ascontiguousarray(column) for name, column in zip(names, rows.T, strict=True)}
    table = Table(str(path), layout, columns, body, lines_above)
    _check(table)
    return table


def _header(text: str) -> tuple[list[str], int]:
    """Return the column names and the number of lines up to and with them; lines with `#` may stand before."""
    for number, line in enumerate(io.StringIO(text), 1):
        if line.strip() and not line.startswith("#"):
            return [name.strip().strip('"') for name in line.split(",")], number
    return [], 0


def _below(text: str, lines: int) -> str:
    start = 0
    for _ in range(lines):
        start = text.find("\n", start) + 1
        if start == 0:
            return ""
    return text[start:]


def _numbered(body: str, lines_above: int) -> list[tuple[int, str]]:
    """Return the rows that are not blank with their line numbers."""
    lines = enumerate(io.StringIO(body), lines_above + 1)
    return [(number, line) for number, line in lines if line.strip()]


def _check(table: Table) -> None:
    for name, column in table.columns.items():
        largest = _LARGEST.get(name, _LARGEST_ELSE)
        wrong = np.flatnonzero(~(np.abs(column) <= largest))
        if len(wrong):
            value = float(column[wrong[0]])
            expected = f"a number between -{largest:g} and {largest:g}"
            raise CorruptFrameError(f"{table.at(wrong[0])}: {name} is {value:g}, expected {expected}")
    time_s = table.columns[TIME]
    backwards = np.flatnonzero(~(np.diff(time_s) > 0))
    if len(backwards):
        before, after = time_s[backwards[0]], time_s[backwards[0] + 1]
        raise CorruptFrameError(
            f"{table.at(backwards[0] + 1)}: time_s is {after:.10g} after {before:.10g}; "
            "times must ascend, one row a sample"
        )


class _Rows(msgspec.Struct, frozen=True):
    """The rows below a header: read at once by numpy; read again slowly only to say which line is wrong."""

    file: str
    body: str
    lines_above: int
    header: list[str]
    names: tuple[str, ...]

    def read(self) -> FloatArray:
        if not self.body.strip():
            raise CorruptFrameError(f"{self.file}: a header and no rows; at least {FEWEST_ROWS} rows are needed")
        use = [self.header.index(name) for name in self.names]
        try:
            rows: FloatArray = np.loadtxt(
                io.StringIO(self.body), delimiter=",", comments=None, usecols=use, ndmin=2, dtype=np.float64
            )
        except ValueError as error:
            self._explain(str(error))
        if self.body.count(",") != len(rows) * (len(self.header) - 1):
            self._explain("rows have more cells than the header has columns")
        if len(rows) < FEWEST_ROWS:
            raise CorruptFrameError(f"{self.file}: only {len(rows)} rows; at least {FEWEST_ROWS} are needed")
        return rows

    def _explain(self, otherwise: str) -> NoReturn:
        for number, line in _numbered(self.body, self.lines_above):
            cells = line.rstrip("\r\n").split(",")
            if len(cells) != len(self.header):
                raise CorruptFrameError(
                    f"{self.file}:{number}: {len(cells)} columns, expected {len(self.header)} as in the header"
                )
            for name in self.names:
                cell = cells[self.header.index(name)].strip()
                try:
                    float(cell.strip('"'))
                except ValueError:
                    what = repr(cell[:40]) if cell else "missing"
                    raise CorruptFrameError(f"{self.file}:{number}: {name} is {what}, expected a number") from None
        raise CorruptFrameError(f"{self.file}: cannot be read as numbers: {otherwise}")
