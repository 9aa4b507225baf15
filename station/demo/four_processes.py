"""The demo in wall time: acquire, station, kiosk and bridge as four processes, the visitor in this one."""

import time
from collections.abc import Callable
from typing import Final

from hardware.virtual.person import Done
from station.client import StationClient
from station.config import Config
from station.demo.children import Children
from station.demo.clinic import RESTARTED
from station.demo.hands import SocketHands
from station.demo.one_process import LONGEST_VISIT_S, ensure_certificate
from station.demo.visitor import Visitor
from station.errors import UnavailableError
from station.live.acquisition import virtual_person
from station.messages import Status

UP_WITHIN_S: Final = 20.0
NEEDED: Final = ("acquire", "station")  # a kiosk or bridge that is killed changes nothing in the result


def start(config: Config, children: Children, *, window: bool) -> None:
    """Start acquire and station (and the kiosk), and wait until the station answers."""
    ensure_certificate(config, virtual_person(config.virtual))
    children.start("acquire", "station.cli.main", "run", "acquire")
    children.start("station", "station.cli.main", "run", "station")
    deadline = time.monotonic() + UP_WITHIN_S
    reasons: tuple[str, ...] = ()
    while True:
        children.check(NEEDED)
        try:
            with StationClient(config.station.socket, "staff", live=False) as client:
                status = client.status()
                reasons = status.reasons
                if all(channel.rate_hz for channel in status.channels) and status.state == "ready":
                    break
        except UnavailableError:
            pass
        if time.monotonic() > deadline and reasons:
            raise UnavailableError(f"nobody can be measured, for the station is not fit to: {'; '.join(reasons)}")
        if time.monotonic() > deadline:
            raise UnavailableError(f"the station did not come up within {UP_WITHIN_S:.0f} s: "
                                   f"{children.last_words('station')}")  # fmt: skip
        time.sleep(0.05)
    if window:
        children.start("kiosk", "station.cli.main", "run", "kiosk")


def visit(
    config: Config, visitor: Visitor, children: Children, watch: Callable[[str], None]
) -> tuple[Status, Done | None]:
    """Run one visit to its end; return the station's last status and where the recording played."""
    hands = SocketHands(visitor, config.station.socket, config.station.virtual_person_socket)
    began = time.monotonic()
    shown = 0
    try:
        while not visitor.finished:
            hands.act(0.2)
            children.check(NEEDED)
            children.revive(RESTARTED)
            while shown < len(visitor.seen):
                watch(visitor.seen[shown])
                shown += 1
            if time.monotonic() - began > LONGEST_VISIT_S:
                raise UnavailableError(f"the visit did not end within {LONGEST_VISIT_S:.0f} s")
    finally:
        hands.close()
    with StationClient(config.station.socket, "staff", live=False) as client:
        return client.status(), hands.playing
