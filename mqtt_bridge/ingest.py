"""The reference consumer: stores every result and event exactly once, and says so after its own commit.

The order is the whole point: COMMIT, then the acknowledgement to the station, then the broker's. Killed anywhere in
between, the result comes again and is recognised by its id. Hostile input is refused in words and never stops it.
"""

import logging
import re
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from mqtt_bridge.connection import Connection
from mqtt_bridge.payloads import AckPayload, AckStatus, one_line
from mqtt_bridge.topics import Topics, topics_of
from mqtt_bridge.transport import Connected, Received, Subscribed
from station.errors import UnavailableError
from station.records.event import EVENT_SCHEMA
from station.records.record import RESULT_SCHEMA

log = logging.getLogger(__name__)

LARGEST_RESULT_BYTES: Final = 256 * 1024
DEEPEST_RESULT: Final = 32  # how deep a decoder goes differs from reader to reader; a record needs 4
WAIT_AFTER_FAILURE_S: Final = 1.0
SCHEMAS: Final = (RESULT_SCHEMA, EVENT_SCHEMA)
RESULT_ID: Final = re.compile(r"([a-z0-9-]{1,32}):[a-z0-9]{1,32}:[0-9]{1,18}")  # station:epoch:sequence

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS inbox (
    id           TEXT PRIMARY KEY,
    station      TEXT NOT NULL,
    topic        TEXT NOT NULL,
    received_utc TEXT NOT NULL,
    redelivered  INTEGER NOT NULL DEFAULT 0,
    body         BLOB NOT NULL
) STRICT
"""


class _Envelope(msgspec.Struct, frozen=True):
    schema: str
    id: str
    station: str


class Verdict(msgspec.Struct, frozen=True):
    """What is said about a message: `id` None when not even that could be read (then nobody can be answered)."""

    id: str | None
    status: AckStatus
    reason: str | None = None


class Inbox:
    """One table in SQLite; every result at most once. Raises UnavailableError when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=10.0)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_TABLE)
        except sqlite3.Error as error:
            raise UnavailableError(
                f"{path}: the inbox cannot be opened: {error}; name a database of ingest, or a new file in a folder "
                "that this user may write to"
            ) from error

    def take(self, topic: str, source: Topics, body: bytes, correlation: bytes) -> Verdict:
        """Store one message durably and say what became of it; raises sqlite3.Error when it could not be stored."""
        verdict = judge(source, body, correlation)
        if verdict.status == "rejected" or verdict.id is None:
            return verdict
        received = datetime.now(UTC).isoformat(timespec="milliseconds")
        added = self._database.execute(
            "INSERT INTO inbox (id, station, topic, received_utc, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (verdict.id, source.station, topic, received, body),
        ).rowcount
        if added:
            return verdict
        (stored,) = self._database.execute("SELECT body FROM inbox WHERE id = ?", (verdict.id,)).fetchone()
        if not same_result(stored, body):
            return Verdict(
                verdict.id, "rejected", "another result is stored under this id: has the station been copied?"
            )
        self._database.execute("UPDATE inbox SET redelivered = redelivered + 1 WHERE id = ?", (verdict.id,))
        return Verdict(verdict.id, "duplicate")

    def count(self) -> int:
        """Return how many results are stored."""
        (count,) = self._database.execute("SELECT count(*) FROM inbox").fetchone()
        return int(count)

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def judge(source: Topics, body: bytes, correlation: bytes) -> Verdict:
    """Return `stored` (meaning: may be) or `rejected` with the reason, for whatever bytes came from this station."""
    named = _id_in(correlation)
    if len(body) > LARGEST_RESULT_BYTES:
        return Verdict(named, "rejected", f"{len(body)} bytes; a result has at most {LARGEST_RESULT_BYTES}")
    try:
        # all of it, not only the envelope: what is stored here must be readable by whoever comes later
        document = msgspec.json.decode(body)
        envelope = msgspec.convert(document, _Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Verdict(named, "rejected", f"not a result: {error}")
    if _deeper_than(DEEPEST_RESULT, document):
        return Verdict(named, "rejected", f"not a result: nested more than {DEEPEST_RESULT} deep")
    matched = RESULT_ID.fullmatch(envelope.id)
    if matched is None:
        return Verdict(named, "rejected", "its id is not station:epoch:sequence")
    if envelope.station != source.station or matched.group(1) != source.station:
        return Verdict(named, "rejected", "its station is not the one whose topic it came on")
    if envelope.schema not in SCHEMAS:
        schema = one_line(envelope.schema)
        return Verdict(named or envelope.id, "rejected", f"schema {schema!r}; expected {' or '.join(SCHEMAS)}")
    return Verdict(envelope.id, "stored")


def _deeper_than(levels: int, document: dict[str, object]) -> bool:
    """Return whether arrays and objects stand within each other more than so many times."""
    level: list[dict[str, object] | list[object]] = [document]
    for _ in range(levels):
        inside = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
        level = [each for each in inside if isinstance(each, dict | list)]
        if not level:
            return False
    return True


def same_result(one: bytes, other: bytes) -> bool:
    """Return whether two payloads are the same result, which may say that it is `historical` the second time."""
    if one == other:
        return True
    documents = [msgspec.json.decode(each) for each in (one, other)]
    for each in documents:
        each.pop("historical", None)
    return bool(documents[0] == documents[1])


def _id_in(correlation: bytes) -> str | None:
    """Return the id that a publication carries beside its body, for an answer when the body cannot be read."""
    text = correlation[:128].decode("ascii", errors="replace")
    return text if RESULT_ID.fullmatch(text) else None


class Ingest:
    """The consumer's loop over one connection. `turn()` takes one event."""

    def __init__(
        self, connection: Connection, inbox: Inbox, topic_filters: tuple[str, ...], prefix: str, name: str
    ) -> None:
        self._connection = connection
        self._inbox = inbox
        self._filters = topic_filters
        self._prefix = prefix
        self._name = name

    def turn(self, timeout_s: float = 0.2) -> None:
        """Take one event."""
        event = self._connection.next_event(timeout_s)
        match event:
            case Connected():
                transport = self._connection.transport
                if transport is not None:
                    for each in self._filters:
                        transport.subscribe(each)
            case Subscribed(refused) if refused is not None:
                self._connection.drop(f"the broker refuses the subscription to {' or '.join(self._filters)}: {refused}")
            case Received():
                self._take(event)

    def _take(self, message: Received) -> None:
        transport = self._connection.transport
        if transport is None:
            return  # it will come again
        source = topics_of(message.topic, self._prefix)
        if source is None:
            transport.confirm(message.handle)
            return
        try:
            verdict = self._inbox.take(message.topic, source, message.body, message.correlation)
        except sqlite3.Error as error:
            # not stored, so not acknowledged: the broker and the station both keep it
            log.error("a result could not be stored: %s", error)
            self._connection.drop("the inbox does not take results")
            time.sleep(WAIT_AFTER_FAILURE_S)
            return
        if verdict.status == "rejected":
            log.warning("a message was refused: %s", verdict.reason)
        if verdict.id is not None:
            ack = AckPayload((verdict.id,), verdict.status, verdict.reason, self._name)
            transport.publish(source.ack, msgspec.json.encode(ack))
        transport.confirm(message.handle)
