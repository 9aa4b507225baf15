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
    """One row as the bridge delivers it: `topic` is below `<prefix>/v1/<site>/<station>/`."""

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


class Outbox:
    """A connection of its own to the outbox in the database at `path`. Every change is durable on return.

    Raises UnavailableError when the database is not there or does not answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            raise UnavailableError(f"{path}: there is no record database; the station makes it when it first starts")
        self._database = self._guard(lambda: connect(path))

    def open_rows(self, limit: int, after_seq: int = 0) -> list[OutboxRow]:
        """Return the oldest open rows with `seq` above `after_seq`, in order."""
        rows = self._guard(
            lambda: self._database.execute(
                "SELECT seq, id, topic, body, attempts, opened_s FROM outbox "
                "WHERE state = 'open' AND seq > ? ORDER BY seq LIMIT ?",
                (after_seq, limit),
            ).fetchall()
        )
        return [OutboxRow(*row) for row in rows]

    def close_rows(self, ids: Sequence[str], by: str) -> list[str]:
        """Close rows that are not closed yet, because `by` says that these ids are stored; return which those were."""
        closed = []
        for result_id in ids:
            changed = self._change(
                "UPDATE outbox SET state = 'closed', closed_by = ?, reason = NULL, settled_s = ? "
                "WHERE id = ? AND state <> 'closed'",
                (by, time.time(), result_id),
            )
            if changed:
                closed.append(result_id)
        return closed

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

    def count_attempt(self, result_id: str) -> None:
        """Count one more attempt to publish a row."""
        self._change("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", (result_id,))

    def state_of(self, result_id: str) -> OutboxState:
        """Return what has become of a row."""
        found = self._guard(
            lambda: self._database.execute(
                "SELECT state, closed_by, reason FROM outbox WHERE id = ?", (result_id,)
            ).fetchone()
        )
        return OutboxState(None) if found is None else OutboxState(*found)

    def count(self) -> OutboxCount:
        """Return how much waits."""
        opened, parked, oldest_s = self._guard(
            lambda: self._database.execute(
                "SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'parked'), "
                "min(opened_s) FILTER (WHERE state = 'open') FROM outbox"
            ).fetchone()
        )
        return OutboxCount(opened, parked, None if oldest_s is None else max(0.0, time.time() - oldest_s))

    def station_state(self) -> str | None:
        """Return the station's state as it last said, or None before it has."""
        found = self._guard(lambda: self._database.execute("SELECT value FROM meta WHERE key = 'state'").fetchone())
        return None if found is None else str(found[0])

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self._database.close()

    def _change(self, statement: str, parameters: Sequence[object]) -> bool:
        return self._guard(lambda: self._database.execute(statement, tuple(parameters)).rowcount) > 0

    def _guard(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            raise UnavailableError(f"{self._path}: the record database does not answer: {error}") from error
