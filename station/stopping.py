"""How a process learns that it should end: SIGTERM from systemd, SIGINT from a keyboard."""

import signal
from collections.abc import Callable
from types import FrameType


def stop_on_signals() -> Callable[[], bool]:
    """Take over SIGTERM and SIGINT; return a function that says whether one of them has come."""
    told = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        told = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return lambda: told
