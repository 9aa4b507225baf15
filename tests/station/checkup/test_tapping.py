"""Asking for presses over the station's socket: what is told while it happens, and when it is refused."""

import itertools
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from hardware.sensor import CORNERS
from station.checkup.tap import Change
from station.checkup.tapping import TapEvent, tap_each_corner
from station.client import StationClient
from station.errors import TryAgainError, UnavailableError
from station.messages import Ask, Live, Status, decode_from_client, encode_line
from tests.station.checkup.test_doctor import WELL

EMPTY: Change = (0.0, 0.0, 0.0, 0.0)


class Deck:
    """A fake station whose readings follow what is pressed; presses come when they are asked for."""

    def __init__(self, path: Path, wired_to: tuple[int, ...] = (0, 1, 2, 3), signs: tuple[int, ...] = (1, 1, 1, 1)):
        self.path = path
        self.wired_to, self.signs = wired_to, signs
        self.pressed: int | None = None
        self.status: Status = WELL
        self.says_corners = True
        self.events: list[TapEvent] = []
        self.ignored: set[str] = set()
        self.clock = itertools.count()

    def readings(self) -> Change | None:
        if not self.says_corners:
            return None
        said = [0.0] * 4
        if self.pressed is not None:
            said[self.wired_to[self.pressed]] = 60.0 * self.signs[self.pressed]
        return tuple(said)

    def now_s(self) -> float:
        """A clock that goes by a hundredth of a second each time that it is looked at."""
        return next(self.clock) / 100

    def tell(self, event: TapEvent) -> None:
        self.events.append(event)
        corner = next(int(each) for each in CORNERS if each.label == event.corner)
        self.pressed = corner if event.event == "press" and event.corner not in self.ignored else None

    @contextmanager
    def served(self) -> Iterator[StationClient]:
        deck, over = self, threading.Event()

        class Answers(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                # else hundreds of readings from before a press lie in it for a client that is held up
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
                for line in self.rfile:
                    if isinstance(decode_from_client(line), Ask):
                        break
                self.wfile.write(encode_line(deck.status))
                while not over.wait(0.0005):
                    live = Live(1, False, 0.0, corners_n=deck.readings())
                    try:
                        self.wfile.write(encode_line(live))
                    except OSError:
                        return

        with socketserver.ThreadingUnixStreamServer(str(self.path), Answers) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                with StationClient(self.path, role="staff", live=True) as client:
                    yield client
            finally:
                over.set()
                server.shutdown()
                thread.join()


def test_each_corner_is_asked_for_in_turn_and_told_when_it_was_felt(tmp_path: Path) -> None:
    deck = Deck(tmp_path / "s")
    with deck.served() as client:
        verdict = tap_each_corner(client, deck.tell, 30.0, deck.now_s)
    assert verdict.passed
    assert [(each.event, each.corner) for each in deck.events] == [
        (event, corner.label) for corner in CORNERS for event in ("rest", "press", "pressed")
    ]


def test_exchanged_and_reversed_plugs_are_found_over_the_socket(tmp_path: Path) -> None:
    deck = Deck(tmp_path / "s", wired_to=(1, 0, 2, 3), signs=(1, 1, 1, -1))
    with deck.served() as client:
        verdict = tap_each_corner(client, deck.tell, 30.0, deck.now_s)
    assert verdict.findings == (
        "front left and front right are swapped: swap their DOUT/SCK wires or their numbers in [hardware]",
        "back right is reversed, its reading falls when it is pressed: exchange its A+ and A- wires "
        "(often white and green)",
    )


def test_a_corner_that_nobody_presses_runs_out_of_time_and_the_others_go_on(tmp_path: Path) -> None:
    deck = Deck(tmp_path / "s")
    deck.ignored = {"front_right"}
    with deck.served() as client:
        verdict = tap_each_corner(client, deck.tell, 5.0, deck.now_s)
    assert ("timed-out", "front_right") in [(each.event, each.corner) for each in deck.events]
    assert [each.answered_by for each in verdict.corners] == ["front_left", None, "back_left", "back_right"]


def test_nobody_is_disturbed_who_is_being_measured_or_stands_there(tmp_path: Path) -> None:
    deck = Deck(tmp_path / "s")
    deck.status = msgspec.structs.replace(WELL, state="busy")
    with deck.served() as client, pytest.raises(TryAgainError, match="being measured"):
        tap_each_corner(client, deck.tell, 5.0, deck.now_s)
    deck = Deck(tmp_path / "t")
    deck.status = msgspec.structs.replace(WELL, on_deck=True)
    with deck.served() as client, pytest.raises(TryAgainError, match="step off"):
        tap_each_corner(client, deck.tell, 5.0, deck.now_s)


def test_a_station_that_does_not_say_what_its_corners_read_is_not_waited_for(tmp_path: Path) -> None:
    deck = Deck(tmp_path / "s")
    deck.says_corners = False
    with deck.served() as client, pytest.raises(UnavailableError, match="no longer says"):
        tap_each_corner(client, deck.tell, 600.0, deck.now_s)
