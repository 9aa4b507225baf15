"""The record store: all of a visit or nothing, durable when it says so, ids that never repeat."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from station.errors import DataError, UnavailableError
from station.records import database as database_room
from station.records.outbox import Outbox
from station.records.record import Record
from station.records.store import RecordStore
from tests.mqtt_bridge.clinic import WRITER
from tests.station.records.making import LargeDatabase, make_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "station.db"


def test_a_committed_visit_is_there_with_its_raw_trials_and_its_outbox_row(path: Path) -> None:
    with RecordStore.open(path, station="st-1") as store:
        record = store.commit(make_record, {"quiet-stance-1": b"abc"})
        assert store.get_record(record.id) == record == store.latest()
        assert store.raw_trials(record.id) == {"quiet-stance-1": b"abc"}
    outbox = Outbox(path)
    (row,) = outbox.open_rows(10)
    assert (row.id, row.topic) == (record.id, "result/walk-up")
    assert outbox.state_of(record.id).state == "open"
    assert outbox.count().oldest_age_s is not None


def test_ids_count_up_and_go_on_after_a_restart(path: Path) -> None:
    ids = []
    for _ in range(3):
        with RecordStore.open(path, station="st-1") as store:
            ids += [store.commit(make_record, {}).id for _ in range(2)]
    assert [each.split(":")[2] for each in ids] == ["1", "2", "3", "4", "5", "6"]
    assert len({each.split(":")[1] for each in ids}) == 1


def test_a_new_database_has_a_new_epoch_so_no_id_ever_repeats(tmp_path: Path) -> None:
    stores = [RecordStore.open(tmp_path / str(n) / "station.db", station="st-1") for n in range(5)]
    assert len({store.commit(make_record, {}).id for store in stores}) == 5


def test_a_record_that_cannot_be_made_leaves_nothing_behind(path: Path) -> None:
    def fail(result_id: str) -> Record:
        raise RuntimeError("no")

    with RecordStore.open(path, station="st-1") as store:
        with pytest.raises(RuntimeError):
            store.commit(fail, {})
        assert store.latest() is None
        assert store.outbox.count().open == 0
        assert store.commit(make_record, {}).id.endswith(":1")


@pytest.mark.parametrize("damage", [b"this is no database at all, just words" * 40, None])
def test_a_damaged_database_is_kept_aside_and_a_new_one_begun(path: Path, damage: bytes | None) -> None:
    with RecordStore.open(path, station="st-1") as store:
        for _ in range(50):
            old = store.commit(make_record, {"t": b"x" * 500})
    content = path.read_bytes() if damage is None else damage
    if damage is None:  # a hole in the middle, as a failing card makes it
        middle = len(content) // 2
        content = content[:middle] + b"\xa5" * 8192 + content[middle + 8192 :]
    path.write_bytes(content)
    with RecordStore.open(path, station="st-1") as store:
        assert store.latest() is None
        assert store.commit(make_record, {}).id.split(":")[1] != old.id.split(":")[1]
    kept = [each for each in path.parent.iterdir() if ".corrupt-" in each.name]
    assert kept
    assert kept[0].read_bytes() == content


def test_a_folder_that_cannot_be_used_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be opened"):
        RecordStore.open(tmp_path / "file" / "station.db", station="st-1")
    with pytest.raises(UnavailableError, match="no record database"):
        Outbox(tmp_path / "nowhere.db")


class _Sick(sqlite3.Connection):
    """A database whose disk answers with an error, although the file is whole."""

    def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]
        if "quick_check" in sql:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return super().execute(sql)


def test_a_disk_that_does_not_answer_is_no_reason_to_set_results_aside(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordStore.open(path, station="st-1") as store:
        kept = store.commit(make_record, {})
    monkeypatch.setattr(database_room, "connect", lambda each, make=False: sqlite3.connect(each, factory=_Sick))
    with pytest.raises(UnavailableError, match="disk I/O error"):
        RecordStore.open(path, station="st-1")
    monkeypatch.undo()
    assert sorted(each.name for each in path.parent.iterdir()) == ["station.db"]
    with RecordStore.open(path, station="st-1") as store:
        assert store.latest() == kept


def test_a_long_check_at_the_start_beats_until_it_stands_still(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RecordStore.open(path, station="st-1", beat=lambda: pytest.fail("there is nothing to check")).close()
    large = LargeDatabase(most_s=60.0)
    monkeypatch.setattr(database_room, "connect", large.connect)
    RecordStore.open(path, station="st-1", beat=large.beat).close()
    assert large.beats >= 2
    still = LargeDatabase(most_s=1.0)
    monkeypatch.setattr(database_room, "connect", still.connect)
    monkeypatch.setattr(database_room, "CHECK_WITHIN_S", 0.0)
    RecordStore.open(path, station="st-1", beat=still.beat).close()
    assert still.beats == 0


def test_a_database_of_a_newer_software_is_left_alone(path: Path) -> None:
    RecordStore.open(path, station="st-1").close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    content = path.read_bytes()
    with pytest.raises(UnavailableError, match="schema version is 99"):
        RecordStore.open(path, station="st-1")
    assert path.read_bytes() == content


def test_a_record_under_another_id_is_not_stored(path: Path) -> None:
    with RecordStore.open(path, station="st-1") as store:
        with pytest.raises(DataError, match="calls itself"):
            store.commit(lambda _: make_record("st-1:e:99"), {})
        assert store.latest() is None


def test_a_full_disk_is_said_in_words_and_the_next_visit_can_be_stored(path: Path) -> None:
    with RecordStore.open(path, station="st-1") as store:
        (pages,) = store._database.execute("PRAGMA page_count").fetchone()
        store._database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(UnavailableError, match="could not be stored: database or disk is full"):
            store.commit(make_record, {"quiet-stance-1": b"x" * 100_000})
        store._database.execute("PRAGMA max_page_count = 1000000")
        assert store.commit(make_record, {"quiet-stance-1": b"x" * 100_000}).id.endswith(":1")


def test_a_state_that_cannot_be_noted_for_the_bridge_does_not_stop_a_visit(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database_room, "BUSY_TIMEOUT_S", 0.1)
    with RecordStore.open(path, station="st-1") as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        store.set_state("busy")
        other.close()
        assert "could not be noted" in caplog.text
        store.set_state("ready")
        assert store.outbox.station_state() == "ready"


def test_rows_are_closed_parked_and_replayed(path: Path) -> None:
    with RecordStore.open(path, station="st-1") as store:
        first, second = (store.commit(make_record, {}).id for _ in range(2))
    outbox = Outbox(path)
    assert outbox.close_rows([first, "st-1:other:9"], "clinic") == [first]
    assert outbox.close_rows([first], "clinic") == []
    assert outbox.park(second, "too large")
    assert (outbox.count().open, outbox.count().parked) == (0, 1)
    assert outbox.state_of(second).reason == "too large"
    assert outbox.replay(second)
    assert [row.id for row in outbox.open_rows(10)] == [second]
    assert outbox.state_of("st-1:other:9").state is None


def test_every_connection_is_durable_at_a_power_cut(path: Path) -> None:
    with RecordStore.open(path, station="st-1") as store:
        for database in (store._database, store.outbox._database):
            assert database.execute("PRAGMA synchronous").fetchone() == (2,)
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_nothing_that_was_committed_is_lost_when_the_writer_is_killed(path: Path, tmp_path: Path) -> None:
    truth = tmp_path / "committed.txt"
    truth.touch()
    for enough in (10, 20, 30, 40):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(truth), "0"], cwd=Path(__file__).parents[3]
        )
        while truth.read_text().count("\n") < enough:
            assert writer.poll() is None
            time.sleep(0.01)
        writer.kill()
        writer.wait()
    said = truth.read_text().split()
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stored = {each for (each,) in database.execute("SELECT id FROM record")}
    waiting = {each for (each,) in database.execute("SELECT id FROM outbox WHERE state = 'open'")}
    assert set(said) <= stored == waiting
    assert len(said) == len(set(said))
