"""A file of one JSON record a line that is only ever added to: on the disk before it counts.

A line that the station's death or a full disk has torn costs only itself: it is cut off when the file is next opened.
"""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from calibration.errors import ProcedureError

_T = TypeVar("_T")


def add_line(path: Path, record: msgspec.Struct) -> None:
    """Add a record; durable on return. OSError comes through when the disk does not take it."""
    _whole_lines(path)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(record) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path, decoder: msgspec.json.Decoder[_T], what: str, advice: str) -> list[_T]:
    """Return every record, oldest first; none where there is no file.

    Raises ProcedureError naming the line that is not `what` (a daily check, ...), with the advice.
    """
    try:
        lines = _whole_lines(path)
    except OSError as error:
        raise ProcedureError(f"{path}: cannot be read: {error.strerror}") from error
    records: list[_T] = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ProcedureError(f"{path}:{number}: not {what}: {error}; {advice}") from error
    return records


def _whole_lines(path: Path) -> list[bytes]:
    """Return the lines that were written to their end; cut off what stands behind them."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    whole, _, torn = raw.rpartition(b"\n")
    if torn:
        os.truncate(path, len(raw) - len(torn))
    return whole.split(b"\n") if whole else []
