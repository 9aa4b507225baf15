"""The record store: a visit's record, its raw trials and its outbox row, in one transaction or not at all."""

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from station.errors import DataError, UnavailableError
from station.records.database import open_database
from station.records.outbox import Outbox
from station.records.record import Record

log = logging.getLogger(__name__)

_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class RecordStore:
    """The only writer of records. Others (bridge, doctor) read and settle outbox rows through `Outbox`."""

    def __init__(self, path: Path, database: sqlite3.Connection, station: str) -> None:
        self._database = database
        self._station = station
        self.path = path
        self.outbox = Outbox(path)
        (self.epoch,) = database.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()

    @classmethod
    def open(cls, path: Path, *, station: str, beat: Callable[[], None] = lambda: None) -> "RecordStore":
        """Open or make the database at `path`; raises UnavailableError when that cannot be done.

        `beat` is called while an existing database is checked, which takes seconds when it is large.
        """
        return cls(path, open_database(path, beat), station)

    def commit(self, make: Callable[[str], Record], trials: Mapping[str, bytes]) -> Record:
        """Make a record with its id, store it with its raw trials and its outbox row; durable on return.

        `make` gets the id `station:epoch:sequence`. Whatever it or the database raises leaves nothing behind.
        Raises DataError when the record does not carry its id, UnavailableError when it could not be stored.
        """
        try:
            return self._commit(make, trials)
        except sqlite3.Error as error:
            raise UnavailableError(
                f"{self.path}: the record could not be stored: {error}; check free space and rights"
            ) from error

    def _commit(self, make: Callable[[str], Record], trials: Mapping[str, bytes]) -> Record:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            (last,) = database.execute(
                "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'record'), 0)"
            ).fetchone()
            result_id = f"{self._station}:{self.epoch}:{last + 1}"
            record = make(result_id)
            if record.id != result_id:
                raise DataError(f"the record calls itself {record.id!r}; it was given the id {result_id!r}")
            body = msgspec.json.encode(record)
            database.execute(
                "INSERT INTO record (seq, id, protocol, body) VALUES (?, ?, ?, ?)",
                (last + 1, record.id, record.protocol, body),
            )
            database.executemany(
                "INSERT INTO raw_trial VALUES (?, ?, ?)", [(record.id, name, raw) for name, raw in trials.items()]
            )
            database.execute(
                "INSERT INTO outbox (seq, id, topic, body, opened_s) VALUES (?, ?, ?, ?, ?)",
                (last + 1, record.id, f"result/{record.protocol}", body, time.time()),
            )
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return record

    def get_record(self, result_id: str) -> Record | None:
        """Return a stored record, or None; raises DataError when what is stored cannot be read."""
        found = self._database.execute("SELECT body FROM record WHERE id = ?", (result_id,)).fetchone()
        return None if found is None else self._decode(result_id, found[0])

    def latest(self) -> Record | None:
        """Return the newest record, or None when there is none."""
        found = self._database.execute("SELECT id, body FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        return None if found is None else self._decode(found[0], found[1])

    def raw_trials(self, result_id: str) -> dict[str, bytes]:
        """Return the raw trials of a record by name."""
        rows = self._database.execute("SELECT name, body FROM raw_trial WHERE record_id = ?", (result_id,))
        return dict(rows.fetchall())

    def set_state(self, state: str) -> None:
        """Remember the station's state (`ready`, `busy`, `fault`) for the bridge, which publishes it.

        It is news for the network, not part of a result: when it cannot be written, the visit goes on.
        """
        try:
            self._database.execute("INSERT OR REPLACE INTO meta VALUES ('state', ?)", (state,))
        except sqlite3.Error as error:
            log.error("%s: the state %r could not be noted for the bridge: %s", self.path, state, error)

    def close(self) -> None:
        """Close the database; safe to call twice."""
        self.outbox.close()
        self._database.close()

    def _decode(self, result_id: str, body: bytes) -> Record:
        try:
            return _decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path}: record {result_id} cannot be read: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
