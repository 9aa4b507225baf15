"""What `doctor` looks at: each check says what was measured, what is expected, and what to do when they differ.

Reads only. It can run beside a working station, and tells what it cannot find out instead of guessing.
"""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from calibration.certificate import now_utc
from calibration.chain import current_certificate
from calibration.errors import CalibrationError
from calibration.model import DeckModel
from station.checkup.check import Check, Value, Verdict, check
from station.checkup.machine import Machine
from station.checkup.processes import acquire, loop
from station.checkup.sensors import sensors
from station.client import StationClient
from station.config import Config
from station.errors import StationError
from station.live.deck_state import of_another_deck
from station.records.instants import now_instant
from station.records.outbox import Outbox
from station.sway.norms import load_norms

DISK_FREE_MB: Final = 200
LONG_WAIT_S: Final = 900.0  # a bridge that finds its broker again needs a minute at the most


def examine(config: Config) -> Iterator[Check]:
    """Yield every check, in the order in which a sample travels."""
    yield _certificate(config)
    yield _norms(config.screen.norms)
    yield from _station(config)
    yield from _outbox(config.station.database)
    yield from _damaged(config.station.database)
    yield _broker(config.mqtt.host, config.mqtt.port)
    yield _disk(Path(config.station.state_dir))
    yield _clock()


def _certificate(config: Config) -> Check:
    expected = "a certificate of this deck that is whole and has not expired"
    path = Path(config.deck.certificate)
    try:
        certificate = current_certificate(path)
    except CalibrationError as error:
        return Check("calibration", "bad", str(error), expected, "calibrate the deck")
    if problem := of_another_deck(certificate, config):
        return Check("calibration", "bad", f"{path}: {problem}", expected, "correct that, or calibrate this deck")
    said = f"{certificate.id[:12]}, valid from {certificate.issued:%Y-%m-%d} to {certificate.valid_until:%Y-%m-%d}"
    if DeckModel(certificate).expired(now_utc()):
        return Check("calibration", "bad", said, expected, "calibrate the deck, or set the clock")
    return Check("calibration", "good", said, expected)


def _norms(file: str | None) -> Check:
    expected = "a table of norms that is whole and of this software's pipeline"
    try:
        norms = load_norms(file)
    except StationError as error:
        return Check("norms", "bad", str(error), expected, "build the table anew, or leave screen.norms out")
    people = ", ".join(f"{name} n={band.n}" for name, band in norms.bands.items())
    return Check("norms", "good", f"{norms.version}, pipeline {norms.pipeline}: {people}", expected)


def _station(config: Config) -> Iterator[Check]:
    path = config.station.socket
    try:
        with StationClient(path, role="staff", live=False, timeout_s=3.0) as client:
            status = client.status()
    except StationError as error:
        yield Check("station", "bad", str(error), "the station process answers", "start balance-station.target")
        to_do = "start the station: only it knows rates, noise and faults of the load cells and the IMU"
        yield Check("sensors", "look", "cannot be found out while the station does not answer", "it answers", to_do)
        yield from Machine().checks(config.hardware)
        return
    verdict: Verdict = "bad" if status.state == "fault" else "good"
    said = (
        f"{status.state}: {'; '.join(status.reasons)}" if status.reasons else f"{status.state}, shows {status.screen}"
    )
    yield Check("station", verdict, said, "ready or busy", "see the lines below" if verdict == "bad" else "")
    yield from sensors(status, config.hardware)
    yield from acquire(status.acquire)
    if status.acquire is None:
        yield from Machine().checks(config.hardware)
    yield from loop(status)


def _outbox(database: Path) -> Iterator[Check]:
    expected = f"nothing parked, nothing waiting for more than {_long(LONG_WAIT_S)}"
    if not database.exists():
        yield Check("outbox", "look", f"{database} does not exist yet", expected, "it is made by the first start")
        return
    try:
        count = Outbox(database).count()
    except StationError as error:
        yield Check("outbox", "bad", str(error), expected, "see the station's log")
        return
    waiting = count.open and f", the oldest for {_long(count.oldest_age_s or 0.0)}"
    values: dict[str, Value] = {"open": count.open, "parked": count.parked, "oldest_s": count.oldest_age_s}
    measured = f"{count.open} waiting{waiting or ''}, {count.parked} parked"
    if count.parked:
        to_do = "see the reason in the log of the bridge, and ask clinic IT; nothing is deleted"
        yield Check("outbox", "look", measured, expected, to_do, values)
    elif (count.oldest_age_s or 0.0) > LONG_WAIT_S:
        to_do = "nothing is lost; see that the bridge runs, that the broker answers, and that somebody ingests results"
        yield Check("outbox", "look", measured, expected, to_do, values)
    else:
        yield Check("outbox", "good", measured, expected, "", values)


def _damaged(database: Path) -> Iterator[Check]:
    """Yield a check only when a damaged database was moved aside: the outbox in use knows nothing of what is in it."""
    aside = [
        each.name
        for each in database.parent.glob(f"{database.name}.corrupt-*")
        if not each.name.endswith(("-wal", "-shm"))
    ]
    if aside:
        measured = f"{len(aside)} moved aside, the newest is {max(aside)}"
        to_do = (
            "results that were not delivered may be in it; keep it, "
            "and ask whoever looks after the station to recover them"
        )
        yield Check("damaged database", "bad", measured, "none was moved aside", to_do)


def _long(seconds: float) -> str:
    for unit, length_s in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def _broker(host: str, port: int) -> Check:
    expected = "a broker that accepts connections"
    try:
        socket.create_connection((host, port), timeout=3.0).close()
    except OSError as error:
        reason = error.strerror or str(error)
        return Check(
            "broker", "look", f"{host}:{port}: {reason}", expected, "results wait in the outbox until it is back"
        )
    return Check("broker", "good", f"{host}:{port} accepts connections", expected)


def _disk(state_dir: Path) -> Check:
    expected = f"at least {DISK_FREE_MB} MB free"
    there = state_dir
    while not there.exists() and there != there.parent:
        there = there.parent
    free_mb = shutil.disk_usage(there).free // 1_000_000
    said, values = f"{free_mb} MB free at {there}", {"free_mb": free_mb}
    if free_mb < DISK_FREE_MB:
        return Check("disk", "bad", said, expected, "free some space", dict(values))
    return Check("disk", "good", said, expected, "", dict(values))


def _clock() -> Check:
    quality = now_instant().utc_quality
    to_do = "results carry this; durations are right all the same. Check the network's time server"
    return check("clock", quality == "synced", f"UTC is {quality}", "UTC is synced", to_do, {"utc_quality": quality})
