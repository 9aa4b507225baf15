"""The reference consumer: exactly once, and hostile input is refused in words."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_bridge.ingest import LARGEST_RESULT_BYTES, Inbox, judge
from mqtt_bridge.payloads import decode_ack
from mqtt_bridge.topics import Topics, results_filter, topics_of
from station.records.record import RESULT_SCHEMA

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
        (b"x" * (LARGEST_RESULT_BYTES + 1), "bytes"),
    ],
)
def test_what_is_no_result_is_refused_in_words_and_the_sender_can_be_told(body: bytes, words: str) -> None:
    verdict = judge(SOURCE, body, b"st-1:e:9")
    assert (verdict.id, verdict.status) == ("st-1:e:9", "rejected")
    assert verdict.reason is not None
    assert words in verdict.reason


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_no_bytes_ever_raise_or_are_stored(body: bytes, correlation: bytes) -> None:
    assert judge(SOURCE, body, correlation).status == "rejected"


@given(st.binary(max_size=300))
def test_no_bytes_are_an_acknowledgement_by_accident(body: bytes) -> None:
    with pytest.raises(ValueError, match="not an acknowledgement"):
        decode_ack(body)


def test_topics_are_told_apart_and_name_nobody() -> None:
    assert topics_of(TOPIC, "balance") == SOURCE
    assert topics_of("other/v1/clinic/st-1/result/x", "balance") is None
    assert topics_of("balance/v1/clinic", "balance") is None
    assert results_filter("balance", None) == "balance/v1/+/+/result/+"
    assert results_filter("balance", "north", "workers") == "$share/workers/balance/v1/north/+/result/+"
