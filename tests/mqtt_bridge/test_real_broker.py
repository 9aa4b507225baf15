"""With a real mosquitto: what is acknowledged is stored, what is not stored is kept, whoever is killed."""

import json
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion

from mqtt_bridge.paho_transport import WILL_DELAY_S
from station.records.outbox import DeckNote
from station.records.store import RecordStore
from tests.mqtt_bridge.clinic import UP_WITHIN_S, Clinic
from tests.station.records.making import make_event, make_record


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


def commit(clinic: Clinic, count: int) -> list[str]:
    with RecordStore.open(clinic.config.station.database, station="st-1") as store:
        return [store.commit(make_record, {}).id for _ in range(count)]


def stored(clinic: Clinic) -> dict[str, dict[str, Any]]:
    with sqlite3.connect(clinic.inbox) as database:
        return {key: json.loads(body) for key, body in database.execute("SELECT id, body FROM inbox")}


class Listener:
    """Somebody in the clinic who listens to everything."""

    def __init__(self, clinic: Clinic) -> None:
        self.messages: list[mqtt.MQTTMessage] = []
        subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = lambda client, data, message: self.messages.append(message)
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect("127.0.0.1", clinic.config.mqtt.port)
        self._client.subscribe("balance/#", qos=1)
        self._client.loop_start()
        assert subscribed.wait(UP_WITHIN_S), "the broker does not answer the listener"

    def wait_for(self, wanted: Callable[[mqtt.MQTTMessage], bool], timeout_s: float = 20.0) -> mqtt.MQTTMessage:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for message in list(self.messages):
                if wanted(message):
                    return message
            time.sleep(0.02)
        raise AssertionError(f"not seen in {timeout_s} s; seen: {[(m.topic, m.payload[:80]) for m in self.messages]}")

    def state(self, state: str, timeout_s: float = 20.0) -> mqtt.MQTTMessage:
        return self.wait_for(
            lambda m: m.topic.endswith("/status") and json.loads(m.payload)["state"] == state, timeout_s
        )

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_results_arrive_in_order_with_what_a_consumer_needs_to_answer(clinic: Clinic) -> None:
    ids = commit(clinic, 30)
    clinic.start("broker", "consumer")
    clinic.wait_for_consumer()
    listener = Listener(clinic)
    clinic.start("bridge")
    assert clinic.wait_until_empty(20)
    listener.wait_for(lambda message: message.payload.find(ids[-1].encode()) > 0)
    results = [message for message in listener.messages if "/result/" in message.topic]
    seen = [json.loads(message.payload)["id"] for message in results]
    assert list(dict.fromkeys(seen)) == ids, "each for the first time in order, whatever is sent again"
    first = results[0]
    assert first.topic == "balance/v1/clinic/st-1/result/walk-up"
    assert first.qos == 1
    assert not first.retain
    properties = first.properties
    assert properties is not None
    assert properties.CorrelationData == ids[0].encode()
    assert properties.ResponseTopic == "balance/v1/clinic/st-1/ack"
    assert properties.ContentType == "application/json"
    assert set(stored(clinic)) == set(ids)
    assert clinic.outbox().state_of(ids[0]).by == "ingest"
    listener.close()


def test_events_are_stored_like_results_and_a_new_certificate_is_news_in_info_and_health(clinic: Clinic) -> None:
    def said(message: mqtt.MQTTMessage, topic: str, key: str, value: object) -> bool:
        return message.topic.endswith(topic) and json.loads(message.payload)[key] == value

    with RecordStore.open(clinic.config.station.database, station="st-1") as store:
        clinic.start("broker", "consumer", "bridge")
        listener = Listener(clinic)
        listener.wait_for(lambda message: said(message, "/info", "calibration_due", None))
        store.set_deck_note(DeckNote("c-1", "2027-11-26T09:00:00+00:00", "failed", zero="drifted"))
        event = store.add_event(make_event)
        listener.wait_for(lambda message: said(message, "/info", "calibration_due", "2027-11-26T09:00:00+00:00"))
        health = listener.wait_for(lambda message: said(message, "/health", "daily_check", "failed"))
        assert json.loads(health.payload)["zero"] == "drifted"
        assert clinic.wait_until_empty(20)
        assert clinic.outbox().state_of(event.id).by == "ingest"
        published = listener.wait_for(lambda message: "/event/" in message.topic)
        assert published.topic == "balance/v1/clinic/st-1/event/staff"
        assert stored(clinic)[event.id]["data"] == {
            "type": "staff", "what": "signed-in", "operator": "AB", "lock_s": None
        }  # fmt: skip
        listener.close()


def test_without_a_consumer_everything_stays_in_the_outbox_although_the_broker_acknowledges(clinic: Clinic) -> None:
    ids = commit(clinic, 3)
    clinic.start("broker")
    listener = Listener(clinic)
    clinic.start("bridge")
    listener.wait_for(lambda message: message.payload.find(ids[2].encode()) > 0)
    time.sleep(1.0)
    assert clinic.outbox().count().open == 3
    clinic.start("consumer")
    assert clinic.wait_until_empty(30), "and is delivered as soon as there is one"
    listener.close()


def test_the_station_is_seen_to_be_ready_busy_dead_gone_and_lost(clinic: Clinic) -> None:
    station = socket.socket(socket.AF_UNIX)
    station.bind(str(clinic.config.station.socket))
    station.listen(100)
    clinic.start("broker")
    listener = Listener(clinic)
    store = RecordStore.open(clinic.config.station.database, station="st-1")
    store.set_state("ready")
    clinic.start("bridge")
    assert listener.state("ready").retain == 0
    info = listener.wait_for(lambda message: message.topic.endswith("/info"))
    assert json.loads(info.payload)["station"] == "st-1"
    listener.wait_for(lambda message: message.topic.endswith("/health"))
    store.set_state("busy")
    listener.state("busy")
    station.close()
    listener.state("fault")  # what a dead station said last is not how it is
    clinic.kill("bridge", signal.SIGTERM)
    listener.state("disconnected")
    clinic.start("bridge")
    born = listener.wait_for(
        lambda m: (
            m.topic.endswith("/status")
            and json.loads(m.payload)["state"] == "fault"
            and listener.messages.index(m) > listener.messages.index(listener.state("disconnected"))
        )
    )
    clinic.kill("bridge")
    lost = listener.state("lost", timeout_s=2.0 * WILL_DELAY_S)
    assert json.loads(lost.payload)["birth"] == json.loads(born.payload)["birth"], "a will is paired with its birth"
    store.close()
    listener.close()


def test_an_acknowledgement_that_is_nonsense_changes_nothing(clinic: Clinic) -> None:
    ids = commit(clinic, 1)
    clinic.start("broker", "bridge")
    listener = Listener(clinic)
    listener.wait_for(lambda message: "/result/" in message.topic)
    unknown = b'{"ids":["x"],"status":"stored"}'
    unreadable = (b"", b"\xff", b"[" * 10_000, b'{"ids":"all","status":"stored"}')
    for nonsense in (unknown, *unreadable):
        listener._client.publish("balance/v1/clinic/st-1/ack", nonsense, qos=1)
    deadline = time.monotonic() + UP_WITHIN_S
    while clinic.log("bridge").count("was ignored") < len(unreadable):
        assert time.monotonic() < deadline, clinic.log("bridge")
        time.sleep(0.02)
    assert clinic.outbox().state_of(ids[0]).state == "open"
    clinic.start("consumer")
    assert clinic.wait_until_empty(20), "and the bridge still works"
    listener.close()


def test_nothing_is_lost_or_doubled_when_station_bridge_broker_and_consumer_are_killed_at_random(
    clinic: Clinic,
) -> None:
    clinic.start("broker", "consumer", "station")
    clinic.wait_for_commits()
    clinic.start("bridge")
    clinic.chaos(seed=1, kills=12)
    clinic.wait_for_commits(100)  # however slowly it came back
    clinic.kill("station")
    assert clinic.wait_until_empty(60)
    clinic.kill("consumer", signal.SIGTERM)
    committed = clinic.committed()
    assert set(committed) <= set(stored(clinic))
    outbox = clinic.outbox()
    assert {outbox.state_of(each).state for each in committed} == {"closed"}


def test_the_bridge_goes_on_when_the_station_begins_a_new_database_after_damage(clinic: Clinic) -> None:
    commit(clinic, 2)
    clinic.start("broker", "consumer", "bridge")
    assert clinic.wait_until_empty(20)
    clinic.config.station.database.write_bytes(b"\x00garbage" * 3000)
    time.sleep(0.3)
    new = commit(clinic, 2)
    assert clinic.wait_until_empty(20)
    assert set(new) <= set(stored(clinic))


def born_ms(status: mqtt.MQTTMessage) -> int:
    """Return when the connection that says this was made, in ms of the monotonic clock."""
    return int(json.loads(status.payload)["birth"])


def test_one_result_that_the_broker_does_not_take_holds_up_nobody(clinic: Clinic) -> None:
    (clinic.folder / "broker").mkdir()
    with RecordStore.open(clinic.config.station.database, station="st-1") as store:
        record = store.commit(lambda each: replace(make_record(each), quality_flags=("x" * 4000,)), {})
    ids = commit(clinic, 3)
    clinic.broker_lines = "max_packet_size 3000"
    clinic.start("broker", "consumer", "bridge")
    assert clinic.wait_until_empty(20)
    outbox = clinic.outbox()
    assert outbox.state_of(record.id).state == "parked"
    assert "the broker takes 3000" in str(outbox.state_of(record.id).reason)
    assert set(stored(clinic)) == set(ids)
    clinic.kill("broker")
    killed_ms = time.monotonic_ns() // 1_000_000
    clinic.broker_lines = ""
    clinic.start("broker")
    listener = Listener(clinic)
    # replayed before the bridge has found the new broker, it would be set aside again by the old one's limit
    listener.wait_for(lambda message: message.topic.endswith("/status") and born_ms(message) > killed_ms)
    outbox.replay(record.id)
    outbox.close()
    assert clinic.wait_until_empty(30), "and it is delivered after a replay, when the broker takes it"
    assert record.id in stored(clinic)
    health = listener.wait_for(lambda message: message.topic.endswith("/health"))
    assert "outbox_parked" in json.loads(health.payload)
    listener.close()


def test_a_backlog_of_a_thousand_results_is_delivered_in_order(clinic: Clinic) -> None:
    ids = commit(clinic, 1000)
    clinic.start("broker", "consumer")
    clinic.wait_for_consumer()
    clinic.start("bridge")
    assert clinic.wait_until_empty(60)
    with sqlite3.connect(clinic.inbox) as database:
        arrived = [each for (each,) in database.execute("SELECT id FROM inbox ORDER BY rowid")]
    assert arrived == ids
