"""The reference consumer: exactly once, and hostile input is refused in words."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_bridge.ingest import LARGEST_RESULT_BYTES, Inbox, judge
from mqtt_bridge.payloads import LONGEST_WORDS, decode_ack, json_schemas
from mqtt_bridge.topics import Topics, consumer_filters, topics_of
from station.records.event import EVENT_SCHEMA
from station.records.record import RESULT_SCHEMA, Record

SOURCE = Topics("balance", "clinic", "st-1")
TOPIC = SOURCE.under("result/walk-up")


def result(**changes: object) -> bytes:
    return msgspec.json.encode({"schema": RESULT_SCHEMA, "id": "st-1:e:1", "station": "st-1", **changes})


def test_a_result_is_stored_once_however_often_it_comes(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "clinic.db")
    verdicts = [inbox.take(TOPIC, SOURCE, result(), b"st-1:e:1").status for _ in range(3)]
    assert verdicts == ["stored", "duplicate", "duplicate"]
    assert inbox.count() == 1
    inbox.close()
    again = Inbox(tmp_path / "clinic.db")
    assert again.take(TOPIC, SOURCE, result(), b"").status == "duplicate", "over a restart too"
    again.close()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a result"),
        (b"not json", "not a result"),
        (b"\xff\xfe\x00", "not a result"),
        (b"[" * 100_000, "not a result"),
        (b'{"schema":1}', "not a result"),
        (result(schema="something/else"), "schema"),
        (result(station="st-2"), "topic"),
        (result(id="st-2:e:1"), "topic"),
        (result(id="st-1:e:1\n"), "station:epoch:sequence"),
        (result(id="st-1:" + "9" * 5000), "station:epoch:sequence"),
        (result()[:-1] + b',"tier":"\xff\xfe"}', "not a result"),
        (result()[:-1] + b',"tier":' + b"[" * 5000 + b"]" * 5000 + b"}", "not a result"),
        (result()[:-1] + b',"tier":' + b"[" * 32 + b"]" * 32 + b"}", "nested more than 32 deep"),
        (b"x" * (LARGEST_RESULT_BYTES + 1), "bytes"),
    ],
)
def test_what_is_no_result_is_refused_in_words_and_the_sender_can_be_told(body: bytes, words: str) -> None:
    verdict = judge(SOURCE, body, b"st-1:e:9")
    assert (verdict.id, verdict.status) == ("st-1:e:9", "rejected")
    assert verdict.reason is not None
    assert words in verdict.reason


def test_what_is_nested_as_deep_as_allowed_is_taken() -> None:
    assert judge(SOURCE, result()[:-1] + b',"tier":' + b"[" * 31 + b"0" + b"]" * 31 + b"}", b"").status == "stored"


def test_what_a_refusal_repeats_of_hostile_input_is_short_and_on_one_line() -> None:
    verdict = judge(SOURCE, result(schema="x\nERROR forged log line\x1b[2J" * 5000), b"")
    assert verdict.reason is not None
    assert len(verdict.reason) < 400
    assert verdict.reason.isprintable()


def test_a_result_that_comes_again_and_says_that_it_is_historical_is_the_same_result(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "clinic.db")
    inbox.take(TOPIC, SOURCE, result(historical=False, value=0.1), b"")
    assert inbox.take(TOPIC, SOURCE, result(value=0.1, historical=True), b"").status == "duplicate"
    inbox.close()


def test_another_result_under_the_same_id_is_refused_not_swallowed(tmp_path: Path) -> None:
    # a station's card that was copied goes on with the same epoch and the same numbers
    inbox = Inbox(tmp_path / "clinic.db")
    inbox.take(TOPIC, SOURCE, result(tier="not at risk"), b"")
    verdict = inbox.take(TOPIC, SOURCE, result(tier="refer today"), b"")
    assert verdict.status == "rejected"
    assert verdict.id == "st-1:e:1"
    assert inbox.count() == 1
    inbox.close()


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_no_bytes_ever_raise_or_are_stored(body: bytes, correlation: bytes) -> None:
    assert judge(SOURCE, body, correlation).status == "rejected"


@given(st.binary(max_size=300))
def test_no_bytes_are_an_acknowledgement_by_accident(body: bytes) -> None:
    with pytest.raises(ValueError, match="not an acknowledgement"):
        decode_ack(body)


def test_an_acknowledgement_from_the_network_is_bounded_and_printable() -> None:
    ack = decode_ack(
        msgspec.json.encode({"ids": ["a"], "status": "rejected", "reason": "no\n" * 900, "by": "x\x1b[2J"})
    )
    assert ack.reason is not None
    assert len(ack.reason) <= LONGEST_WORDS
    assert ack.reason.isprintable()
    assert ack.by == "x [2J"
    with pytest.raises(ValueError, match="1000"):
        decode_ack(msgspec.json.encode({"ids": ["a"] * 1001, "status": "stored"}))


def test_the_schemas_that_are_shipped_are_those_of_the_types() -> None:
    schemas = json_schemas()
    assert set(schemas) == {"result", "event", "status", "info", "health", "ack"}
    assert set(schemas["result"]["$defs"]["Record"]["required"]) >= {"id", "tier", "parts", "sway"}


def test_an_event_is_stored_like_a_result(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "clinic.db")
    event = result(schema=EVENT_SCHEMA, data={"type": "staff", "what": "signed-in", "operator": "AB"})
    topic = SOURCE.under("event/staff")
    assert [inbox.take(topic, SOURCE, event, b"st-1:e:1").status for _ in range(2)] == ["stored", "duplicate"]
    inbox.close()


def test_the_record_in_the_documentation_is_one_that_the_code_understands() -> None:
    text = (Path(__file__).parents[2] / "docs" / "network.md").read_text(encoding="utf-8")
    example = text[text.index("    {\n") : text.index("\n    }\n") + 6]
    record = msgspec.json.decode(example, type=Record)
    assert set(json.loads(example)) == {field.name for field in msgspec.structs.fields(Record)}
    assert judge(Topics("balance", "clinic", record.station), example.encode(), b"").status == "stored"


def test_topics_are_told_apart_and_name_nobody() -> None:
    assert topics_of(TOPIC, "balance") == SOURCE
    assert topics_of("other/v1/clinic/st-1/result/x", "balance") is None
    assert topics_of("balance/v1/clinic", "balance") is None
    assert consumer_filters("balance", None) == ("balance/v1/+/+/result/+", "balance/v1/+/+/event/+")
    assert consumer_filters("balance", "north", "workers") == (
        "$share/workers/balance/v1/north/+/result/+",
        "$share/workers/balance/v1/north/+/event/+",
    )
