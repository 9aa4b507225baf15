"""A whole station on a virtual clock for tests: real chips' samples, real visit, real database."""

from collections.abc import Callable
from pathlib import Path

from hardware.ring import RingReader
from hardware.sensor import Sample
from hardware.status import AcquireStatus
from station.config import Config
from station.demo.hands import DirectHands
from station.demo.one_process import OneProcess
from station.demo.settings import DemoSettings, demo_config, demo_visitor
from station.messages import ToClient
from station.records.record import Record

SETTINGS = DemoSettings(protocol="quiet-stance", person="young-1", chips="samples", seed=2)


class Tampered:
    """A ring reader whose samples pass through `change` (None: the sample is lost)."""

    def __init__(self, reader: RingReader) -> None:
        self._reader = reader
        self.change: Callable[[Sample], Sample | None] = lambda sample: sample

    def read(self) -> list[Sample]:
        return [kept for sample in self._reader.read() if (kept := self.change(sample)) is not None]

    def acquire_status(self) -> AcquireStatus | None:
        return self._reader.acquire_status()


class RunningStation:
    """Steps a station through its visitor's deeds until something is on the screen."""

    def __init__(self, folder: Path, settings: DemoSettings = SETTINGS, config: Config | None = None) -> None:
        self.process = OneProcess(config or demo_config(settings, folder))
        self.station = self.process.station
        self.engine = self.station.engine
        self.messages: list[ToClient] = []
        self.engine.publish = self.messages.append
        self.visitor = demo_visitor(settings)
        self.hands = DirectHands(self.visitor, self.station, self.process.person)
        self.samples = Tampered(self.station.grid._reader)
        self.station.grid._reader = self.samples  # type: ignore[assignment]

    @property
    def now_s(self) -> float:
        return self.process.now_ns / 1e9

    @property
    def record(self) -> Record | None:
        """Return the last record, as it is stored."""
        result_id = self.engine.last_result_id
        return None if result_id is None else self.station.store.get_record(result_id)

    def step(self, ticks: int = 1) -> None:
        for _ in range(ticks):
            self.process.step()
            self.hands.act(self.process.now_ns)

    def until(self, screen: str, limit_s: float = 300.0) -> float:
        """Step until this screen is shown; return how many seconds that took."""
        began_s = self.now_s
        while self.engine.screen.name != screen:
            self.step()
            assert self.now_s - began_s < limit_s, f"no {screen!r} in {limit_s} s, but {self.engine.screen.name!r}"
        return self.now_s - began_s

    def close(self) -> None:
        self.process.close()
