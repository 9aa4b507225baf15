"""What `doctor` looks at: each check says what was measured, what is expected, and what to do when they differ.

Reads only. It can run beside a working station, and tells what it cannot find out instead of guessing.
"""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from calibration.certificate import load_certificate, now_utc
from calibration.errors import CalibrationError
from calibration.model import DeckModel
from hardware.sensor import CORNERS
from station.client import StationClient
from station.config import Config
from station.errors import StationError
from station.live.timebase import RATE_LIMITS_HZ
from station.messages import Status
from station.records.instants import now_instant
from station.records.outbox import Outbox
from station.sway.norms import load_norms

DISK_FREE_MB: Final = 200
LONG_WAIT_S: Final = 900.0  # a bridge that finds its broker again needs a minute at the most
LATENESS_P99_US: Final = 10_000.0  # one tick: beyond it the live picture stutters; data are never lost to it

Verdict = Literal["good", "look", "bad"]


class Check(msgspec.Struct, frozen=True):
    """One line of the report. `look`: works, but somebody should know. `bad`: nobody can be measured or delivered."""

    name: str
    verdict: Verdict
    measured: str
    expected: str
    to_do: str = ""


def examine(config: Config) -> Iterator[Check]:
    """Yield every check, in the order in which a sample travels."""
    yield _certificate(Path(config.deck.certificate))
    yield _norms(config.screen.norms)
    yield from _station(config)
    yield from _outbox(config.station.database)
    yield from _damaged(config.station.database)
    yield _broker(config.mqtt.host, config.mqtt.port)
    yield _disk(Path(config.station.state_dir))
    yield _clock()


def _certificate(path: Path) -> Check:
    expected = "a certificate that is whole and has not expired"
    try:
        certificate = load_certificate(path)
    except CalibrationError as error:
        return Check("calibration", "bad", str(error), expected, "calibrate the deck")
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
        return
    verdict: Verdict = "bad" if status.state == "fault" else "good"
    said = (
        f"{status.state}: {'; '.join(status.reasons)}" if status.reasons else f"{status.state}, shows {status.screen}"
    )
    yield Check("station", verdict, said, "ready or busy", "see the lines below" if verdict == "bad" else "")
    yield from _channels(status)
    yield _imu(status, config.hardware.deck_imu_rate_hz)
    yield _loop(status)


def _channels(status: Status) -> Iterator[Check]:
    low, high = RATE_LIMITS_HZ
    expected = f"{low:.0f} to {high:.0f} samples/s, less than 0.1 % flagged"
    for corner, channel in zip(CORNERS, status.channels, strict=False):
        name = f"load cell {corner.label}"
        if channel.rate_hz is None:
            yield Check(name, "bad", "no samples", expected, "check its cable and power")
            continue
        fraction = channel.flagged / channel.frames if channel.frames else 0.0
        measured = f"{channel.rate_hz:.1f} samples/s, {channel.flagged} of {channel.frames} frames flagged"
        if not low <= channel.rate_hz <= high:
            yield Check(name, "bad", measured, expected, "set the board's RATE pin high (80 SPS)")
        elif fraction > 0.001:
            yield Check(name, "look", measured, expected, "check cable length and that acquire runs at FIFO priority")
        else:
            yield Check(name, "good", measured, expected)


def _imu(status: Status, nominal_hz: int) -> Check:
    expected = f"{nominal_hz} samples/s within 5 %"
    if status.imu_rate_hz is None:
        return Check("deck IMU", "bad", "no samples", expected, "check its cable and the I2C bus")
    good = abs(status.imu_rate_hz / nominal_hz - 1) < 0.05
    measured = f"{status.imu_rate_hz:.1f} samples/s"
    return Check("deck IMU", "good" if good else "look", measured, expected, "" if good else "check the bus speed")


def _loop(status: Status) -> Check:
    late = status.loop.lateness_us
    measured = (
        f"{status.loop.ticks} ticks, {status.loop.overruns} overruns, "
        f"lateness p50 {late.p50:.0f} us, p99 {late.p99:.0f} us, max {late.max:.0f} us"
    )
    good = late.p99 <= LATENESS_P99_US
    to_do = "" if good else "something keeps the processor busy: the picture is late, the data are not"
    return Check("loop", "good" if good else "look", measured, f"p99 below {LATENESS_P99_US:.0f} us", to_do)


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
    measured = f"{count.open} waiting{waiting or ''}, {count.parked} parked"
    if count.parked:
        to_do = "see the reason in the log of the bridge, and ask clinic IT; nothing is deleted"
        yield Check("outbox", "look", measured, expected, to_do)
    elif (count.oldest_age_s or 0.0) > LONG_WAIT_S:
        to_do = "nothing is lost; see that the bridge runs, that the broker answers, and that somebody ingests results"
        yield Check("outbox", "look", measured, expected, to_do)
    else:
        yield Check("outbox", "good", measured, expected)


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
    good = free_mb >= DISK_FREE_MB
    return Check(
        "disk", "good" if good else "bad", f"{free_mb} MB free at {there}", expected, "" if good else "free some space"
    )


def _clock() -> Check:
    quality = now_instant().utc_quality
    good = quality == "synced"
    to_do = "" if good else "results carry this; durations are right all the same. Check the network's time server"
    return Check("clock", "good" if good else "look", f"UTC is {quality}", "UTC is synced", to_do)
