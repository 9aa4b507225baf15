"""What instruments recorded, from CSV: a line of column names, then a row a sample, ascending `time_s` among them.

Programs differ in harmless ways (order, further columns, quotes, comments above the header, line ends, a byte order
mark), and those are understood. Whatever is wrong is one line that names the file, the line and the column, and says
what was expected. Nothing is repaired and no row is skipped.

A file is read in blocks, so ten million rows need little more memory than their numbers.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, NoReturn

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
# Large enough that numpy is busy and not we, small enough that its text does not count beside the numbers.
_BLOCK_BYTES: Final = 4 << 20


class Layout(NamedTuple):
    """One set of columns that a file may have; `optional` ones are read where they are there."""

    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ",".join(self.columns) + "".join(f"[,{name}]" for name in self.optional)


COP: Final = Layout((TIME, "cop_ml_mm", "cop_ap_mm"), optional=("fz_n",))


class Table(msgspec.Struct, frozen=True, eq=False):
    """The columns of a file, finite numbers, and where each row stands in it.

    `content` is kept of what cannot be read twice (a pipe), so that `at` can still look.
    """

    file: str
    layout: Layout
    columns: dict[str, FloatArray]
    content: bytes | None

    def at(self, row: int) -> str:
        """Return `file:line` of a row, for a message; reads the file again to count its lines."""
        with _opened(Path(self.file), self.content) as stream:
            blocks = _Blocks(self.file, stream)
            blocks.header()
            for block in blocks:
                rows = block.numbered()
                if row < len(rows):
                    return f"{self.file}:{rows[row][0]}"
                row -= len(rows)
        return self.file  # changed meanwhile


def read_table(path: Path, layouts: Sequence[Layout]) -> Table:
    """Read the file, which must have the columns of exactly one of the layouts.

    Raises NotPresentError for a file that cannot be opened, CorruptFrameError for one that is not what it should be.
    """
    try:
        content = None if path.is_file() else path.read_bytes()
        with _opened(path, content) as stream:
            table = _read(path, stream, content, layouts)
    except FileNotFoundError:
        raise NotPresentError(f"{path}: no such file") from None
    except OSError as error:
        raise NotPresentError(f"{path}: cannot be read: {error.strerror}") from None
    _check(table)
    return table


def _opened(path: Path, content: bytes | None) -> BinaryIO:
    return path.open("rb") if content is None else io.BytesIO(content)


def _read(path: Path, stream: BinaryIO, content: bytes | None, layouts: Sequence[Layout]) -> Table:
    expected = "expected " + " or ".join(map(str, layouts))
    blocks = _Blocks(str(path), stream)
    header = blocks.header()
    if header is None:
        raise CorruptFrameError(f"{path}: empty; {expected}")
    fitting = [layout for layout in layouts if set(layout.columns) <= set(header)]
    if len(fitting) != 1 or len(set(header)) != len(header):
        found = ",".join(header)
        found = found if len(found) <= 100 else found[:100] + "..."
        if len(header) == 1 and any(mark in found for mark in ";\t"):
            expected += "; put commas between columns and points in numbers"
        raise CorruptFrameError(f"{path}:{max(blocks.lines, 1)}: the columns are {found!r}; {expected}")
    (layout,) = fitting
    names = (*layout.columns, *(name for name in layout.optional if name in header))
    parts = [block.rows(header, names) for block in blocks]
    count = sum(map(len, parts))
    if count < FEWEST_ROWS:
        how_many = f"only {count} rows" if count else "a header and no rows"
        raise CorruptFrameError(f"{path}: {how_many}; at least {FEWEST_ROWS} rows are needed")
    columns = {name: np.concatenate([part[:, place] for part in parts]) for place, name in enumerate(names)}
    return Table(str(path), layout, columns, content)


def _check(table: Table) -> None:
    for name, column in table.columns.items():
        largest = _LARGEST.get(name, _LARGEST_ELSE)
        wrong = np.flatnonzero(~(np.abs(column) <= largest))
        if len(wrong):
            value = float(column[wrong[0]])
            expected = f"a number between -{largest:g} and {largest:g}"
            raise CorruptFrameError(f"{table.at(int(wrong[0]))}: {name} is {value:g}, expected {expected}")
    time_s = table.columns[TIME]
    backwards = np.flatnonzero(~(np.diff(time_s) > 0))
    if len(backwards):
        before, after = time_s[backwards[0]], time_s[backwards[0] + 1]
        raise CorruptFrameError(
            f"{table.at(int(backwards[0]) + 1)}: time_s is {after:.10g} after {before:.10g}; "
            "times must ascend, one row a sample"
        )


class _Blocks:
    """The lines of a file, whole ones only, some megabytes at a time: the header first, then iterate."""

    def __init__(self, file: str, stream: BinaryIO) -> None:
        self._file = file
        self._stream = stream
        self._rest = b""  # of a line whose end has not been read
        self._pending = ""  # read, and not yet handed on
        self.lines = 0  # handed on

    def header(self) -> list[str] | None:
        """Return the column names, [] when only comments stand there, None when nothing does."""
        written = False
        while text := self._next():
            start = 0
            for line in io.StringIO(text):
                self.lines += 1
                start += len(line)
                written = written or bool(line.strip())
                if line.strip() and not line.startswith("#"):
                    self._pending = text[start:]
                    return [name.strip().strip('"') for name in line.split(",")]
        return [] if written else None

    def __iter__(self) -> Iterator["_Block"]:
        """Yield what stands below the header."""
        while text := self._pending or self._next():
            self._pending = ""
            if text.strip():
                yield _Block(self._file, self.lines, text)
            self.lines += text.count("\n")

    def _next(self) -> str:
        """Return some whole lines as text, "" at the end of the file."""
        block = b""
        while not block and (more := self._stream.read(_BLOCK_BYTES)):
            end = more.rfind(b"\n") + 1
            block = self._rest + more[:end] if end else b""
            self._rest = more[end:] if end else self._rest + more
        if not block:
            block, self._rest = self._rest, b""
        try:
            return block.decode("utf-8" if self.lines else "utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.lines + block.count(b"\n", 0, error.start) + 1
            raise CorruptFrameError(f"{self._file}:{line}: not UTF-8 text; save the file as CSV in UTF-8") from None


class _Block(msgspec.Struct, frozen=True):
    """Some rows of a file: read at once by numpy; read again slowly only to say which line is wrong."""

    file: str
    lines_above: int
    text: str

    def numbered(self) -> list[tuple[int, str]]:
        """Return the rows that are not blank with their line numbers."""
        lines = enumerate(io.StringIO(self.text), self.lines_above + 1)
        return [(number, line) for number, line in lines if line.strip()]

    def rows(self, header: list[str], names: tuple[str, ...]) -> FloatArray:
        """Return the named columns, shape (rows, names)."""
        try:
            rows: FloatArray = np.loadtxt(
                io.StringIO(self.text),
                delimiter=",",
                comments=None,
                quotechar='"',
                usecols=[header.index(name) for name in names],
                ndmin=2,
                dtype=np.float64,
            )
        except ValueError as error:
            self._explain(header, names, str(error))
        if self.text.count(",") != len(rows) * (len(header) - 1):
            self._explain(header, names, "rows have more or fewer cells than the header has columns")
        return rows

    def _explain(self, header: list[str], names: tuple[str, ...], otherwise: str) -> NoReturn:
        for number, line in self.numbered():
            cells = line.rstrip("\r\n").split(",")
            if len(cells) != len(header):
                commas = "; is there a comma in a number?" if len(cells) > len(header) else ""
                raise CorruptFrameError(
                    f"{self.file}:{number}: {len(cells)} columns, expected {len(header)} as in the header{commas}"
                )
            for name in names:
                cell = cells[header.index(name)].strip()
                try:
                    float(cell.strip('"'))
                except ValueError:
                    what = repr(cell[:40]) if cell else "missing"
                    raise CorruptFrameError(f"{self.file}:{number}: {name} is {what}, expected a number") from None
        raise CorruptFrameError(f"{self.file}: cannot be read as numbers: {otherwise}")
