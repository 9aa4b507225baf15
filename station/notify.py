"""sd_notify without a dependency: tells systemd that a process is ready, alive, or stopping.

Outside systemd (no NOTIFY_SOCKET) every call does nothing. Nothing here ever raises: a watchdog must not be what
brings a process down.
"""

import contextlib
import os
import socket
import time
from typing import Final

BEAT_EVERY_S: Final = 1.0  # the units' WatchdogSec is several times this
_last_beat_s = -BEAT_EVERY_S


def notify_ready() -> None:
    """Say that the process is up."""
    _send(b"READY=1")


def notify_stopping() -> None:
    """Say that the process is ending in good order."""
    _send(b"STOPPING=1")


def notify_beat() -> None:
    """Say that the process is alive; call it from the loop that must not stand still. Sends once a second at most."""
    global _last_beat_s
    now_s = time.monotonic()
    if now_s - _last_beat_s >= BEAT_EVERY_S:
        _last_beat_s = now_s
        _send(b"WATCHDOG=1")


def _send(state: bytes) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return
    if address[0] == "@":  # an abstract socket
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect(address)
        sender.sendall(state)
