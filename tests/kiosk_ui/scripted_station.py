"""A station of cardboard: a real Unix socket that says what a test tells it to say, and remembers what it was told."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from station.messages import (
    Ask,
    FromClient,
    Join,
    Live,
    Press,
    Refused,
    Show,
    ToClient,
    Welcome,
    decode_from_client,
    encode_line,
)
from station.screens import ScreenModel


class ScriptedStation:
    """Listens on a socket; a button press shows the next screen of the script, if there is one."""

    def __init__(self, path: Path, screens: Sequence[ScreenModel]) -> None:
        self.path = path
        self.heard: list[FromClient] = []
        self._screens = list(screens)
        self._at = 0
        self._connections: list[socket.socket] = []
        self._clients: list[socket.socket] = []  # those that have joined
        # what a client is told goes out in one order, whichever thread says it
        self._lock = threading.RLock()
        self._closing = self._hangs = False
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._listener.settimeout(0.05)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def serial(self) -> int:
        """Return the serial of the present screen."""
        return self._at + 1

    def presses(self) -> list[Press]:
        """Return the touches that have arrived."""
        return [message for message in self.heard if isinstance(message, Press)]

    def go_to(self, at: int) -> None:
        """Show a screen of the script."""
        with self._lock:
            self._at = at
            self.send(Show(self.serial, self._screens[at]))

    def go_to_quietly(self, at: int) -> None:
        """Be at a screen of the script without telling anyone."""
        with self._lock:
            self._at = at

    def send(self, message: ToClient) -> None:
        """Send a message to everyone."""
        self.send_bytes(encode_line(message))

    def send_bytes(self, data: bytes) -> None:
        """Send anything at all to everyone."""
        with self._lock:
            for client in self._clients:
                with contextlib.suppress(OSError):  # it has gone
                    client.sendall(data)

    def hang(self) -> None:
        """Read and say nothing any more, with the connection open."""
        self._hangs = True

    def close(self) -> None:
        """Stop listening, close everything, remove the socket."""
        self._closing = True
        self._threads[0].join()  # from here on nobody else comes in
        self._listener.close()
        self.path.unlink(missing_ok=True)
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def wait_for(self, kind: type[msgspec.Struct], count: int = 1, timeout_s: float = 30.0) -> None:
        """Return when `count` messages of a kind have arrived."""
        wait_until(
            lambda: sum(isinstance(each, kind) for each in self.heard) >= count, f"{count} {kind.__name__}", timeout_s
        )

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(None)
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                for line in lines:
                    while self._hangs and not self._closing:
                        time.sleep(0.01)
                    if self._closing:
                        break
                    self._take(connection, decode_from_client(line))
            except (OSError, ValueError):
                pass
            finally:
                with self._lock:
                    if connection in self._clients:
                        self._clients.remove(connection)

    def _take(self, connection: socket.socket, message: FromClient) -> None:
        with self._lock:
            self.heard.append(message)
            self._answer(connection, message)

    def _answer(self, connection: socket.socket, message: FromClient) -> None:
        if isinstance(message, Join):
            connection.sendall(encode_line(Welcome("st-test", "scripted")))
            connection.sendall(encode_line(Show(self.serial, self._screens[self._at])))
            self._clients.append(connection)
        elif isinstance(message, Ask):
            connection.sendall(encode_line(Refused("a cardboard station has no status")))
        elif isinstance(message, Press) and message.action not in ("again", "help") and message.serial == self.serial:
            if self._at + 1 < len(self._screens):
                self.go_to(self._at + 1)
            if self._screens[self._at].kind == "measure":
                self.send(Live(self.serial, True, 1.0, ring_left_s=20.0))


def wait_until(true: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Return when something has become true; fail with words when it does not."""
    until = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < until, f"waited {timeout_s:g} s for {what}"
        time.sleep(0.01)
