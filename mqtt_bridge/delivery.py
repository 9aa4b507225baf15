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
from station.records.outbox import Family, OutboxRow

log = logging.getLogger(__name__)

WINDOW: Final = 20  # rows on their way at once; a small window keeps order and memory in bounds
FIRST_RETRY_S: Final = 3.0
LONGEST_RETRY_S: Final = 60.0
# A broker that answered 0x00 holds the row for somebody. Were it sent every minute to a consumer that is away for a
# day, he would find a thousand copies of it; and if the broker loses it, the connection breaks and all is sent anew.
LONGEST_RETRY_WHEN_TAKEN_S: Final = 300.0
# With nobody there to take anything, one row asks for all of them, and asks often: it costs a packet and no disk.
FIRST_PROBE_S: Final = 0.5
LONGEST_PROBE_S: Final = 10.0
QUIET_S: Final = 30.0  # a consumer that was silent for so long and now speaks is back: do not let it wait
REFUSALS_TO_PARK: Final = 5
HISTORICAL_AFTER_S: Final = 60.0
PUBACK_WITHIN_S: Final = 30.0
PACKET_OVERHEAD_BYTES: Final = 512  # topic, properties and header of a publication
BRIDGES_OWN_PUBLICATIONS: Final = 2  # status and info also wait for a PUBACK, and count against the receive maximum

NO_SUBSCRIBER: Final = 0x10
FAILURE: Final = 0x80
# MQTT 5.0 section 4.13: reasons to end a connection that blame something we have just published.
BLAMES_A_PUBLICATION: Final = {0x81, 0x82, 0x90, 0x94, 0x95, 0x99, 0x9B}


FAMILIES: Final[tuple[Family, ...]] = ("result", "event")


def family_of(topic: str) -> Family:
    """Return whether this is the topic of a result or of an event."""
    return "event" if topic.startswith("event/") else "result"


class Rows(Protocol):
    """What delivery needs of station.records.outbox.Outbox."""

    def open_rows(self, limit: int, family: Family | None = None) -> list[OutboxRow]:
        """Return the oldest open rows of a family, or of both."""

    def close_rows(self, ids: Sequence[str], by: str) -> list[str]:
        """Close rows."""

    def park(self, result_id: str, reason: str, by: str | None = None) -> bool:
        """Set a row aside."""

    def count_refusal(self, result_id: str) -> int:
        """Count one more refusal; return how many there have been."""


class Out(Protocol):
    """How a row leaves: returns the token of its PUBACK, or None if it was not taken."""

    def __call__(self, row: OutboxRow, body: bytes) -> int | None:
        """Publish a row."""


class _OnItsWay:
    """What is known of one row of the window. `token` is set while its PUBACK is awaited."""

    __slots__ = ("broke_connections", "due_s", "family", "sent_s", "taken", "token", "wait_s")

    def __init__(self, family: Family) -> None:
        self.family = family
        self.token: int | None = None
        self.sent_s = 0.0
        self.due_s = 0.0
        self.wait_s = FIRST_RETRY_S
        self.taken = False
        self.broke_connections = 0


class _Probe:
    """A family that nobody subscribes to: one of its rows at a time asks, ever more slowly, whether somebody has come.

    Results and events ask apart: a consumer that takes results only must not wait for events that nobody takes.
    """

    __slots__ = ("due_s", "wait_s")

    def __init__(self, sent_s: float) -> None:
        self.wait_s = FIRST_PROBE_S
        self.due_s = sent_s + FIRST_PROBE_S

    def sent(self, now_s: float) -> None:
        self.due_s = now_s + self.wait_s
        self.wait_s = min(LONGEST_PROBE_S, 2 * self.wait_s)


class Delivery:
    """The rows on their way over one bridge. Times are monotonic seconds; `utc_s` only decides `historical`."""

    def __init__(self, rows: Rows, policy: Literal["consumer", "broker"] = "consumer") -> None:
        self._rows = rows
        self._policy = policy
        self._moving: dict[str, _OnItsWay] = {}
        self._by_token: dict[int, str] = {}
        self._suspects: set[str] = set()
        self._max_packet_bytes: int | None = None
        self._at_once = WINDOW
        self._heard_s: float | None = None
        self._nobody: dict[Family, _Probe] = {}  # the broker's last word: nobody subscribes to these

    def connected(self, max_packet_bytes: int | None, receive_maximum: int = 65535) -> None:
        """Begin anew on a fresh connection, within what its broker takes."""
        self._max_packet_bytes = max_packet_bytes
        self._at_once = max(1, min(WINDOW, receive_maximum - BRIDGES_OWN_PUBLICATIONS))

    def disconnected(self, now_s: float, code: int | None = None) -> None:
        """Forget what was on its way: the outbox alone decides what is sent again, and everything open is due.

        One row may be what breaks the connection, again and again, and must not hold up the others. Those without a
        PUBACK go out one at a time from now on. One that was alone when the connection broke, twice, waits ever
        longer; one that the broker blamed by `code` is parked after five times.
        """
        awaited = [result_id for result_id, moving in self._moving.items() if moving.token is not None]
        self._by_token.clear()
        self._nobody.clear()
        for moving in self._moving.values():
            moving.token = None
            moving.due_s = now_s
            moving.wait_s = FIRST_RETRY_S
            moving.taken = False
        self._suspects |= set(awaited)
        if len(awaited) != 1:
            return
        alone, moving = awaited[0], self._moving[awaited[0]]
        moving.broke_connections += 1
        if moving.broke_connections > 1:
            moving.due_s = now_s + min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(moving.broke_connections, 8))
        if code in BLAMES_A_PUBLICATION:
            self._refused(alone, f"the broker ends the connection because of it (reason 0x{code:02x})")

    def pump(self, now_s: float, utc_s: float, out: Out) -> int:
        """Publish what is due, oldest first; return how many rows went out."""
        sent = 0
        rows = sorted(
            (row for family in FAMILIES for row in self._rows.open_rows(WINDOW, family=family)),
            key=lambda row: row.seq,
        )
        self._moving = {row.id: self._moving.get(row.id) or _OnItsWay(family_of(row.topic)) for row in rows}
        self._suspects &= self._moving.keys()
        for row in rows:
            moving = self._moving[row.id]
            if moving.token is not None or now_s < moving.due_s:
                continue
            if self._too_large(row):
                self._rows.park(row.id, f"{len(row.body)} bytes, the broker takes {self._max_packet_bytes}")
                log.error("%s parked: larger than the broker's maximum packet", row.id)
                continue
            if len(self._by_token) >= (1 if self._suspects else self._at_once):
                break
            probe = self._nobody.get(moving.family)
            if probe is not None and (now_s < probe.due_s or self._is_asking(moving.family)):
                continue
            token = out(row, _body(row, utc_s))
            if token is None:
                break  # the connection is going; the rest would be out of order
            moving.token, moving.sent_s = token, now_s
            moving.due_s = now_s + moving.wait_s
            moving.wait_s = min(LONGEST_RETRY_WHEN_TAKEN_S if moving.taken else LONGEST_RETRY_S, 2 * moving.wait_s)
            self._by_token[token] = row.id
            sent += 1
            if probe is not None:
                probe.sent(now_s)
        return sent

    def _is_asking(self, family: Family) -> bool:
        return any(each.token is not None and each.family == family for each in self._moving.values())

    def puback(self, token: int, code: int, reason: str) -> None:
        """Take the broker's answer. It closes a row only under `ack_policy = "broker"`, and only with code 0."""
        result_id = self._by_token.pop(token, None)
        if result_id is None or (moving := self._moving.get(result_id)) is None:
            return
        moving.token = None
        moving.broke_connections = 0
        moving.taken = code < FAILURE and code != NO_SUBSCRIBER
        self._suspects.discard(result_id)
        if code == NO_SUBSCRIBER:
            self._nobody.setdefault(moving.family, _Probe(moving.sent_s))
            moving.due_s, moving.wait_s = moving.sent_s, FIRST_RETRY_S  # at once, as soon as there is somebody
        elif code < FAILURE:
            self._nobody.pop(moving.family, None)
        if code >= FAILURE:
            self._refused(result_id, f"the broker refused it: {reason}")
        elif self._policy == "broker" and moving.taken:
            self._rows.close_rows([result_id], "broker")

    def acknowledged(self, ack: AckPayload, now_s: float) -> list[str]:
        """Take a consumer's word; return the ids that were closed or parked because of it."""
        who = ack.by or "consumer"
        if self._heard_s is None or now_s - self._heard_s > QUIET_S:
            for moving in self._moving.values():
                moving.due_s = min(moving.due_s, now_s + FIRST_RETRY_S)
                moving.wait_s = FIRST_RETRY_S
        self._heard_s = now_s
        if ack.status == "rejected":
            parked = [each for each in ack.ids if self._rows.park(each, ack.reason or "no reason given", who)]
            for each in parked:
                log.error("%s parked: %s refused it: %s", each, who, ack.reason)
            return parked
        return self._rows.close_rows(ack.ids, who)

    def stalled(self, now_s: float) -> bool:
        """Return whether a publication has had no PUBACK for so long that the connection cannot be alive."""
        return any(
            moving.token is not None and now_s - moving.sent_s > PUBACK_WITHIN_S for moving in self._moving.values()
        )

    def _refused(self, result_id: str, why: str) -> None:
        refusals = self._rows.count_refusal(result_id)
        if self._policy == "broker" or refusals >= REFUSALS_TO_PARK:
            self._rows.park(result_id, why, "broker")
            log.error("%s parked: %s", result_id, why)
        else:
            log.warning("%s stays in the outbox, refusal %d of %d: %s", result_id, refusals, REFUSALS_TO_PARK, why)

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
