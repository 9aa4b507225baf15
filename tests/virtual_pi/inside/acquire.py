"""`balance-station run acquire` as a process of its own on the virtual Pi, and what a reader of its ring sees."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from hardware.ring import RingReader
from hardware.sensor import CORNERS, Channel, Sample
from station.config import Config, HardwareConfig, StationConfig, dump_config
from tests.virtual_pi.inside.bus import PROJECT

_CHANNELS = (*CORNERS, Channel.DECK_IMU)


class AcquireProcess:
    """Starts acquire and waits until every sensor delivers. Close it to let it end in good order."""

    def __init__(self, folder: Path, hardware: HardwareConfig) -> None:
        self.config = Config(
            station=StationConfig(state_dir=str(folder / "state"), runtime_dir=str(folder / "run")), hardware=hardware
        )
        path = folder / "station.toml"
        path.write_text(dump_config(self.config))
        self._log = (folder / "acquire.log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "station.cli.main", "run", "acquire"],
            env={**os.environ, "BALANCE_STATION_CONFIG": str(path)},
            cwd=PROJECT,
            stdout=self._log,
            stderr=self._log,
        )
        self.reader = self._open_ring()

    def wait_for_good_samples(self, each: int = 10) -> list[Sample]:
        """Return everything from the first sample on, once each sensor has given so many good ones."""
        samples: list[Sample] = []
        good = dict.fromkeys(_CHANNELS, 0)
        while min(good.values()) < each:
            for sample in self._wait_for_samples():
                good[Channel(sample.channel)] += not sample.flags
                samples.append(sample)
        return samples

    def reader_again(self) -> RingReader:
        """Return a second reader of the ring, for somebody else."""
        return RingReader.open(self.config.station.ring)

    def samples_until(self, t_ns: int) -> list[Sample]:
        """Return what comes until then."""
        samples: list[Sample] = []
        while time.monotonic_ns() < t_ns:
            time.sleep(0.2)
            samples += self.reader.read()
        return samples

    def stop(self) -> tuple[int, str]:
        """Send SIGTERM; return the exit code and all that it said."""
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(60)
        return code, self.said()

    def said(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(60)
        self._log.close()

    def _open_ring(self) -> RingReader:
        deadline_s = time.monotonic() + 600  # guest time, which flies while a file of the host is waited for
        while time.monotonic() < deadline_s:
            self._must_run()
            if self.config.station.ring.exists():
                return RingReader.open(self.config.station.ring)
            time.sleep(0.1)
        raise AssertionError(f"acquire made no ring:\n{self.said()}")

    def _wait_for_samples(self) -> list[Sample]:
        deadline_s = time.monotonic() + 600
        while time.monotonic() < deadline_s:
            self._must_run()
            if samples := self.reader.read():
                return samples
            time.sleep(0.05)
        raise AssertionError(f"acquire delivers nothing:\n{self.said()}")

    def _must_run(self) -> None:
        assert self._process.poll() is None, f"acquire ended with {self._process.returncode}:\n{self.said()}"
