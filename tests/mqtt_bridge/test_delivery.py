"""The delivery promise, without a network: a row closes if and only if a consumer says that it has stored that id."""

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_bridge.delivery import (
    FIRST_RETRY_S,
    LONGEST_PROBE_S,
    PUBACK_WITHIN_S,
    REFUSALS_TO_PARK,
    WINDOW,
    Delivery,
)
from mqtt_bridge.payloads import AckPayload
from station.records.outbox import OutboxRow


class MemoryOutbox:
    """Rows in memory, with the outbox's rules."""

    def __init__(self, count: int, body: bytes = b'{"historical":false}') -> None:
        self.state = {f"s:e:{n}": "open" for n in range(1, count + 1)}
        self.reasons: dict[str, str] = {}
        self.body = body
        self.closed_by: dict[str, str] = {}
        self.refusals: dict[str, int] = {}
        self.events: set[str] = set()

    def open_rows(self, limit: int, family: str | None = None) -> list[OutboxRow]:
        ids = [each for each, state in self.state.items() if state == "open"]
        rows = [OutboxRow(int(each.split(":")[2]), each, self.topic(each), self.body, 0, 0.0) for each in ids]
        return [row for row in rows if family is None or row.topic.startswith(family)][:limit]

    def topic(self, row_id: str) -> str:
        return "event/staff" if row_id in self.events else "result/x"

    def close_rows(self, ids: Sequence[str], by: str) -> list[str]:
        closed = [each for each in ids if self.state.get(each) in ("open", "parked")]
        for each in closed:
            self.state[each] = "closed"
            self.closed_by[each] = by
        return closed

    def park(self, result_id: str, reason: str, by: str | None = None) -> bool:
        if self.state.get(result_id) != "open":
            return False
        self.state[result_id] = "parked"
        self.reasons[result_id] = reason
        return True

    def count_refusal(self, result_id: str) -> int:
        self.refusals[result_id] = self.refusals.get(result_id, 0) + 1
        return self.refusals[result_id]


class Wire:
    """Takes publications and remembers them; `broken` takes none."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str, bytes]] = []
        self.broken = False

    def __call__(self, row: OutboxRow, body: bytes) -> int | None:
        if self.broken:
            return None
        token = len(self.sent) + 1
        self.sent.append((token, row.id, body))
        return token

    @property
    def ids(self) -> list[str]:
        return [each[1] for each in self.sent]


def test_rows_go_out_in_order_within_a_window() -> None:
    outbox, wire = MemoryOutbox(3 * WINDOW), Wire()
    delivery = Delivery(outbox)
    delivery.connected(None)
    delivery.pump(0.0, 0.0, wire)
    assert wire.ids == [f"s:e:{n}" for n in range(1, WINDOW + 1)]
    for token, _, _ in list(wire.sent):
        delivery.puback(token, 0x00, "")
    delivery.acknowledged(AckPayload(tuple(wire.ids), "stored", by="clinic"), 1.0)
    delivery.pump(1.0, 1.0, wire)
    assert wire.ids[WINDOW:] == [f"s:e:{n}" for n in range(WINDOW + 1, 2 * WINDOW + 1)]


def test_a_puback_closes_nothing_whatever_its_code() -> None:
    outbox, wire = MemoryOutbox(1), Wire()
    delivery = Delivery(outbox)
    for turn, code in enumerate((0x00, 0x10, 0x87)):
        delivery.disconnected(float(turn))
        delivery.connected(None)
        delivery.pump(float(turn), 0.0, wire)
        delivery.puback(wire.sent[-1][0], code, "said the broker")
        assert outbox.state == {"s:e:1": "open"}


def test_without_an_acknowledgement_a_row_is_sent_again_ever_more_slowly_and_never_given_up() -> None:
    outbox, wire = MemoryOutbox(1), Wire()
    delivery = Delivery(outbox)
    delivery.connected(None)
    for second in range(3600):
        delivery.pump(float(second), 0.0, wire)
        if wire.sent:
            delivery.puback(wire.sent[-1][0], 0x00, "")
    assert outbox.state == {"s:e:1": "open"}
    assert 12 <= len(wire.sent) <= 25


def test_with_nobody_there_one_row_asks_for_all_and_all_go_in_order_when_somebody_is() -> None:
    outbox, wire = MemoryOutbox(30), Wire()
    delivery = Delivery(outbox)
    delivery.connected(None)
    delivery.pump(0.0, 0.0, wire)
    for token, _, _ in list(wire.sent):
        delivery.puback(token, 0x10, "no matching subscribers")
    first = len(wire.sent)
    for second in range(1, 3600):
        if delivery.pump(float(second), 0.0, wire):
            delivery.puback(wire.sent[-1][0], 0x10, "no matching subscribers")
    assert set(wire.ids[first:]) == {"s:e:1"}
    assert 3600 / LONGEST_PROBE_S - 5 < len(wire.sent) - first < 3600 / LONGEST_PROBE_S + 10
    before = len(wire.sent)
    assert delivery.pump(3600.0 + LONGEST_PROBE_S, 0.0, wire) == 1
    delivery.puback(wire.sent[-1][0], 0x00, "")
    delivery.pump(3600.0 + LONGEST_PROBE_S, 0.0, wire)
    assert wire.ids[before:] == [f"s:e:{n}" for n in range(1, WINDOW + 1)]
    assert set(outbox.state.values()) == {"open"}


def test_events_that_nobody_takes_hold_up_no_result() -> None:
    outbox, wire = MemoryOutbox(3 * WINDOW), Wire()
    outbox.events = {f"s:e:{n}" for n in range(1, 2 * WINDOW + 1)}  # before all results
    delivery = Delivery(outbox)
    delivery.connected(None)
    for second in range(120):
        done = len(wire.sent)
        delivery.pump(float(second), 0.0, wire)
        for token, row_id, _ in wire.sent[done:]:
            delivery.puback(token, 0x10 if row_id in outbox.events else 0x00, "")
            if row_id not in outbox.events:
                delivery.acknowledged(AckPayload((row_id,), "stored", by="clinic"), float(second))
    closed = {each for each, state in outbox.state.items() if state == "closed"}
    assert closed == {f"s:e:{n}" for n in range(2 * WINDOW + 1, 3 * WINDOW + 1)}
    assert {"s:e:1"} <= set(wire.ids), "one event goes on asking"


def test_under_the_broker_policy_only_code_zero_is_delivery() -> None:
    outbox, wire = MemoryOutbox(3), Wire()
    delivery = Delivery(outbox, "broker")
    delivery.connected(None)
    delivery.pump(0.0, 0.0, wire)
    for (token, _, _), code in zip(wire.sent, (0x00, 0x10, 0x87), strict=True):
        delivery.puback(token, code, "not authorised")
    assert list(outbox.state.values()) == ["closed", "open", "parked"]
    assert "not authorised" in outbox.reasons["s:e:3"]


def test_a_row_that_the_broker_refuses_again_and_again_is_parked_and_the_others_go_on() -> None:
    outbox, wire = MemoryOutbox(2), Wire()
    now_s = 0.0
    for _ in range(REFUSALS_TO_PARK):
        delivery = Delivery(outbox)  # a restart of the bridge between any two does not begin the count anew
        delivery.connected(None)
        delivery.pump(now_s, 0.0, wire)
        for token, result_id, _ in wire.sent[-2:]:
            delivery.puback(token, 0x87 if result_id == "s:e:1" else 0x00, "not authorised")
        now_s += 100.0
    assert outbox.state == {"s:e:1": "parked", "s:e:2": "open"}


class Poisoned:
    """A broker that says nothing of its limits and ends every connection on which `poison` is published."""

    def __init__(self, outbox: MemoryOutbox, poison: str, code: int | None) -> None:
        self.delivery = Delivery(outbox)
        self.poison = poison
        self.code = code
        self.taken: list[str] = []
        self._tokens = 0
        self._waiting: list[tuple[int, str]] = []

    def run(self, seconds: int) -> None:
        for now_s in range(seconds):
            self.delivery.connected(None)
            broken = False
            while not broken and self.delivery.pump(float(now_s), 0.0, self._out):
                for token, result_id in self._waiting:
                    if result_id == self.poison:
                        broken = True
                        break
                    self.taken.append(result_id)
                    self.delivery.puback(token, 0x00, "")
                self._waiting.clear()
            if broken:
                self.delivery.disconnected(float(now_s), self.code)

    def _out(self, row: OutboxRow, body: bytes) -> int:
        self._tokens += 1
        self._waiting.append((self._tokens, row.id))
        return self._tokens


def test_a_row_that_breaks_every_connection_is_parked_when_the_broker_blames_it() -> None:
    outbox = MemoryOutbox(5)
    broker = Poisoned(outbox, "s:e:2", 0x95)
    broker.run(120)
    assert outbox.state["s:e:2"] == "parked"
    assert "0x95" in outbox.reasons["s:e:2"]
    assert set(broker.taken) == {"s:e:1", "s:e:3", "s:e:4", "s:e:5"}


def test_a_row_that_breaks_every_connection_in_silence_stays_open_and_does_not_hold_up_the_others() -> None:
    outbox = MemoryOutbox(5)
    broker = Poisoned(outbox, "s:e:1", None)
    broker.run(30)
    assert set(broker.taken) == {"s:e:2", "s:e:3", "s:e:4", "s:e:5"}
    assert set(outbox.state.values()) == {"open"}, "a broken line is no proof against anybody"


def test_no_more_is_on_its_way_than_the_broker_takes_at_once() -> None:
    wire = Wire()
    delivery = Delivery(MemoryOutbox(30))
    delivery.connected(None, receive_maximum=10)
    delivery.pump(0.0, 0.0, wire)
    assert len(wire.sent) == 8, "status and info wait for an answer too"
    delivery.puback(1, 0x00, "")
    delivery.pump(0.1, 0.0, wire)
    assert len(wire.sent) == 9


def test_what_has_had_no_puback_is_not_sent_again_on_the_same_connection() -> None:
    wire = Wire()
    delivery = Delivery(MemoryOutbox(1))
    delivery.connected(None)
    for second in range(int(PUBACK_WITHIN_S)):
        delivery.pump(float(second), 0.0, wire)
    assert len(wire.sent) == 1
    delivery.disconnected(40.0)
    delivery.connected(None)
    delivery.pump(40.0, 0.0, wire)
    assert len(wire.sent) == 2, "but at once on the next"


def test_a_consumer_that_is_away_for_a_day_does_not_come_back_to_a_thousand_copies() -> None:
    wire = Wire()
    delivery = Delivery(MemoryOutbox(1))
    delivery.connected(None)
    for second in range(24 * 3600):
        if delivery.pump(float(second), 0.0, wire):
            delivery.puback(wire.sent[-1][0], 0x00, "")
    assert 200 < len(wire.sent) < 320


def test_a_consumer_that_speaks_again_after_a_silence_gets_what_it_may_have_missed_at_once() -> None:
    wire = Wire()
    delivery = Delivery(MemoryOutbox(2))
    delivery.connected(None)
    for second in range(3600):
        delivery.pump(float(second), 0.0, wire)
        for token, _, _ in wire.sent[-2:]:
            delivery.puback(token, 0x00, "")
    before = len(wire.sent)
    delivery.acknowledged(AckPayload(("s:e:1",), "stored"), 3600.0)
    delivery.pump(3600.0 + FIRST_RETRY_S, 0.0, wire)
    assert wire.ids[before:] == ["s:e:2"]


def test_a_row_larger_than_the_brokers_limit_is_parked_and_never_sent() -> None:
    outbox, wire = MemoryOutbox(1, body=b'{"x":"' + b"y" * 5000 + b'"}'), Wire()
    delivery = Delivery(outbox)
    delivery.connected(2000)
    delivery.pump(0.0, 0.0, wire)
    assert wire.sent == []
    assert "2000" in outbox.reasons["s:e:1"]


def test_a_consumers_refusal_parks_the_row_with_its_reason() -> None:
    outbox = MemoryOutbox(1)
    Delivery(outbox).acknowledged(AckPayload(("s:e:1",), "rejected", "unknown site", "clinic"), 0.0)
    assert outbox.state == {"s:e:1": "parked"}
    assert outbox.reasons == {"s:e:1": "unknown site"}


def test_an_acknowledgement_that_comes_late_closes_a_parked_row() -> None:
    outbox = MemoryOutbox(1)
    delivery = Delivery(outbox)
    outbox.park("s:e:1", "too large")
    assert delivery.acknowledged(AckPayload(("s:e:1", "s:e:99"), "duplicate"), 0.0) == ["s:e:1"]


def test_a_result_delivered_late_says_that_it_is_historical() -> None:
    wire = Wire()
    delivery = Delivery(MemoryOutbox(1))
    delivery.connected(None)
    delivery.pump(0.0, 3600.0, wire)
    assert msgspec.json.decode(wire.sent[0][2]) == {"historical": True}


def test_a_connection_without_pubacks_is_known_to_be_dead() -> None:
    wire = Wire()
    delivery = Delivery(MemoryOutbox(1))
    delivery.connected(None)
    delivery.pump(0.0, 0.0, wire)
    assert not delivery.stalled(PUBACK_WITHIN_S - 1)
    assert delivery.stalled(PUBACK_WITHIN_S + 1)
    delivery.puback(wire.sent[0][0], 0, "")
    assert not delivery.stalled(PUBACK_WITHIN_S + 1)


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("pump"), st.integers(0, 40)),
        st.tuples(st.just("up"), st.just(0)),
        st.tuples(st.just("down"), st.sampled_from([None, 0x8B, 0x95])),
        st.tuples(st.just("break"), st.booleans()),
        st.tuples(st.just("puback"), st.tuples(st.integers(1, 60), st.sampled_from([0x00, 0x10, 0x87, 0x97]))),
        st.tuples(st.just("ack"), st.lists(st.integers(1, 12), max_size=4)),
    ),
    max_size=60,
)


@settings(max_examples=200)
@given(_steps)
def test_whatever_the_network_does_rows_close_exactly_when_a_consumer_names_them(
    steps: list[tuple[str, object]],
) -> None:
    outbox, wire = MemoryOutbox(10), Wire()
    delivery = Delivery(outbox)
    named: set[str] = set()
    now_s = 0.0
    for what, value in steps:
        if what == "pump":
            assert isinstance(value, int)
            now_s += value
            delivery.pump(now_s, now_s, wire)
        elif what == "up":
            delivery.disconnected(now_s)
            delivery.connected(None)
        elif what == "down":
            assert value is None or isinstance(value, int)
            delivery.disconnected(now_s, value)
        elif what == "break":
            wire.broken = bool(value)
        elif what == "puback":
            assert isinstance(value, tuple)
            delivery.puback(value[0], value[1], "code")
        elif what == "ack":
            assert isinstance(value, list)
            ids = tuple(f"s:e:{n}" for n in value)
            named |= set(ids)
            delivery.acknowledged(AckPayload(ids, "stored", by="clinic"), now_s)
    closed = {each for each, state in outbox.state.items() if state == "closed"}
    assert closed == named & set(outbox.state)
    assert all(outbox.refusals[each] >= REFUSALS_TO_PARK for each in outbox.reasons), "nothing is parked lightly"
    firsts = list(dict.fromkeys(wire.ids))
    assert firsts == sorted(firsts, key=lambda each: int(each.split(":")[2])), "each goes out first in its order"
    # nothing is lost: once the network is whole, everything that is not settled goes out again
    wire.broken = False
    delivery.disconnected(now_s)
    delivery.connected(None)
    before = len(wire.sent)
    now_s += 1000
    while delivery.pump(now_s, now_s, wire):
        for token, _, _ in list(wire.sent[before:]):
            delivery.puback(token, 0x00, "")
    still_open = [each for each, state in outbox.state.items() if state == "open"]
    assert wire.ids[before:] == still_open
