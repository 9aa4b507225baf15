"""A clinic for tests: real mosquitto, real bridge and consumer as processes, each of which can be killed."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from mqtt_bridge.broker import find_mosquitto, write_broker_config
from mqtt_bridge.paho_transport import PahoTransport
from mqtt_bridge.transport import Connected, Puback
from station.config import Config, MqttConfig, StationConfig, dump_config
from station.demo.clinic import keep_port
from station.records.outbox import Outbox

UP_WITHIN_S: Final = 15.0

WRITER: Final = """
import sys, time
from pathlib import Path
from station.records.store import RecordStore
from tests.station.records.making import make_record
store = RecordStore.open(Path(sys.argv[1]), station="st-1")
said = open(sys.argv[2], "a", buffering=1)
while True:
    record = store.commit(lambda result_id: make_record(result_id), {"quiet-stance-1": b"raw" * 50})
    said.write(record.id + "\\n")
    time.sleep(float(sys.argv[3]))
"""


class Clinic:
    """Broker, bridge, consumer and (for trials) a station that commits records as fast as asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = keep_port()  # while the broker is dead, too
        self.config = Config(
            station=StationConfig(id="st-1", state_dir=str(folder), runtime_dir=str(folder)),
            mqtt=MqttConfig(port=self._port.getsockname()[1], keepalive_s=5),
        )
        self._config_file = folder / "station.toml"
        self._config_file.write_text(dump_config(self.config), encoding="utf-8")
        self.inbox = folder / "clinic.db"
        self.truth = folder / "committed.txt"
        self.broker_lines = ""  # what the broker's configuration says besides
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start some of: broker, bridge, consumer, station."""
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    self._command(name),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(os.environ, BALANCE_STATION_CONFIG=str(self._config_file)),
                    cwd=Path(__file__).parents[2],
                )
            if name == "broker":
                self._wait_for_broker()

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Kill one process, at once and without a goodbye, and wait until it is gone."""
        process = self._running.pop(name)
        process.send_signal(number)
        process.wait()

    def close(self) -> None:
        """Kill what runs; safe to call twice."""
        for name in list(self._running):
            self.kill(name)
        self._port.close()

    def log(self, name: str) -> str:
        """Return what a process has said."""
        return (self.folder / f"{name}.log").read_text()

    def outbox(self) -> Outbox:
        """Return a connection to the station's outbox."""
        return Outbox(self.config.station.database)

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Wait until nothing is open in the outbox; return whether that came to pass."""
        outbox = self.outbox()
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if outbox.count().open == 0:
                outbox.close()
                return True
            time.sleep(0.1)
        outbox.close()
        return False

    def chaos(self, seed: int, kills: int, pause_s: tuple[float, float] = (0.3, 1.2)) -> None:
        """Kill one of the four at random, again and again, and start it again after a moment or at once."""
        chance = random.Random(seed)
        for _ in range(kills):
            time.sleep(chance.uniform(*pause_s))
            name = chance.choice(sorted(self._running))
            self.kill(name)
            time.sleep(chance.choice([0.0, 0.05, 0.5]))
            self.start(name)

    def _command(self, name: str) -> list[str]:
        mqtt = self.config.mqtt
        python = sys.executable
        if name == "broker":
            program = find_mosquitto()
            assert program is not None, "mosquitto is not installed; make test installs it (apt-get install mosquitto)"
            config = write_broker_config(self.folder / "broker", mqtt.port)
            with config.open("a", encoding="utf-8") as file:
                file.write(self.broker_lines + "\n")
            return [program, "-c", str(config)]
        if name == "bridge":
            return [python, "-m", "station.cli.main", "run", "bridge"]
        if name == "consumer":
            return [python, "-m", "station.cli.main", "ingest",
                    "--database", str(self.inbox), "--port", str(mqtt.port)]  # fmt: skip
        return [python, "-c", WRITER, str(self.config.station.database), str(self.truth), "0.03"]

    def wait_for_commits(self, count: int = 1) -> None:
        """Wait until the station has committed so many records altogether, however slowly they come."""
        before = -1
        while (now := len(self.committed())) < count:
            if now > before:
                before, deadline = now, time.monotonic() + UP_WITHIN_S
            assert time.monotonic() < deadline, f"{now} records: {self.log('station')}"
            time.sleep(0.05)

    def committed(self) -> list[str]:
        """Return the ids of what the station has committed so far."""
        return self.truth.read_text().split() if self.truth.exists() else []

    def wait_for_consumer(self) -> None:
        """Wait until somebody subscribes to results: until then the broker answers 0x10 to whoever publishes one."""
        transport = PahoTransport(self.config.mqtt, "asks-for-a-consumer")
        transport.open()
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            match transport.next_event(0.2):
                case Connected():
                    transport.publish("balance/v1/clinic/nobody/result/none", b"")
                case Puback(code=0x10):
                    time.sleep(0.05)
                    transport.publish("balance/v1/clinic/nobody/result/none", b"")
                case Puback():
                    transport.close()
                    return
        raise AssertionError(f"the consumer did not come up: {self.log('consumer')}")

    def _wait_for_broker(self) -> None:
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.config.mqtt.port), timeout=0.2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"mosquitto did not come up: {self.log('broker')}")
