"""Delivery: which outbox row goes out when, and what closes it. No network, no clock: events and time come in.

The promise (docs/network.md): a row closes only when a consumer says, after its own commit, that it has stored that
id. A broker's PUBACK is not delivery. A row that nobody takes stays open for ever; only a row that can never be
taken (too large, refused by broker or consumer) is parked, and that is visible.
"""

import logging
from collections.abc import Sequence
from typing import Final, Literal, Protocol

import msgspec

from mqtt_bridge.payloads import AckPayload
from station.records.outbox import OutboxRow

log = logging.getLogger(__name__)

WINDOW: Final = 20  # rows on their way at once; a small window keeps order and memory in bounds
FIRST_RETRY_S: Final = 3.0
LONGEST_RETRY_S: Final = 60.0
REFUSALS_TO_PARK: Final = 5
HISTORICAL_AFTER_S: Final = 60.0
PUBACK_WITHIN_S: Final = 30.0
PACKET_OVERHEAD_BYTES: Final = 512  # topic, properties and header of a publication

NO_SUBSCRIBER: Final = 0x10
FAILURE: Final = 0x80


class Rows(Protocol):
    """What delivery needs of station.records.outbox.Outbox."""

    def open_rows(self, limit: int, after_seq: int = 0) -> list[OutboxRow]:
        """Return the oldest open rows."""

    def close_rows(self, ids: Sequence[str], by: str) -> list[str]:
        """Close rows."""

    def park(self, result_id: str, reason: str, by: str | None = None) -> bool:
        """Set a row aside."""

    def count_attempt(self, result_id: str) -> None:
        """Count one more attempt."""


class Out(Protocol):
    """How a row leaves: returns the token of its PUBACK, or None if it was not taken."""

    def __call__(self, row: OutboxRow, body: bytes) -> int | None:
        """Publish a row."""


class _OnItsWay:
    __slots__ = ("confirmed", "due_s", "refusals", "sent_s", "token", "wait_s")

    def __init__(self) -> None:
        self.token: int | None = None
        self.sent_s = 0.0
        self.due_s = 0.0
        self.wait_s = FIRST_RETRY_S
        self.refusals = 0
        self.confirmed = False


class Delivery:
    """The rows on their way over one bridge. Times are monotonic seconds; `utc_s` only decides `historical`."""

    def __init__(self, rows: Rows, policy: Literal["consumer", "broker"] = "consumer") -> None:
        self._rows = rows
        self._policy = policy
        self._moving: dict[str, _OnItsWay] = {}
        self._by_token: dict[int, str] = {}
        self._max_packet_bytes: int | None = None

    def connected(self, max_packet_bytes: int | None) -> None:
        """Begin anew on a fresh connection: everything open is due."""
        self._max_packet_bytes = max_packet_bytes
        self.disconnected()

    def disconnected(self) -> None:
        """Forget what was on its way: the outbox alone decides what is sent again. Refusals are remembered."""
        self._by_token.clear()
        for moving in self._moving.values():
            moving.token = None
            moving.due_s = 0.0
            moving.wait_s = FIRST_RETRY_S

    def pump(self, now_s: float, utc_s: float, out: Out) -> int:
        """Publish what is due, oldest first; return how many rows went out."""
        sent = 0
        rows = self._rows.open_rows(WINDOW)
        alive = {row.id for row in rows}
        self._moving = {key: moving for key, moving in self._moving.items() if key in alive}
        for row in rows:
            moving = self._moving.setdefault(row.id, _OnItsWay())
            if now_s < moving.due_s:
                continue
            if self._too_large(row):
                self._rows.park(row.id, f"{len(row.body)} bytes, the broker takes {self._max_packet_bytes}")
                log.error("%s parked: larger than the broker's maximum packet", row.id)
                continue
            token = out(row, _body(row, utc_s))
            if token is None:
                break  # the connection is going; the rest would be out of order
            self._rows.count_attempt(row.id)
            moving.token, moving.sent_s, moving.confirmed = token, now_s, False
            moving.due_s = now_s + moving.wait_s
            moving.wait_s = min(LONGEST_RETRY_S, 2 * moving.wait_s)
            self._by_token[token] = row.id
            sent += 1
        return sent

    def puback(self, token: int, code: int, reason: str) -> None:
        """Take the broker's answer. It closes a row only under `ack_policy = "broker"`, and only with code 0."""
        result_id = self._by_token.pop(token, None)
        if result_id is None or (moving := self._moving.get(result_id)) is None:
            return
        moving.confirmed = True
        if code >= FAILURE:
            moving.refusals += 1
            if self._policy == "broker" or moving.refusals >= REFUSALS_TO_PARK:
                self._rows.park(result_id, f"the broker refused it: {reason}", "broker")
                log.error("%s parked: the broker refused it: %s", result_id, reason)
        elif self._policy == "broker" and code != NO_SUBSCRIBER:
            self._rows.close_rows([result_id], "broker")

    def acknowledged(self, ack: AckPayload, by: str = "consumer") -> list[str]:
        """Take a consumer's word; return the ids that were closed or parked because of it."""
        who = ack.by or by
        if ack.status == "rejected":
            parked = [each for each in ack.ids if self._rows.park(each, ack.reason or "no reason given", who)]
            for each in parked:
                log.error("%s parked: %s refused it: %s", each, who, ack.reason)
            return parked
        closed = self._rows.close_rows(ack.ids, who)
        for each in closed:
            self._moving.pop(each, None)
        return closed

    def stalled(self, now_s: float) -> bool:
        """Return whether a publication has had no PUBACK for so long that the connection cannot be alive."""
        return any(
            moving.token is not None and not moving.confirmed and now_s - moving.sent_s > PUBACK_WITHIN_S
            for moving in self._moving.values()
        )

    def _too_large(self, row: OutboxRow) -> bool:
        limit = self._max_packet_bytes
        return limit is not None and len(row.body) + PACKET_OVERHEAD_BYTES > limit


def _body(row: OutboxRow, utc_s: float) -> bytes:
    """Return the payload; one that is delivered late says so."""
    if utc_s - row.opened_s < HISTORICAL_AFTER_S:
        return row.body
    document = msgspec.json.decode(row.body)
    document["historical"] = True
    return msgspec.json.encode(document)
