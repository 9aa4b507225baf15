"""A power cut takes back a new name until its folder is on the disk: each file that must outlive one sees to it."""

import os
import stat
import time
from pathlib import Path

import msgspec
import pytest

from calibration.chain import append_certificate
from calibration.line_file import add_line
from station.staff.pin import PinKeeper
from tests.calibration.test_model import MODEL


class Said(msgspec.Struct, frozen=True):
    word: str


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    folders: list[Path] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            folders.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    return folders


def test_the_first_line_of_a_file_brings_its_name_and_the_next_finds_it(tmp_path: Path, synced: list[Path]) -> None:
    add_line(tmp_path / "records.jsonl", Said("one"))
    assert synced == [tmp_path]
    add_line(tmp_path / "records.jsonl", Said("two"))
    assert synced == [tmp_path]


def test_a_chain_that_takes_the_place_of_the_old_one_does(tmp_path: Path, synced: list[Path]) -> None:
    append_certificate(MODEL.certificate, tmp_path / "certificates.jsonl")
    assert synced == [tmp_path]


def test_wrong_tries_that_lock_the_door_do(tmp_path: Path, synced: list[Path]) -> None:
    keeper = PinKeeper(tmp_path / "pins.json", b"pepper", time.monotonic, "boot-1")
    keeper.set_pin("AB", "2580")
    synced.clear()
    keeper.check("0000")
    assert synced == [tmp_path]
