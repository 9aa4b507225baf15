"""The Unix-domain socket on which clients (kiosk, staff tools, the demo's visitor) talk with the station.

Polled from the station's loop, never blocking: a client that is slow or gone costs the loop nothing. What is shown is
sent again to whoever joins, so a kiosk that is killed and started again is right at once.
"""

import logging
import os
import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

from station import SOFTWARE_VERSION
from station.errors import StationError, TryAgainError, UnavailableError
from station.live.engine import StationEngine
from station.messages import (
    MAX_LINE_BYTES,
    Ask,
    Begin,
    Join,
    Live,
    Press,
    Refused,
    Show,
    Status,
    ToClient,
    Welcome,
    decode_from_client,
    encode_line,
)
from station.visit.events import Began

log = logging.getLogger(__name__)

MAX_CLIENTS: Final = 16
MAX_BACKLOG_BYTES: Final = 1_000_000


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.role: Literal["kiosk", "staff", "visitor"] | None = None
        self.live = False
        self.received = bytearray()
        self.backlog = bytearray()


class StationServer:
    """Listens on `path` (mode 0660) and couples clients to an engine."""

    def __init__(self, path: Path, engine: StationEngine, station_id: str, status: Callable[[], Status]) -> None:
        self._path = path
        self._engine = engine
        self._station_id = station_id
        self._status = status
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, _Client] = {}
        self._listener = _listen(path)
        self._selector.register(self._listener, selectors.EVENT_READ)
        engine.publish = self.broadcast

    def poll(self) -> None:
        """Accept, read and answer whatever is waiting; returns at once."""
        for key, events in self._selector.select(0):
            if key.fileobj is self._listener:
                self._accept()
                continue
            client = self._clients.get(key.fd)
            if client is None:
                continue
            if events & selectors.EVENT_WRITE:
                self._flush(client)
            if events & selectors.EVENT_READ:
                self._read(client)

    def broadcast(self, message: ToClient) -> None:
        """Send a message to every client that has joined."""
        line = encode_line(message)
        for client in list(self._clients.values()):
            if client.role is not None:
                self._send(client, line)

    @property
    def wants_live(self) -> bool:
        """Return whether anybody has asked for the live stream."""
        return any(client.live for client in self._clients.values())

    def broadcast_live(self, live: Live) -> None:
        """Send what moves to those who asked for it; the score goes to staff and the visitor, not to the kiosk."""
        full: bytes | None = None
        plain: bytes | None = None
        for client in list(self._clients.values()):
            if not client.live or client.backlog:
                continue  # a client that lags skips frames: the next one is newer
            if client.role == "kiosk":
                plain = plain or encode_line(msgspec.structs.replace(live, score=None, corners_n=None))
                self._send(client, plain)
            else:
                full = full or encode_line(live)
                self._send(client, full)

    def close(self) -> None:
        """Close every connection and remove the socket file."""
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= MAX_CLIENTS:
            log.warning("a client was turned away: %d are connected", MAX_CLIENTS)
            connection.close()
            return
        connection.setblocking(False)
        self._clients[connection.fileno()] = _Client(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, client: _Client) -> None:
        try:
            data = client.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        client.received += data
        while (end := client.received.find(b"\n")) >= 0:
            line = bytes(client.received[:end])
            del client.received[: end + 1]
            self._take(client, line)
        if len(client.received) > MAX_LINE_BYTES:
            log.warning("a client sent a line of more than %d bytes and was dropped", MAX_LINE_BYTES)
            self._drop(client)

    def _take(self, client: _Client, line: bytes) -> None:
        try:
            message = decode_from_client(line)
        except ValueError as error:
            self._send(client, encode_line(Refused(str(error))))
            return
        if isinstance(message, Join):
            client.role, client.live = message.role, message.live
            self._send(client, encode_line(Welcome(self._station_id, SOFTWARE_VERSION)))
            self._send(client, encode_line(Show(self._engine.serial, self._engine.screen)))
            return
        if client.role is None:
            self._send(client, encode_line(Refused('say who you are first: {"type":"join","role":"kiosk"}')))
            return
        match message:
            case Press(action, serial):
                self._engine.press(action, serial)
            case Begin(protocol, age_years, sex, visit_token):
                if client.role == "kiosk":
                    self._send(client, encode_line(Refused("a kiosk starts a visit with a touch, not with begin")))
                    return
                try:
                    self._engine.begin(Began(protocol, age_years, sex, visit_token))
                except StationError as error:
                    self._send(client, encode_line(Refused(str(error))))
            case Ask():
                self._send(client, encode_line(self._status()))

    def _send(self, client: _Client, line: bytes) -> None:
        if len(client.backlog) > MAX_BACKLOG_BYTES:
            log.warning("a client does not read and was dropped")
            self._drop(client)
            return
        client.backlog += line
        self._flush(client)

    def _flush(self, client: _Client) -> None:
        if client.connection.fileno() < 0:
            return
        try:
            while client.backlog:
                del client.backlog[: client.connection.send(client.backlog)]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.backlog else 0)
        self._selector.modify(client.connection, wanted)

    def _drop(self, client: _Client) -> None:
        if client.connection.fileno() < 0:
            return
        self._selector.unregister(client.connection)
        self._clients.pop(client.connection.fileno(), None)
        client.connection.close()


def _listen(path: Path) -> socket.socket:
    """Return a listening socket at `path`; a file left by a dead station is replaced, a live one is not.

    Raises TryAgainError while a station listens there, UnavailableError where nobody can.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _answers(path):
            path.unlink(missing_ok=True)
            return _bound(path)
    except OSError as error:
        raise UnavailableError(
            f"{path}: cannot be the station's socket: {error.strerror or error}; set station.runtime_dir to a folder "
            "that this user may write to, with a short path"
        ) from error
    raise TryAgainError(f"{path}: another station process is running on this socket; stop it first")


def _bound(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    before = os.umask(0o117)
    try:
        listener.bind(os.fspath(path))
        listener.listen(MAX_CLIENTS)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except BlockingIOError:
            return True  # so many wait for it that there is no more room
    return True
