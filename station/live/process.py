"""The station process: the 100 Hz loop over the ring, the engine, the socket. Everything is put together here.

`Station` is the same object in the demo's virtual time and on a Pi; only the clock and what fills the ring differ.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from calibration.certificate import now_utc
from hardware.clock import Clock, MonotonicClock
from hardware.errors import NotPresentError
from hardware.ring import RingReader
from station.config import Config
from station.errors import StationError, UnavailableError
from station.live.deck_state import DeckState
from station.live.engine import StationEngine
from station.live.finish import RecordMaker
from station.live.grid import Grid
from station.live.health import HealthWatch
from station.live.loop import TICK_HZ, FixedRateLoop
from station.live.presence import Presence
from station.live.server import StationServer
from station.live.staff_mode import StaffMode
from station.messages import LIVE_HZ, Status
from station.protocols.reader import load_protocol, protocol_names
from station.records.event import EventData
from station.records.instants import instant_source
from station.records.store import RecordStore
from station.staff.pin import PinKeeper, read_pepper
from station.stopping import stop_on_signals
from station.sway.norms import load_norms

log = logging.getLogger(__name__)

RING_WITHIN_S: Final = 15.0


class Station:
    """One station: `step()` is one tick of its loop. Close it when done."""

    def __init__(
        self,
        config: Config,
        reader: RingReader,
        clock: Clock,
        *,
        serve: bool = True,
        beat: Callable[[], None] = lambda: None,
        utc_now: Callable[[], datetime] = now_utc,
    ) -> None:
        self.config = config
        self._clock = clock
        norms = load_norms(config.screen.norms)
        self.store = RecordStore.open(config.station.database, station=config.station.id, beat=beat)
        deck = DeckState(config, utc_now, self.store.last_signed())
        self.grid = Grid(reader, deck.model, config.deck, config.hardware.deck_imu)
        maker = self._maker = RecordMaker(config, instant_source(clock), deck, norms)
        pepper = config.staff.pepper_file
        pins = PinKeeper(
            config.station.pins,
            read_pepper(None if pepper is None else Path(pepper)),
            now_s=lambda: clock.now_ns() / 1e9,
            boot=maker.boot_id,
        )
        self.engine = StationEngine(
            config=config,
            grid=self.grid,
            presence=Presence(deck.gravity_m_s2),
            maker=maker,
            keeper=self.store,
            protocols={name: load_protocol(name) for name in protocol_names()},
            health=HealthWatch(deck),
            deck=deck,
            staff=StaffMode(config, self.grid, deck, pins, self._record_event, utc_now),
        )
        self.store.set_state(self.engine.state)
        self.loop = FixedRateLoop(clock, self._tick)
        self.before_tick: Callable[[int], None] = lambda now_ns: None  # noqa: ARG005
        self._server: StationServer | None = None
        self._live_due = 0.0
        if serve:
            self._server = StationServer(config.station.socket, self.engine, config.station.id, self.status)

    def step(self) -> None:
        """Wait for the next tick and run it."""
        self.loop.step()

    def _tick(self, now_ns: int) -> None:
        self.before_tick(now_ns)
        server = self._server
        if server is not None:
            server.poll()
        self.engine.tick(now_ns)
        if server is not None:
            self._live_due += LIVE_HZ / TICK_HZ
            if self._live_due >= 1.0:
                self._live_due -= 1.0
                if server.wants_live:
                    server.broadcast_live(self.engine.live(now_ns))

    def _record_event(self, data: EventData) -> None:
        """Store an event; what cannot be stored must not undo what it tells of."""
        now_ns = self._clock.now_ns()
        try:
            self.store.add_event(lambda event_id: self._maker.event(event_id, data, now_ns))
        except StationError as error:
            log.error("%s", error)

    def status(self) -> Status:
        """Return how the station is."""
        waiting = self.store.outbox.count()
        now_ns = self._clock.now_ns()
        motion = self.grid.motion
        return Status(
            state=self.engine.state,
            reasons=self.engine.fault_reasons,
            screen=self.engine.screen.name,
            loop=self.loop.status(),
            channels=self.grid.channel_status(now_ns),
            imu_rate_hz=motion.rate_hz(now_ns),
            outbox_open=waiting.open,
            outbox_parked=waiting.parked,
            last_result_id=self.engine.last_result_id,
            latency_ms=self.grid.latency_ms(now_ns),
            acquire=self.grid.acquire_status(),
            last_score=self.engine.last_score,
            on_deck=self.engine.on_deck,
            tilt_deg=motion.tilt_deg(now_ns),
            imu_noise_mg=motion.noise_mg(),
            imu_flagged=motion.flagged,
        )

    def close(self) -> None:
        """Close socket and database."""
        if self._server is not None:
            self._server.close()
        self.store.close()


def open_ring(path: Path, beat: Callable[[], None]) -> RingReader:
    """Return a reader of the ring, waiting for acquire to make it; raises UnavailableError when it does not."""
    deadline = time.monotonic() + RING_WITHIN_S
    while True:
        try:
            return RingReader.open(path)
        except NotPresentError as error:
            if time.monotonic() >= deadline:
                raise UnavailableError(f"{error}") from error
            beat()
            time.sleep(0.05)


def main(config: Config, *, beat: Callable[[], None]) -> int:
    """Run the station until SIGTERM or SIGINT; returns an exit code."""
    told_to_stop = stop_on_signals()
    load_norms(config.screen.norms)  # before waiting for anything: a wrong configuration should say so at once
    station = Station(config, open_ring(config.station.ring, beat), MonotonicClock(), beat=beat)
    log.info("station %s is up", config.station.id)
    try:
        while not told_to_stop():
            station.step()
            beat()
    finally:
        station.close()
    return 0
