"""A blocking client of the station's socket, for commands and tests. The kiosk has its own, which never blocks."""

import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from station.errors import UnavailableError
from station.messages import (
    Ask,
    Begin,
    FromClient,
    Join,
    Press,
    Refused,
    Status,
    ToClient,
    decode_to_client,
    encode_line,
)


class StationClient:
    """Joins the station at `path`. Every wait has the time-out `timeout_s`; raises UnavailableError in words."""

    def __init__(
        self, path: Path, role: Literal["kiosk", "staff", "visitor"], *, live: bool = True, timeout_s: float = 5.0
    ) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._received = bytearray()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(os.fspath(path))
        except OSError as error:
            self._socket.close()
            raise UnavailableError(
                f"no station answers at {path} ({error.strerror or error}); start it with `balance-station run station`"
            ) from error
        self.send(Join(role, live=live))

    def send(self, message: FromClient) -> None:
        """Send one message."""
        try:
            self._socket.sendall(encode_line(message))
        except OSError as error:
            raise UnavailableError(f"the station at {self._path} has gone: {error.strerror or error}") from error

    def press(self, action: str, serial: int) -> None:
        """Touch a button of the screen with this serial."""
        self.send(Press(action, serial))

    def begin(self, begin: Begin) -> None:
        """Start a visit."""
        self.send(begin)

    def receive(self, timeout_s: float) -> ToClient | None:
        """Return the next message, or None when nothing came within `timeout_s`; 0 takes what has come."""
        deadline = time.monotonic() + timeout_s
        while (end := self._received.find(b"\n")) < 0:
            self._socket.settimeout(max(0.0, deadline - time.monotonic()))
            try:
                data = self._socket.recv(65536)
            except (BlockingIOError, TimeoutError):
                return None
            except OSError as error:
                raise UnavailableError(f"the station at {self._path} has gone: {error.strerror or error}") from error
            if not data:
                raise UnavailableError(f"the station at {self._path} has closed the connection")
            self._received += data
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return decode_to_client(line)

    def status(self) -> Status:
        """Ask how the station is."""
        self.send(Ask())
        deadline = time.monotonic() + self._timeout_s
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if isinstance(message, Status):
                return message
            if isinstance(message, Refused):
                raise UnavailableError(f"the station refused to answer: {message.reason}")
        raise UnavailableError(f"the station at {self._path} did not answer within {self._timeout_s:g} s")

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
