"""Asking somebody to press each corner, over the station's socket, and telling what came of it as it happens."""

import time
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from hardware.sensor import CORNERS, Channel
from station.checkup.tap import Change, PressWatch, TapVerdict, judge
from station.client import StationClient
from station.errors import TryAgainError, UnavailableError
from station.messages import Live

SILENT_S: Final = 5.0  # the station sends 30 messages a second


class TapEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happens, as it happens: `rest` (let go of the deck), `press` (this corner), `pressed`, `timed-out`."""

    event: Literal["rest", "press", "pressed", "timed-out"]
    corner: str
    timeout_s: float | None = None
    change_n: Change | None = None


def tap_each_corner(
    client: StationClient,
    tell: Callable[[TapEvent], None],
    timeout_s: float = 30.0,
    now_s: Callable[[], float] = time.monotonic,
) -> TapVerdict:
    """Ask for a press on each corner and return the verdict. `client` must have joined as staff with `live`.

    Raises TryAgainError when somebody is being measured or stands on the deck, UnavailableError when the station does
    not send what the corners read.
    """
    status = client.status()
    if status.state == "busy":
        raise TryAgainError("somebody is being measured; the corners can be tested when the welcome screen is back")
    if status.on_deck:
        raise TryAgainError("somebody stands on the deck; step off, and start the test again")
    watch = PressWatch()
    pressed: dict[Channel, Change | None] = {}
    for corner in CORNERS:
        tell(TapEvent("rest", corner.label))
        pressed[corner] = _one(client, watch, corner, tell, timeout_s, now_s)
    return judge(pressed)


def _one(
    client: StationClient,
    watch: PressWatch,
    corner: Channel,
    tell: Callable[[TapEvent], None],
    timeout_s: float,
    now_s: Callable[[], float],
) -> Change | None:
    began_s = heard_s = now_s()
    asked = False
    while now_s() - began_s < timeout_s:
        message = client.receive(1.0)
        if not isinstance(message, Live) or message.corners_n is None:
            if now_s() - heard_s > SILENT_S:
                raise UnavailableError("the station no longer says what its corners read; see the other lines")
            continue
        heard_s = now_s()
        change = watch.push(heard_s, message.corners_n)
        if watch.waiting and not asked:
            asked = True
            tell(TapEvent("press", corner.label, timeout_s))
            began_s = heard_s
        if change is not None:
            tell(TapEvent("pressed", corner.label, change_n=change))
            return change
    tell(TapEvent("timed-out", corner.label, timeout_s))
    return None
