"""The record store: a visit's record, its raw trials and its outbox row, in one transaction or not at all.

Events (station.records.event) take the same way: event and outbox row, both or neither.
"""

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
from station.records.event import CalibrationDone, StationEvent
from station.records.outbox import DeckNote, Outbox
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
            seq, result_id = self._next_id()
            record = make(result_id)
            if record.id != result_id:
                raise DataError(f"the record calls itself {record.id!r}; it was given the id {result_id!r}")
            body = msgspec.json.encode(record)
            database.execute(
                "INSERT INTO record (seq, id, protocol, body) VALUES (?, ?, ?, ?)",
                (seq, record.id, record.protocol, body),
            )
            database.executemany(
                "INSERT INTO raw_trial VALUES (?, ?, ?)", [(record.id, name, raw) for name, raw in trials.items()]
            )
            self._send(seq, record.id, f"result/{record.protocol}", body)
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return record

    def add_event(self, make: Callable[[str], StationEvent]) -> StationEvent:
        """Make an event with its id, store it with its outbox row; durable on return.

        Raises UnavailableError when it could not be stored; nothing is left behind then.
        """
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            seq, event_id = self._next_id()
            event = make(event_id)
            body = msgspec.json.encode(event)
            database.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (seq, event.id, event.type, body))
            self._send(seq, event.id, f"event/{event.type}", body)
            database.execute("COMMIT")
        except sqlite3.Error as error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise UnavailableError(f"{self.path}: the event could not be stored: {error}") from error
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return event

    def _next_id(self) -> tuple[int, str]:
        """Return the next number and the id that it makes, for whoever is in a transaction."""
        found = self._database.execute("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'sequence'").fetchone()
        seq = (0 if found is None else int(found[0])) + 1
        self._database.execute("INSERT OR REPLACE INTO meta VALUES ('sequence', ?)", (str(seq),))
        return seq, f"{self._station}:{self.epoch}:{seq}"

    def _send(self, seq: int, row_id: str, topic: str, body: bytes) -> None:
        self._database.execute(
            "INSERT INTO outbox (seq, id, topic, body, opened_s) VALUES (?, ?, ?, ?, ?)",
            (seq, row_id, topic, body, time.time()),
        )

    def get_record(self, result_id: str) -> Record | None:
        """Return a stored record, or None; raises DataError when what is stored cannot be read."""
        found = self._database.execute("SELECT body FROM record WHERE id = ?", (result_id,)).fetchone()
        return None if found is None else self._decode(result_id, found[0])

    def latest(self) -> Record | None:
        """Return the newest record, or None when there is none."""
        found = self._database.execute("SELECT id, body FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        return None if found is None else self._decode(found[0], found[1])

    def last_signed(self) -> str:
        """Return the id of the certificate that was signed last, as its event has it; empty when there is none.

        Raises DataError when what is stored cannot be read.
        """
        found = self._database.execute(
            "SELECT id, body FROM event WHERE type = 'calibration' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        if found is None:
            return ""
        try:
            data = msgspec.json.decode(found[1], type=StationEvent).data
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path}: event {found[0]} cannot be read: {error}") from error
        return data.certificate_id if isinstance(data, CalibrationDone) else ""

    def raw_trials(self, result_id: str) -> dict[str, bytes]:
        """Return the raw trials of a record by name."""
        rows = self._database.execute("SELECT name, body FROM raw_trial WHERE record_id = ?", (result_id,))
        return dict(rows.fetchall())

    def set_state(self, state: str) -> None:
        """Remember the station's state (`ready`, `busy`, `fault`) for the bridge, which publishes it.

        It is news for the network, not part of a result: when it cannot be written, the visit goes on.
        """
        self._note("state", state)

    def set_deck_note(self, note: DeckNote) -> None:
        """Remember for the bridge how calibration, daily check and zero are; when it cannot be written, so be it."""
        self._note("deck", msgspec.json.encode(note).decode())

    def _note(self, key: str, value: str) -> None:
        try:
            self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
        except sqlite3.Error as error:
            log.error("%s: %s %r could not be noted for the bridge: %s", self.path, key, value, error)

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
