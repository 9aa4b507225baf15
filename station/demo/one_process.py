"""The demo in one process on a virtual clock: chips, loop, station and visitor, as fast as asked or as it can.

It is the same code as in four processes, on another clock; broker, bridge, subscriber and kiosk stay processes.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from calibration.chain import append_certificate
from calibration.virtual import certify_virtual_deck
from hardware.clock import Clock, ScaledClock, VirtualClock
from hardware.ring import RingWriter
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.person import Done, VirtualPerson
from station.config import Config
from station.demo.hands import DirectHands
from station.demo.visitor import Visitor
from station.errors import StationError, UnavailableError
from station.live.acquisition import virtual_person, virtual_source
from station.live.process import Station

# A walk-up screen takes about three minutes; a visit that takes this long is stuck.
LONGEST_VISIT_S: Final = 1800.0
VIRTUAL_START_NS: Final = 1_000_000_000_000


class OneProcess:
    """A whole station in this process. `step()` is one tick of 10 ms on the station's clock.

    certified: the deck comes with the certificate of an ideal calibration; else with what is in its folder.
    """

    def __init__(
        self, config: Config, *, speed: float | None = None, serve: bool = False, certified: bool = True
    ) -> None:
        self.person: VirtualPerson = virtual_person(config.virtual)
        # as fast as it can: always from the same moment, so that a seed gives the same samples every time
        start_ns = VIRTUAL_START_NS if speed is None else time.monotonic_ns()
        self.now_ns = start_ns
        self._chip_clock = VirtualClock(start_ns)
        clock: Clock = VirtualClock(start_ns) if speed is None else ScaledClock(speed)
        self.writer = RingWriter.in_memory()
        if certified:
            ensure_certificate(config, self.person)
        self.source = virtual_source(config, self.person, self._chip_clock, self.writer)
        self.station = Station(config, self.writer.reader(), clock, serve=serve)
        self.station.before_tick = self._live_up_to

    def _live_up_to(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self.source.service(now_ns)
        self.writer.beat(now_ns)

    def step(self) -> None:
        """Run one tick."""
        self.station.step()

    def close(self) -> None:
        """Close everything."""
        self.station.close()
        self.source.close()
        self.writer.close()


def ensure_certificate(config: Config, person: VirtualPerson) -> None:
    """Calibrate the virtual deck, as an ideal procedure would; the station then reads the certificate like any."""
    path = Path(config.deck.certificate)
    path.parent.mkdir(parents=True, exist_ok=True)
    deck = VirtualDeck(
        person,
        config.virtual.seed,
        cell_spacing_ml_mm=config.deck.cell_spacing_ml_mm,
        cell_spacing_ap_mm=config.deck.cell_spacing_ap_mm,
    )
    path.unlink(missing_ok=True)  # of an earlier demo in the same folder, and of another virtual deck
    append_certificate(certify_virtual_deck(deck, station=config.station.id), path)


def visit(
    config: Config, visitor: Visitor, *, speed: float | None, serve: bool, watch: Callable[[str], None]
) -> tuple[OneProcess, Done | None]:
    """Run one visit to its end; return the station (still open) and where the recording played.

    `watch` is told the name of each screen as it appears. Raises UnavailableError when the visit does not end.
    """
    running = OneProcess(config, speed=speed, serve=serve)
    try:
        hands = DirectHands(visitor, running.station, running.person)
        ticks = 0
        shown = 0
        while not visitor.finished:
            running.step()
            ticks += 1
            hands.act(running.now_ns)
            while shown < len(visitor.seen):
                watch(visitor.seen[shown])
                shown += 1
            if ticks > LONGEST_VISIT_S * 100:
                raise UnavailableError(f"the visit did not end: after {LONGEST_VISIT_S:.0f} s the station still shows "
                                       f"{running.station.engine.screen.name!r}")  # fmt: skip
    except (StationError, KeyboardInterrupt):
        running.close()
        raise
    return running, hands.playing
