"""The clinic's side of the demo: a real broker on loopback, the reference consumer, and the station's bridge.

Without a broker the demo goes on; what that means for the result is said in `held_because`.
"""

import shutil
import socket
import sqlite3
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from station.config import Config
from station.demo.children import Children
from station.errors import TryAgainError, UnavailableError
from station.records.outbox import Outbox

BROKER_READY_S: Final = 10.0
DELIVERED_WITHIN_S: Final = 20.0
# What may be killed at any moment without harm, and is then started again.
RESTARTED: Final = ("broker", "subscriber", "bridge", "kiosk")


class Delivery(msgspec.Struct, frozen=True):
    """What became of the result: `acknowledged` by the subscriber after its own commit, or `held` and why."""

    state: str
    reason: str | None
    by: str | None
    waited_s: float


def keep_port(wanted: int | None = None) -> socket.socket:
    """Return a socket that keeps a loopback port for a broker until it is closed; a free one if none is wanted.

    Nobody else is given the port while the broker is not up, and a client that calls it too early is refused and cannot
    be connected with itself. The broker can listen there all the same, for it sets SO_REUSEADDR too.
    Raises TryAgainError if somebody listens there.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        kept.bind(("127.0.0.1", wanted or 0))
    except OSError as error:
        kept.close()
        raise TryAgainError(
            f"port {wanted} on 127.0.0.1 is in use by another program (a broker that runs already?); "
            "choose another with --broker-port, or leave it out and a free one is taken"
        ) from error
    return kept


class Clinic:
    """Starts broker, consumer and bridge as children, and says what the subscriber has stored."""

    def __init__(self, children: Children, config: Config, folder: Path, *, with_broker: bool = True) -> None:
        self._children = children
        self._config = config
        self.database = folder / "clinic.db"
        self.held_because: str | None = None
        self._folder = folder
        if not with_broker:
            self.held_because = "the demo was asked to run without a broker"
        elif _mosquitto() is None:
            self.held_because = "no broker: mosquitto is not installed (apt-get install mosquitto)"

    def start(self) -> None:
        """Start the clinic, then the bridge. Without a broker only the bridge is started: it will wait."""
        mqtt = self._config.mqtt
        if self.held_because is None:
            port = str(mqtt.port)
            self._children.start(
                "broker", "mqtt_bridge.broker", "--folder", str(self._folder / "broker"), "--port", port
            )
            self._wait_for_broker()
            self.start_subscriber()
        self._children.start("bridge", "station.cli.main", "run", "bridge")

    def start_subscriber(self) -> None:
        """Start the reference consumer."""
        mqtt = self._config.mqtt
        self._children.start(
            "subscriber", "station.cli.main", "ingest",
            "--database", str(self.database), "--host", mqtt.host, "--port", str(mqtt.port),
            "--prefix", mqtt.prefix, "--site", self._config.station.site,
        )  # fmt: skip

    def _wait_for_broker(self) -> None:
        deadline = time.monotonic() + BROKER_READY_S
        while time.monotonic() < deadline:
            self._children.check(["broker"])
            try:
                socket.create_connection((self._config.mqtt.host, self._config.mqtt.port), timeout=0.2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        said = self._children.last_words("broker")
        raise UnavailableError(f"the broker did not answer within {BROKER_READY_S:.0f} s: {said}")

    def wait_for(self, result_id: str, timeout_s: float = DELIVERED_WITHIN_S) -> Delivery:
        """Wait until the outbox row of this result is closed, and say how it went."""
        began = time.monotonic()
        outbox = Outbox(self._config.station.database)
        limit_s = timeout_s if self.held_because is None else 0.0
        while True:
            row = outbox.state_of(result_id)
            waited_s = round(time.monotonic() - began, 3)
            if row.state == "closed":
                return Delivery("acknowledged", None, row.by, waited_s)
            if row.state == "parked":
                return Delivery("held", f"the consumer refused it: {row.reason}", row.by, waited_s)
            if waited_s >= limit_s:
                reason = self.held_because or (
                    f"no consumer has acknowledged it within {timeout_s:.0f} s "
                    f"({self._children.describe(('broker', 'subscriber', 'bridge'))})"
                )
                return Delivery("held", reason, None, waited_s)
            self._children.revive(RESTARTED)
            time.sleep(0.02)

    def stored(self, result_id: str) -> dict[str, Any] | None:
        """Return the result as the subscriber has stored it, or None."""
        if not self.database.exists():
            return None
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5.0) as database:
            found = database.execute("SELECT body FROM inbox WHERE id = ?", (result_id,)).fetchone()
        return None if found is None else msgspec.json.decode(found[0])


def _mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
