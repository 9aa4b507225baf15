"""The outbox: results that the clinic has not taken yet. A row closes only when somebody says that it is stored.

The station opens rows (station.records.store); the bridge, another process, settles them. Nobody deletes them here.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from station.errors import UnavailableError
from station.records.database import connect

T = TypeVar("T")
RowState = Literal["open", "closed", "parked"]


class OutboxRow(msgspec.Struct, frozen=True):
    """One row as the bridge delivers it: `topic` is below `<prefix>/v1/<site>/<station>/`.

    `attempts` counts only those that the broker refused: a write for every publication would wear out an SD card.
    """

    seq: int
    id: str
    topic: str
    body: bytes
    attempts: int
    opened_s: float


class OutboxState(msgspec.Struct, frozen=True):
    """What has become of one row; `state` is None when there is no such row."""

    state: RowState | None
    by: str | None = None
    reason: str | None = None


class OutboxCount(msgspec.Struct, frozen=True):
    """How much waits: rows open and parked, and the age of the oldest open one in seconds (None: nothing is open)."""

    open: int
    parked: int
    oldest_age_s: float | None


Family = Literal["result", "event"]


class DeckNote(msgspec.Struct, frozen=True):
    """How the deck is, as the station last said; the bridge publishes it in `info` and `health`.

    calibration_due: when the certificate ends, UTC; daily_check: of the certificate in use, None when there was none
    yet; zero: `good`, or why it blocks; zero_worst_n: the corner whose zero has moved most since the calibration.
    """

    calibration_id: str | None = None
    calibration_due: str | None = None
    daily_check: Literal["passed", "failed"] | None = None
    daily_check_utc: str | None = None
    daily_force_error_percent: float | None = None
    daily_place_error_mm: float | None = None
    zero: str = "good"
    zero_worst_n: float = 0.0


class Outbox:
    """A connection of its own to the outbox in the database at `path`. Every change is durable on return.

    When the station has moved a damaged database aside and begun another, this follows it to the new one.
    Raises UnavailableError when the database is not there or does not answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._file = (0, 0)  # device and inode of the file that is open
        self._seen_version: int | None = None
        self._guard(lambda _: None)

    def changed(self) -> bool:
        """Return whether anybody else has written since the last call. Costs microseconds: ask often."""
        version = self._guard(lambda database: int(database.execute("PRAGMA data_version").fetchone()[0]))
        seen, self._seen_version = self._seen_version, version
        return seen != version

    def open_rows(self, limit: int, family: Family | None = None) -> list[OutboxRow]:
        """Return the oldest open rows, in order; of results, events, or both."""
        which = {None: "", "event": "AND topic LIKE 'event/%' ", "result": "AND topic NOT LIKE 'event/%' "}[family]
        rows = self._guard(
            lambda database: database.execute(
                "SELECT seq, id, topic, body, attempts, opened_s FROM outbox "
                f"WHERE state = 'open' {which}ORDER BY seq LIMIT ?",
                (limit,),
            ).fetchall()
        )
        return [OutboxRow(*row) for row in rows]

    def close_rows(self, ids: Sequence[str], by: str) -> list[str]:
        """Close rows that are not closed yet, because `by` says that these ids are stored; return which those were.

        All of them in one transaction: one wait for the disk, however many a consumer names.
        """

        def close(database: sqlite3.Connection) -> list[str]:
            now_s = time.time()
            database.execute("BEGIN IMMEDIATE")
            try:
                closed = [
                    each
                    for each in ids
                    if database.execute(
                        "UPDATE outbox SET state = 'closed', closed_by = ?, reason = NULL, settled_s = ? "
                        "WHERE id = ? AND state <> 'closed'",
                        (by, now_s, each),
                    ).rowcount
                ]
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
            return closed

        return self._guard(close) if ids else []

    def park(self, result_id: str, reason: str, by: str | None = None) -> bool:
        """Set an open row aside, with the reason; return whether it was open."""
        return self._change(
            "UPDATE outbox SET state = 'parked', reason = ?, closed_by = ?, settled_s = ? "
            "WHERE id = ? AND state = 'open'",
            (reason, by, time.time(), result_id),
        )

    def replay(self, result_id: str) -> bool:
        """Open a parked or closed row again, so that it is delivered once more; return whether there was one."""
        return self._change(
            "UPDATE outbox SET state = 'open', attempts = 0, reason = NULL, closed_by = NULL, settled_s = NULL "
            "WHERE id = ? AND state <> 'open'",
            (result_id,),
        )

    def count_refusal(self, result_id: str) -> int:
        """Count one more attempt that the broker refused; return how many there have been."""
        rows = self._guard(
            lambda database: database.execute(
                "UPDATE outbox SET attempts = attempts + 1 WHERE id = ? RETURNING attempts", (result_id,)
            ).fetchall()
        )
        return int(rows[0][0]) if rows else 0

    def state_of(self, result_id: str) -> OutboxState:
        """Return what has become of a row."""
        found = self._guard(
            lambda database: database.execute(
                "SELECT state, closed_by, reason FROM outbox WHERE id = ?", (result_id,)
            ).fetchone()
        )
        return OutboxState(None) if found is None else OutboxState(*found)

    def count(self) -> OutboxCount:
        """Return how much waits."""
        opened, parked, oldest_s = self._guard(
            lambda database: database.execute(
                "SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'parked'), "
                "min(opened_s) FILTER (WHERE state = 'open') FROM outbox"
            ).fetchone()
        )
        return OutboxCount(opened, parked, None if oldest_s is None else max(0.0, time.time() - oldest_s))

    def station_state(self) -> str | None:
        """Return the station's state as it last said, or None before it has."""
        found = self._guard(lambda database: database.execute("SELECT value FROM meta WHERE key = 'state'").fetchone())
        return None if found is None else str(found[0])

    def deck_note(self) -> DeckNote:
        """Return how the deck is, as the station last said; the defaults before it has said anything."""
        found = self._guard(lambda database: database.execute("SELECT value FROM meta WHERE key = 'deck'").fetchone())
        try:
            return DeckNote() if found is None else msgspec.json.decode(found[0], type=DeckNote)
        except msgspec.MsgspecError:
            return DeckNote()  # of another version; the station says it anew when it starts

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _change(self, statement: str, parameters: Sequence[object]) -> bool:
        return self._guard(lambda database: database.execute(statement, tuple(parameters)).rowcount) > 0

    def _guard(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._present())
        except sqlite3.Error as error:
            raise UnavailableError(f"{self._path}: the record database does not answer: {error}") from error

    def _present(self) -> sqlite3.Connection:
        """Return a connection to the file that has the name now, which need not be the one it had before."""
        try:
            found = self._path.stat()
        except OSError as error:
            self.close()
            raise UnavailableError(
                f"{self._path}: there is no record database ({error.strerror}); the station makes it at its first start"
            ) from error
        if self._database is None or (found.st_dev, found.st_ino) != self._file:
            self.close()
            self._database = connect(self._path)
            self._file = (found.st_dev, found.st_ino)
            self._seen_version = None
        return self._database
