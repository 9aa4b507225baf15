"""The station's socket: whoever joins is shown what is shown; nobody can block or break the loop."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.status import LatenessUs
from station.client import StationClient
from station.errors import TryAgainError, UnavailableError, UsageError
from station.live.server import StationServer, _listen
from station.messages import (
    MAX_LINE_BYTES,
    Begin,
    ChannelStatus,
    Cue,
    Live,
    LiveScore,
    LoopStatus,
    Refused,
    Show,
    Status,
    ToClient,
    Welcome,
)
from station.screens import ScreenModel
from station.visit.events import Began

STATUS = Status(
    state="ready",
    reasons=(),
    screen="attract",
    loop=LoopStatus(1, 0, LatenessUs(0, 0, 0)),
    channels=(ChannelStatus("front_left", 93.0, 10, 0),),
    imu_rate_hz=208.0,
    outbox_open=0,
    outbox_parked=0,
    last_result_id=None,
)


class ScriptedEngine:
    """Only what the server touches of an engine."""

    def __init__(self) -> None:
        self.serial = 7
        self.screen = ScreenModel(name="attract", kind="attract", title="Check your balance")
        self.pressed: list[tuple[str, int]] = []
        self.begun: list[Began] = []

    def press(self, action: str, serial: int) -> None:
        self.pressed.append((action, serial))

    def begin(self, event: Began) -> None:
        if event.protocol == "nonsense":
            raise UsageError("there is no protocol 'nonsense'")
        self.begun.append(event)


class Running:
    """A server polled in a thread, as the station's loop does."""

    def __init__(self, path: Path) -> None:
        self.engine = ScriptedEngine()
        self.server = StationServer(path, self.engine, "st-1", lambda: STATUS)  # type: ignore[arg-type]
        self.path = path
        self.lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.002):
            with self.lock:
                self.server.poll()

    def broadcast(self, message: ToClient) -> None:
        with self.lock:
            self.server.broadcast(message)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.server.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    server = Running(tmp_path / "station.sock")
    yield server
    server.close()


def wait_for(client: StationClient, kind: type[ToClient]) -> ToClient:
    while True:
        message = client.receive(5.0)
        assert message is not None, f"no {kind.__name__} within 5 s"
        if isinstance(message, kind):
            return message


def all_of(client: StationClient) -> list[ToClient]:
    messages = []
    while message := client.receive(5.0):
        messages.append(message)
    return messages


def test_whoever_joins_is_welcomed_and_shown_the_present_screen(running: Running) -> None:
    with StationClient(running.path, "kiosk") as client:
        assert isinstance(client.receive(5.0), Welcome)
        assert client.receive(5.0) == Show(7, running.engine.screen)


def test_touches_reach_the_engine_with_the_serial_they_saw(running: Running) -> None:
    with StationClient(running.path, "kiosk") as client:
        client.press("start", 7)
        assert client.status() == STATUS  # answered in order, so the press is through
    assert running.engine.pressed == [("start", 7)]


def test_score_and_corner_forces_go_to_staff_and_never_to_the_kiosk(running: Running) -> None:
    score = LiveScore(10, 9.0, 7.0, 150.0, 2.0, 8.0)
    corners = (100.0, 101.5, None, 99.0)
    with StationClient(running.path, "kiosk") as kiosk, StationClient(running.path, "staff") as staff:
        for client in (kiosk, staff):
            wait_for(client, Show)
        with running.lock:
            running.server.broadcast_live(Live(7, True, 1.0, 12.0, None, None, score, corners_n=corners))
        for client, seen in ((kiosk, (None, None)), (staff, (score, corners))):
            live = wait_for(client, Live)
            assert isinstance(live, Live)
            assert (live.ring_left_s, (live.score, live.corners_n)) == (12.0, seen)


def test_a_visitor_may_begin_and_is_told_why_when_not(running: Running) -> None:
    with StationClient(running.path, "visitor") as client:
        client.begin(Begin("walk-up", 71, "female"))
        client.begin(Begin("nonsense"))
        refused = wait_for(client, Refused)
    assert running.engine.begun == [Began("walk-up", 71, "female")]
    assert refused == Refused("there is no protocol 'nonsense'")


@pytest.mark.parametrize(
    "line",
    [b"not json", b"\xff\xfe", b'{"type":"press"}', b"[" * 5000, b'{"type":"join","role":"king"}', b"{}"],
)
def test_nonsense_is_refused_in_words_and_the_connection_lives_on(running: Running, line: bytes) -> None:
    with StationClient(running.path, "staff") as client:
        wait_for(client, Show)
        client._socket.sendall(line + b"\n")
        assert isinstance(wait_for(client, Refused), Refused)
        assert client.status() == STATUS


def test_an_endless_line_is_cut_off(running: Running) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(running.path))
        raw.settimeout(5.0)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            raw.sendall(b"x" * MAX_LINE_BYTES * 100)
    with StationClient(running.path, "staff") as client:
        assert client.status() == STATUS


def test_a_client_that_never_reads_is_dropped_and_others_go_on(running: Running) -> None:
    with StationClient(running.path, "kiosk") as lazy, StationClient(running.path, "staff") as staff:
        wait_for(lazy, Show)
        wait_for(staff, Show)
        for _ in range(60):
            running.broadcast(Cue("speech", "x" * 30_000))
            wait_for(staff, Cue)
        assert staff.status() == STATUS
        with pytest.raises(UnavailableError, match="closed the connection"):
            all_of(lazy)


def test_a_second_station_on_the_same_socket_is_refused(running: Running) -> None:
    with pytest.raises(TryAgainError, match="another station process"):
        StationServer(running.path, ScriptedEngine(), "st-2", lambda: STATUS)  # type: ignore[arg-type]


def test_a_station_too_busy_to_be_called_is_running_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "station.sock"
    with contextlib.ExitStack() as sockets:
        busy = sockets.enter_context(socket.socket(socket.AF_UNIX))
        busy.bind(str(path))
        busy.listen(0)
        sockets.enter_context(socket.socket(socket.AF_UNIX)).connect(str(path))
        with pytest.raises(TryAgainError, match="another station process"):
            _listen(path)
        assert path.exists()


def test_where_no_socket_can_be_is_said_with_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"x/station\.sock: cannot be .* too long; set station\.runtime_dir"):
        _listen(tmp_path / ("x" * 120) / "station.sock")
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match=r"Not a directory; set station\.runtime_dir"):
        _listen(tmp_path / "file" / "below" / "station.sock")


def test_a_socket_left_by_a_dead_station_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "station.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    fresh = Running(path)
    with StationClient(path, "staff") as client:
        assert client.status() == STATUS
    fresh.close()
    assert not path.exists()


def test_no_station_is_said_with_the_path_and_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"station\.sock.*run station"):
        StationClient(tmp_path / "station.sock", "staff")
