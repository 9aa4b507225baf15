"""The kiosk's end of the station's socket. Polled from the window's clock; never blocks, never raises.

A station that is gone is looked for again twice a second; whoever joins is told at once what to show, so nothing has
to be remembered here. A line that is no message is logged and dropped.
"""

import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from station.messages import (
    MAX_LINE_BYTES,
    Ask,
    FromClient,
    Join,
    Press,
    Show,
    ToClient,
    decode_to_client,
    encode_line,
)

log = logging.getLogger(__name__)

RETRY_S: Final = 0.5
# The live stream comes 30 times a second. After this silence we ask; a station that then stays silent until the second
# is taken for gone. Without the question it would be for a window that was itself held up for so long.
ASK_AFTER_S: Final = 2.0
GONE_AFTER_S: Final = 5.0
READ_BYTES: Final = 65536
MOST_READS: Final = 8  # in one poll, so that a flood cannot stop the window
MAX_OUT_BYTES: Final = 4096


class StationLink:
    """A connection that comes back by itself. `now_s` is any monotonic clock."""

    def __init__(self, path: Path, now_s: Callable[[], float]) -> None:
        self._path = path
        self._now_s = now_s
        self._socket: socket.socket | None = None
        self._in = bytearray()
        self._out = bytearray()
        self._tried_s: float | None = None
        self._heard_s = 0.0
        self._asked_s: float | None = None
        self._shown = False
        self._without_since_s = now_s()

    @property
    def without_station_s(self) -> float:
        """Return for how long there has been no station that says what to show; 0 while there is one."""
        return 0.0 if self._shown else self._now_s() - self._without_since_s

    def poll(self) -> list[ToClient]:
        """Return the messages that have come since the last call, oldest first."""
        now_s = self._now_s()
        if self._socket is None:
            self._connect(now_s)
        if self._socket is None:
            return []
        messages = self._read(now_s)
        self._watch_silence(now_s)
        self._flush()
        return messages

    def press(self, action: str, serial: int) -> bool:
        """Send a touch; returns False when there is nobody to send it to (it is not kept: it would come too late)."""
        if self._socket is None or not self._shown:
            return False
        self._send(Press(action, serial))
        return self._socket is not None

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self, now_s: float) -> None:
        if self._tried_s is not None and now_s - self._tried_s < RETRY_S:
            return
        self._tried_s = now_s
        connection: socket.socket | None = None
        try:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.setblocking(False)
            connection.connect(os.fspath(self._path))
        except OSError:
            if connection is not None:
                connection.close()
            return
        self._socket = connection
        self._in.clear()
        self._out.clear()
        self._heard_s, self._asked_s = now_s, None
        self._send(Join("kiosk"))

    def _read(self, now_s: float) -> list[ToClient]:
        for _ in range(MOST_READS):
            if self._socket is None:
                break
            try:
                data = self._socket.recv(READ_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                self._lose(f"reading failed: {error}")
                break
            if not data:
                self._lose("the station closed the connection")
                break
            self._heard_s, self._asked_s = now_s, None
            self._in += data
        return self._take_lines()

    def _take_lines(self) -> list[ToClient]:
        messages: list[ToClient] = []
        *lines, rest = self._in.split(b"\n")
        for line in lines:
            try:
                message = decode_to_client(bytes(line))
            except ValueError as error:
                log.warning("a line from the station was dropped: %s", error)
                continue
            self._shown = self._shown or (isinstance(message, Show) and self._socket is not None)
            messages.append(message)
        self._in = bytearray(rest)
        if len(rest) > MAX_LINE_BYTES:
            self._in.clear()
            self._lose(f"a line of more than {MAX_LINE_BYTES} bytes")
        return messages

    def _watch_silence(self, now_s: float) -> None:
        silence_s = now_s - self._heard_s
        if self._asked_s is None:
            if silence_s >= ASK_AFTER_S:
                self._asked_s = now_s
                self._send(Ask())
        elif now_s - self._asked_s >= GONE_AFTER_S - ASK_AFTER_S:
            self._lose(f"nothing heard for {silence_s:.0f} s")

    def _send(self, message: FromClient) -> None:
        self._out += encode_line(message)
        if len(self._out) > MAX_OUT_BYTES:
            self._lose("the station does not read")
        self._flush()

    def _flush(self) -> None:
        try:
            while self._out and self._socket is not None:
                del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._lose(f"writing failed: {error}")

    def _lose(self, why: str) -> None:
        if self._socket is None:
            return
        log.warning("lost the station at %s: %s", self._path, why)
        self.close()
        self._out.clear()  # what came in before the loss is still taken
        if self._shown:
            self._shown = False
            self._without_since_s = self._now_s()
