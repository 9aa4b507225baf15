"""A file of records, a line each: torn at any byte it is read without being touched, and added to."""

from pathlib import Path

import msgspec
import pytest

from calibration.errors import ProcedureError
from calibration.line_file import add_line, read_lines


class Record(msgspec.Struct, frozen=True):
    said: str


RECORDS = [Record("one"), Record("two \u2713"), Record("three")]
NEXT = Record("four")


def read(path: Path) -> list[Record]:
    return read_lines(path, msgspec.json.Decoder(Record), "a record", "throw it away")


def test_torn_at_any_byte_it_is_read_as_it_stands_and_the_next_line_costs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    for each in RECORDS:
        add_line(path, each)
    written = path.read_bytes()
    for length in range(len(written) + 1):
        torn = written[:length]
        path.write_bytes(torn)
        whole = RECORDS[: torn.count(b"\n")]
        assert read(path) == whole
        assert path.read_bytes() == torn, "who reads writes nothing"
        add_line(path, NEXT)
        assert read(path) == [*whole, NEXT]


def test_no_file_holds_nothing_and_is_not_made_by_reading(tmp_path: Path) -> None:
    assert read(tmp_path / "records.jsonl") == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcedureError, match="cannot be read: Is a directory"):
        read(tmp_path)
