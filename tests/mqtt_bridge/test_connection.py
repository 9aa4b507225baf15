"""Staying connected: ever longer waits that are not in step, and no quick return to a broker that throws us out."""

import random

import pytest

from mqtt_bridge.connection import CONNECT_WITHIN_S, LONGEST_WAIT_S, STEADY_AFTER_S, Connection
from mqtt_bridge.transport import Connected, Disconnected, Event, Transport


class Line(Transport):
    """One connection: its events were written down beforehand."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.closed = False

    def open(self) -> None:
        pass

    def next_event(self, timeout_s: float) -> Event | None:
        return self.events.pop(0) if self.events else None

    def publish(
        self,
        topic: str,
        body: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes = b"",
        reply_to: str = "",
    ) -> int | None:
        return None

    def subscribe(self, topic: str) -> None:
        pass

    def confirm(self, handle: int) -> None:
        pass

    def close(self) -> None:
        self.closed = True


class Trial:
    """A connection over lines that all behave alike, in a time of our own."""

    def __init__(self, *events: Event, seed: int = 1) -> None:
        self.now_s = 0.0
        self.opened_s: list[float] = []
        self.lines: list[Line] = []
        self._events = events
        self.connection = Connection(self._make, now_s=lambda: self.now_s, jitter=random.Random(seed))

    def _make(self) -> Transport:
        self.opened_s.append(self.now_s)
        self.lines.append(Line(list(self._events)))
        return self.lines[-1]

    def run(self, until_s: float, step_s: float = 0.1) -> None:
        while self.now_s < until_s:
            while self.connection.next_event(0.0) is not None:
                pass
            self.now_s += step_s

    @property
    def waits_s(self) -> list[float]:
        return [later - earlier for earlier, later in zip(self.opened_s, self.opened_s[1:], strict=False)]


@pytest.fixture(autouse=True)
def _no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mqtt_bridge.connection.time.sleep", lambda _: None)


def test_the_first_tries_come_soon_and_the_later_ones_ever_more_slowly() -> None:
    trial = Trial(Disconnected("nothing listens there"))
    trial.run(1000)
    assert trial.opened_s[1] < 1.0
    assert max(trial.waits_s) <= 1.5 * LONGEST_WAIT_S + 0.2
    assert 15 < len(trial.opened_s) < 40


def test_two_stations_do_not_come_back_in_step() -> None:
    one, other = (Trial(Disconnected("gone"), seed=seed) for seed in (1, 2))
    one.run(300)
    other.run(300)
    assert not set(one.opened_s[1:]) & set(other.opened_s[1:])


def test_a_broker_that_takes_us_and_throws_us_out_again_is_not_hammered() -> None:
    trial = Trial(Connected(False), Disconnected("packet too large", 0x95))
    trial.run(600)
    assert len(trial.opened_s) < 30


def test_after_a_steady_connection_the_way_back_is_short() -> None:
    trial = Trial(Disconnected("nothing listens there"))
    trial.run(200)
    trial._events = (Connected(False),)
    trial.run(400)
    assert trial.connection.up
    trial.now_s += STEADY_AFTER_S
    trial.connection.drop("the broker has stopped answering")
    dropped_s = trial.now_s
    trial.run(dropped_s + 2.0)
    assert trial.opened_s[-1] > dropped_s


def test_a_broker_that_says_nothing_is_given_up() -> None:
    trial = Trial()
    trial.run(CONNECT_WITHIN_S + 3)
    assert trial.lines[0].closed
    assert len(trial.lines) == 2


def test_there_is_no_transport_to_use_until_the_broker_has_accepted_us() -> None:
    trial = Trial(Connected(False))
    assert trial.connection.transport is None
    assert isinstance(trial.connection.next_event(0.0), Connected)
    assert trial.connection.transport is trial.lines[0]
    trial.connection.close()
    assert trial.lines[0].closed
    assert trial.connection.transport is None
