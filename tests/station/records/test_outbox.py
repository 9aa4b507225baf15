"""The outbox as the bridge uses it: from another process, over a database that may be moved away under its feet."""

import sqlite3
from pathlib import Path

import pytest

from station.errors import UnavailableError
from station.records.outbox import Outbox
from station.records.store import RecordStore
from tests.station.records.making import make_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "station.db"


def commit(path: Path, count: int = 1) -> list[str]:
    with RecordStore.open(path, station="st-1") as store:
        return [store.commit(make_record, {}).id for _ in range(count)]


def test_it_follows_the_station_to_a_new_database_when_the_old_one_was_damaged(path: Path) -> None:
    commit(path, 20)
    outbox = Outbox(path)
    assert outbox.count().open == 20
    assert outbox.changed()
    path.write_bytes(b"\x00garbage" * 2000)
    with pytest.raises(UnavailableError, match="does not answer"):
        outbox.open_rows(5)
    (new,) = commit(path)
    assert outbox.changed()
    assert [row.id for row in outbox.open_rows(5)] == [new]
    assert outbox.close_rows([new], "clinic") == [new]
    outbox.close()


def test_a_database_that_goes_away_and_comes_back_is_found_again(path: Path) -> None:
    first = commit(path)
    outbox = Outbox(path)
    away = path.with_name("away.db")
    path.rename(away)
    with pytest.raises(UnavailableError, match="no record database"):
        outbox.count()
    assert not path.exists(), "looking for it makes no empty one"
    away.rename(path)
    assert [row.id for row in outbox.open_rows(5)] == first
    outbox.close()


def test_a_database_that_the_station_is_only_just_making_is_worth_another_try(path: Path) -> None:
    path.touch()
    outbox = Outbox(path)
    with pytest.raises(UnavailableError, match="does not answer"):
        outbox.open_rows(5)
    expected = commit(path)
    assert [row.id for row in outbox.open_rows(5)] == expected
    outbox.close()


def test_it_hears_of_what_others_write_and_not_of_its_own(path: Path) -> None:
    ids = commit(path)
    outbox = Outbox(path)
    assert outbox.changed()
    assert not outbox.changed()
    outbox.close_rows(ids, "clinic")
    assert not outbox.changed()
    commit(path)
    assert outbox.changed()
    outbox.close()


def test_many_ids_are_closed_all_together_or_not_at_all(path: Path) -> None:
    ids = commit(path, 5)
    outbox = Outbox(path)
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON outbox WHEN NEW.seq = 4 BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(UnavailableError, match="disk full"):
        outbox.close_rows(ids, "clinic")
    assert outbox.count().open == 5
    database.execute("DROP TRIGGER full")
    assert outbox.close_rows([*ids, "st-1:other:1"], "clinic") == ids
    database.close()
    outbox.close()


def test_refusals_are_counted_over_restarts_and_forgotten_by_a_replay(path: Path) -> None:
    (result_id,) = commit(path)
    counts = []
    for _ in range(3):
        outbox = Outbox(path)
        counts.append(outbox.count_refusal(result_id))
        outbox.close()
    assert counts == [1, 2, 3]
    outbox = Outbox(path)
    assert outbox.park(result_id, "refused")
    assert outbox.replay(result_id)
    assert outbox.open_rows(1)[0].attempts == 0
    outbox.close()


def test_a_writer_who_does_not_let_go_is_an_error_in_words_and_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (result_id,) = commit(path)
    monkeypatch.setattr("station.records.database.BUSY_TIMEOUT_S", 0.1)
    outbox = Outbox(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="locked"):
        outbox.close_rows([result_id], "clinic")
    assert outbox.state_of(result_id).state == "open", "reading goes on meanwhile"
    other.execute("ROLLBACK")
    other.close()
    assert outbox.close_rows([result_id], "clinic") == [result_id]
    outbox.close()
