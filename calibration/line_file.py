"""A file of one JSON record a line that is only ever added to: on the disk before it counts.

A last line that the station's death or a full disk has torn costs only itself. Whoever reads passes it by and writes
nothing; only who adds the next line, the station's process alone, cuts it off.
"""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from calibration.durable import sync_folder
from calibration.errors import ProcedureError

_T = TypeVar("_T")


def add_line(path: Path, record: msgspec.Struct) -> None:
    """Add a record; durable on return. OSError comes through when the disk does not take it."""
    with path.open("a+b") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.write(msgspec.json.encode(record) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if whole == 0:
        sync_folder(path.parent)


def read_lines(path: Path, decoder: msgspec.json.Decoder[_T], what: str, advice: str) -> list[_T]:
    """Return every record that was written to its end, oldest first; none where there is no file.

    Raises ProcedureError naming the line that is not `what` (a daily check, ...), with the advice.
    """
    try:
        *lines, _torn = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ProcedureError(f"{path}: cannot be read: {error.strerror}") from error
    records: list[_T] = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ProcedureError(f"{path}:{number}: not {what}: {error}; {advice}") from error
    return records
