"""The client against a real Unix socket: it comes back by itself, drops what is no message, and never blocks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk_ui.client import ASK_AFTER_S, GONE_AFTER_S, RETRY_S, StationLink
from station.messages import MAX_LINE_BYTES, Ask, Join, Live, Press, Refused, Show, ToClient, Welcome, encode_line
from station.screens import ScreenModel
from tests.kiosk_ui.scripted_station import ScriptedStation, wait_until

SCREENS = [ScreenModel(f"s{at}", "message", f"Screen {at}") for at in range(3)]


class Hand:
    """A clock that a test moves, and a client that is polled by it."""

    def __init__(self, path: Path) -> None:
        self.now_s = 50.0
        self.client = StationLink(path, lambda: self.now_s)
        self.got: list[ToClient] = []

    def poll(self, after_s: float = 0.0) -> None:
        self.now_s += after_s
        self.got += self.client.poll()

    def until(self, count: int, kind: type) -> None:
        def enough() -> bool:
            self.poll()
            return sum(isinstance(each, kind) for each in self.got) >= count

        wait_until(enough, f"{count} {kind.__name__}; got {self.got}")

    def until_lost(self) -> None:
        def lost() -> bool:
            self.poll(after_s=0.01)
            return self.client.without_station_s > 0

        wait_until(lost, "the connection to be given up")

    def shows(self) -> list[str]:
        return [each.model.name for each in self.got if isinstance(each, Show)]


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    hand = Hand(tmp_path / "station.sock")
    yield hand
    hand.client.close()


def test_it_joins_as_a_kiosk_and_hears_what_to_show(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        assert station.heard[0] == Join("kiosk")
        assert isinstance(hand.got[0], Welcome)
        assert hand.shows() == ["s0"]
        assert hand.client.without_station_s == 0.0


def test_a_touch_names_the_serial_it_saw(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        assert hand.client.press("yes", 1)
        station.wait_for(Press)
        assert station.presses() == [Press("yes", 1)]
        hand.until(2, Show)
        assert hand.shows() == ["s0", "s1"]


def test_without_a_station_it_waits_and_says_for_how_long(hand: Hand) -> None:
    hand.poll()
    assert not hand.client.press("yes", 1)
    hand.poll(after_s=12.0)
    assert hand.got == []
    assert hand.client.without_station_s == pytest.approx(12.0)


def test_it_comes_back_when_the_station_does(hand: Hand, tmp_path: Path) -> None:
    path = tmp_path / "station.sock"
    with ScriptedStation(path, SCREENS) as station:
        hand.until(1, Show)
        station.go_to(1)
        hand.until(2, Show)
    hand.until_lost()
    with ScriptedStation(path, SCREENS) as station:
        station.go_to(2)
        hand.poll(after_s=RETRY_S + 0.1)
        hand.until(3, Show)
        assert hand.shows() == ["s0", "s1", "s2"]
        assert hand.client.without_station_s == 0.0


def test_lines_that_are_no_message_are_dropped_and_the_next_one_counts(
    hand: Hand, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        for nonsense in (b"{}\n", b"\n", b"\xff\xfe\n", b'{"type":"show","serial":"x"}\n', b"[" * 5000 + b"\n"):
            station.send_bytes(nonsense)
        station.go_to(1)
        hand.until(2, Show)
        assert hand.shows() == ["s0", "s1"]
        assert caplog.text.count("was dropped") == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(1, 400), max_size=12))
def test_messages_arrive_whole_however_the_bytes_are_cut(tmp_path: Path, cuts: list[int]) -> None:
    path = tmp_path / "station.sock"
    stream = b"".join(encode_line(Live(1, True, 1.0, float(at))) for at in range(10))
    hand = Hand(path)
    with ScriptedStation(path, SCREENS) as station:
        hand.until(1, Show)
        while stream:
            size = cuts.pop() if cuts else len(stream)
            station.send_bytes(stream[:size])
            stream = stream[size:]
            hand.poll()
        hand.until(10, Live)
        hand.client.close()
    lefts = [each.ring_left_s for each in hand.got if isinstance(each, Live)]
    assert lefts == [float(at) for at in range(10)]


def test_what_a_station_says_before_it_goes_is_still_heard(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        station.go_to(2)
    hand.until(2, Show)
    hand.until_lost()
    assert hand.shows() == ["s0", "s2"]


def test_a_line_without_end_loses_the_connection_and_not_the_memory(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        station.send_bytes(b"x" * (MAX_LINE_BYTES + 100))
        hand.until_lost()
        hand.poll(after_s=RETRY_S + 0.1)
        hand.until(2, Show)


def test_a_silent_station_is_asked_and_its_answer_is_enough(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        hand.poll(after_s=ASK_AFTER_S + 0.1)
        hand.until(1, Refused)
        assert station.heard[1:] == [Ask()]
        hand.poll(after_s=GONE_AFTER_S - 0.1)
        assert hand.client.without_station_s == 0.0


def test_a_window_that_was_held_up_itself_asks_before_it_gives_the_station_up(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS):
        hand.until(1, Show)
        hand.poll(after_s=2 * GONE_AFTER_S)
        assert hand.client.without_station_s == 0.0
        hand.until(1, Refused)


def test_a_station_that_hangs_is_given_up_after_5_s(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        station.hang()
        hand.poll(after_s=ASK_AFTER_S + 0.1)
        assert hand.client.without_station_s == 0.0
        hand.poll(after_s=GONE_AFTER_S)
        hand.now_s += 0.1
        assert hand.client.without_station_s > 0.0


def test_a_station_that_does_not_read_never_blocks_the_window(hand: Hand, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        hand.until(1, Show)
        station.hang()
        for _ in range(100_000):  # more than any socket buffer holds
            if not hand.client.press("again", 1):
                break
        else:
            pytest.fail("the client went on writing to a station that does not read")
