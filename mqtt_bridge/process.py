"""The bridge process: reads the outbox, publishes, closes what a consumer has stored. The only one with a network.

One thread owns the database and decides what is published; the network thread only puts events on a queue. Broker,
consumer and station may come, go and be killed in any order.
"""

import logging
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mqtt_bridge.connection import Connection
from mqtt_bridge.delivery import Delivery
from mqtt_bridge.paho_transport import PahoTransport, Will
from mqtt_bridge.payloads import HealthPayload, InfoPayload, State, StatusPayload, decode_ack
from mqtt_bridge.topics import Topics
from mqtt_bridge.transport import Connected, Disconnected, Event, Puback, Received, Subscribed, Transport
from station import SOFTWARE_VERSION
from station.config import Config
from station.errors import UnavailableError
from station.records.event import EVENT_SCHEMA
from station.records.instants import boot_id, now_instant
from station.records.outbox import DeckNote, Outbox, OutboxRow
from station.records.record import RESULT_SCHEMA
from station.stopping import stop_on_signals

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.05  # how soon a new row is seen; a look costs microseconds
DUE_EVERY_S: Final = 1.0  # how often the clock alone is a reason to work
EVENTS_A_TURN: Final = 200
HEALTH_EVERY_S: Final = 60.0
GOODBYE_WITHIN_S: Final = 1.0
DATABASE_RETRY_S: Final = 1.0
STATION_LOOK_EVERY_S: Final = 2.0


class Bridge:
    """One station's bridge. `turn()` is one round of its loop."""

    def __init__(self, config: Config, outbox: Outbox) -> None:
        self._config = config
        self._outbox = outbox
        self.topics = Topics(config.mqtt.prefix, config.station.site, config.station.id)
        self._delivery = Delivery(outbox, config.mqtt.ack_policy)
        self._birth = 0
        self._connection = Connection(self._transport)
        self._ready = False  # connected, and subscribed to acknowledgements
        self._said_state: str | None = None
        self._said_info: InfoPayload | None = None
        self._said_deck: DeckNote | None = None
        self._next_due_s = 0.0
        self._next_health_s = 0.0
        self._next_station_look_s = 0.0
        self._station_answers = False

    def turn(self) -> None:
        """Take what has happened, waiting a moment for it, and do what is due.

        Raises UnavailableError when the database does not answer; the next turn goes on from there.
        """
        event = self._connection.next_event(LOOK_EVERY_S)
        events = 0
        while event is not None:
            self._take(event)
            events += 1
            event = self._connection.next_event(0.0) if events < EVENTS_A_TURN else None
        transport = self._connection.transport
        if self._ready and transport is not None:
            self._do_what_is_due(transport, something_came=events > 0)

    def _take(self, event: Event) -> None:
        match event:
            case Connected(_, max_packet_bytes, receive_maximum):
                self._delivery.connected(max_packet_bytes, receive_maximum)
                transport = self._connection.transport
                if transport is not None:
                    transport.subscribe(self.topics.ack)
            case Disconnected(_, code):
                self._ready = False
                self._delivery.disconnected(time.monotonic(), code)
            case Subscribed(refused):
                self._subscribed(refused)
            case Puback(token, code, reason):
                self._delivery.puback(token, code, reason)
            case Received(topic, body) if topic == self.topics.ack:
                self._received(body)

    def close(self) -> None:
        """Say `disconnected` and end the connection in good order."""
        transport = self._connection.transport
        if self._ready and transport is not None:
            token = self._say_state(transport, "disconnected")
            deadline_s = time.monotonic() + GOODBYE_WITHIN_S
            while token is not None and time.monotonic() < deadline_s:
                match self._connection.next_event(0.1):
                    case Disconnected():
                        break
                    case Puback(answered) if answered == token:
                        break
        self._connection.close()

    def _transport(self) -> Transport:
        # the birth grows with every connection of this boot, over restarts of this process too
        self._birth = time.monotonic_ns() // 1_000_000
        will = Will(self.topics.status, msgspec.json.encode(StatusPayload("lost", boot_id(), self._birth)))
        # two sites may call a station the same; with one client id they would push each other off the broker
        client_id = f"{self._config.mqtt.prefix}_{self._config.station.site}_{self._config.station.id}"
        return PahoTransport(self._config.mqtt, client_id, will=will)

    def _subscribed(self, refused: str | None) -> None:
        if refused is not None:
            log.error("the broker refuses the subscription to %s: %s", self.topics.ack, refused)
            self._connection.drop(f"no right to read {self.topics.ack}: {refused}")
            return
        # what is retained may have died with the broker: say everything again
        self._ready = True
        self._said_state = None
        self._next_health_s = 0.0
        self._said_info = None

    def _received(self, body: bytes) -> None:
        try:
            closed = self._delivery.acknowledged(decode_ack(body), time.monotonic())
        except ValueError as error:
            log.warning("a message on %s was ignored: %s", self.topics.ack, error)
        else:
            for result_id in closed:
                log.info("%s: settled", result_id)

    def _do_what_is_due(self, transport: Transport, *, something_came: bool) -> None:
        now_s = time.monotonic()
        if not self._outbox.changed() and not something_came and now_s < self._next_due_s:
            return
        self._next_due_s = now_s + DUE_EVERY_S
        if now_s >= self._next_station_look_s:
            self._next_station_look_s = now_s + STATION_LOOK_EVERY_S
            self._station_answers = answers(self._config.station.socket)
        # what a dead station said last is not how it is
        self._say_state(transport, (self._station_answers and self._outbox.station_state()) or "fault")
        self._say_info(transport)
        self._delivery.pump(now_s, time.time(), lambda row, body: self._publish(transport, row, body))
        if self._delivery.stalled(now_s):
            self._ready = False
            self._delivery.disconnected(now_s)
            self._connection.drop("the broker has stopped answering")
        elif now_s >= self._next_health_s:
            self._next_health_s = now_s + HEALTH_EVERY_S
            transport.publish(self.topics.health, msgspec.json.encode(self._health()), qos=0, retain=True)

    def _publish(self, transport: Transport, row: OutboxRow, body: bytes) -> int | None:
        return transport.publish(
            self.topics.under(row.topic), body, correlation=row.id.encode(), reply_to=self.topics.ack
        )

    def _say_info(self, transport: Transport) -> None:
        """Say what this station is, when that is news: once a connection, and when the deck has a new certificate."""
        deck = self._outbox.deck_note()
        if deck != self._said_deck:
            self._said_deck = deck
            self._next_health_s = 0.0  # a deck that has begun to drift is no news for the next minute
        info = InfoPayload(
            station=self._config.station.id,
            site=self._config.station.site,
            model="balance-station",
            software_version=SOFTWARE_VERSION,
            schemas=(RESULT_SCHEMA, EVENT_SCHEMA),
            ack_policy=self._config.mqtt.ack_policy,
            calibration_id=deck.calibration_id,
            calibration_due=deck.calibration_due,
        )
        if info != self._said_info and transport.publish(self.topics.info, msgspec.json.encode(info), retain=True):
            self._said_info = info

    def _say_state(self, transport: Transport, said: str) -> int | None:
        if said == self._said_state:
            return None
        state: State = "disconnected" if said == "disconnected" else "ready"
        if said == "busy":
            state = "busy"
        elif said == "fault":
            state = "fault"
        payload = StatusPayload(state, boot_id(), self._birth)
        token = transport.publish(self.topics.status, msgspec.json.encode(payload), retain=True)
        if token is not None:
            self._said_state = said
        return token

    def _health(self) -> HealthPayload:
        waiting, deck = self._outbox.count(), self._outbox.deck_note()
        return HealthPayload(
            outbox_open=waiting.open,
            outbox_parked=waiting.parked,
            oldest_open_age_s=waiting.oldest_age_s,
            disk_free_mb=shutil.disk_usage(Path(self._config.station.state_dir)).free // 1_000_000,
            utc_quality=now_instant().utc_quality,
            daily_check=deck.daily_check,
            daily_check_utc=deck.daily_check_utc,
            daily_force_error_percent=deck.daily_force_error_percent,
            daily_place_error_mm=deck.daily_place_error_mm,
            zero=deck.zero,
            zero_worst_n=deck.zero_worst_n,
        )


def answers(path: Path) -> bool:
    """Return whether a station listens on its socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def main(config: Config, *, beat: Callable[[], None]) -> int:
    """Run the bridge until SIGTERM or SIGINT; returns an exit code."""
    told_to_stop = stop_on_signals()
    outbox: Outbox | None = None
    bridge: Bridge | None = None
    try:
        while not told_to_stop():
            beat()
            if bridge is None:
                try:
                    outbox = Outbox(config.station.database)
                except UnavailableError:
                    time.sleep(4 * LOOK_EVERY_S)  # the station has not made it yet
                    continue
                bridge = Bridge(config, outbox)
            try:
                bridge.turn()
            except UnavailableError as error:
                # full, locked, or moved aside by the station this very moment: nothing is lost by asking again
                log.error("%s", error)
                time.sleep(DATABASE_RETRY_S)
    finally:
        if bridge is not None:
            bridge.close()
        if outbox is not None:
            outbox.close()
    return 0
