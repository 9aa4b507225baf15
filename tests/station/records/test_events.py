"""Events beside records: one count, one outbox, and a database of the version before goes on where it was."""

import contextlib
import sqlite3
from pathlib import Path

import msgspec
import pytest

from station.errors import DataError, UnavailableError
from station.records.database import SCHEMA_VERSION
from station.records.event import CalibrationDone, StationEvent
from station.records.outbox import DeckNote, Outbox
from station.records.store import RecordStore
from tests.station.records.making import make_event, make_record

OLD_SCHEMA = Path(__file__).with_name("schema_1.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database as the version before left it, with two visits, one of them delivered."""
    path = tmp_path / "station.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(OLD_SCHEMA.read_text(encoding="utf-8"))
    database.execute("PRAGMA user_version = 1")
    database.execute("INSERT INTO meta VALUES ('epoch', 'abcd1234')")
    for seq in (1, 2):
        record_id = f"st-1:abcd1234:{seq}"
        database.execute("INSERT INTO record VALUES (?, ?, 'walk-up', ?)", (seq, record_id, b"{}"))
        database.execute(
            "INSERT INTO outbox (seq, id, topic, body, opened_s) VALUES (?, ?, 'result/walk-up', ?, 1.0)",
            (seq, record_id, b"{}"),
        )
    database.execute("UPDATE outbox SET state = 'closed' WHERE seq = 1")
    database.close()
    return path


def test_a_database_of_the_version_before_is_taken_over_with_all_that_waits(old: Path) -> None:
    for _ in range(2):  # opened twice: a migration happens once
        with RecordStore.open(old, station="st-1") as store:
            assert store.epoch == "abcd1234"
            assert [row.id for row in store.outbox.open_rows(10)] == ["st-1:abcd1234:2"]
    with RecordStore.open(old, station="st-1") as store:
        assert store.add_event(make_event).id == "st-1:abcd1234:3"
        assert store.commit(make_record, {}).id == "st-1:abcd1234:4"
    (version,) = sqlite3.connect(old).execute("PRAGMA user_version").fetchone()
    assert version == SCHEMA_VERSION == 2
    assert list(old.parent.glob("*corrupt*")) == []


def test_a_database_of_a_later_version_is_left_alone(old: Path) -> None:
    sqlite3.connect(old).execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}").close()
    with pytest.raises(UnavailableError, match="schema version"):
        RecordStore.open(old, station="st-1")
    assert old.exists()


def test_records_and_events_share_one_count_and_leave_in_the_order_in_which_they_happened(tmp_path: Path) -> None:
    with RecordStore.open(tmp_path / "station.db", station="st-1") as store:
        ids = [store.commit(make_record, {}).id, store.add_event(make_event).id, store.commit(make_record, {}).id]
        assert [each.split(":")[2] for each in ids] == ["1", "2", "3"]
        outbox = Outbox(store.path)
        assert [row.id for row in outbox.open_rows(10)] == ids
        assert [row.topic for row in outbox.open_rows(10, family="event")] == ["event/staff"]
        assert [row.id for row in outbox.open_rows(10, family="result")] == [ids[0], ids[2]]
        assert outbox.close_rows([ids[1]], "clinic") == [ids[1]]


def test_an_event_that_cannot_be_made_leaves_nothing_behind_and_takes_no_number(tmp_path: Path) -> None:
    def fail(event_id: str) -> StationEvent:
        raise RuntimeError("no")

    with RecordStore.open(tmp_path / "station.db", station="st-1") as store:
        with pytest.raises(RuntimeError):
            store.add_event(fail)
        assert store.add_event(make_event).id.endswith(":1")


def test_the_bridge_reads_how_the_deck_is(tmp_path: Path) -> None:
    with RecordStore.open(tmp_path / "station.db", station="st-1") as store:
        assert store.outbox.deck_note() == DeckNote()
        note = DeckNote("id", "2027-01-01T00:00:00+00:00", "failed", "2026-11-26", 0.4, 1.0, "drifted", 3.0)
        store.set_deck_note(note)
        assert store.outbox.deck_note() == note


def test_the_certificate_that_was_signed_last_is_remembered(tmp_path: Path) -> None:
    def signed(event_id: str, certificate_id: str) -> StationEvent:
        data = CalibrationDone(
            certificate_id, 1, "", "2026-11-26T09:00:00+00:00", "2027-11-26T09:00:00+00:00", "AB", None
        )
        return msgspec.structs.replace(make_event(event_id), data=data)

    with RecordStore.open(tmp_path / "station.db", station="st-1") as store:
        assert store.last_signed() == ""
        for certificate_id in ("a", "b"):
            store.add_event(lambda event_id, id_=certificate_id: signed(event_id, id_))  # type: ignore[misc]
        store.add_event(make_event)
        assert store.last_signed() == "b"
    with contextlib.closing(sqlite3.connect(tmp_path / "station.db")) as database, database:
        database.execute("UPDATE event SET body = x'7b' WHERE type = 'calibration'")
    with (
        RecordStore.open(tmp_path / "station.db", station="st-1") as store,
        pytest.raises(DataError, match=r"station\.db: event .* cannot be read"),
    ):
        store.last_signed()
