"""Doctor's verdicts: each fault is named where staff would look for it, with what to do, and nothing else is blamed."""

import socketserver
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from calibration.certificate import now_utc, write_certificate
from calibration.virtual import certify_virtual_deck
from hardware.sensor import CORNERS
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from station.config import Config, DeckConfig, HardwareConfig, StationConfig
from station.doctor import LONG_WAIT_S, Check, examine
from station.messages import Ask, ChannelStatus, LatenessUs, LoopStatus, Status, decode_from_client, encode_line
from station.records.outbox import Outbox
from station.records.store import RecordStore
from tests.station.records.making import make_record

WELL = Status(
    state="ready",
    reasons=(),
    screen="attract",
    loop=LoopStatus(ticks=1000, overruns=0, lateness_us=LatenessUs(p50=100.0, p99=3000.0, max=5000.0)),
    channels=tuple(ChannelStatus(corner.label, 90.0 + corner, 10_000, 2) for corner in CORNERS),
    imu_rate_hz=208.4,
    outbox_open=0,
    outbox_parked=0,
    last_result_id=None,
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return the configuration of a station whose certificate holds and whose outbox is empty."""
    config = Config(
        station=StationConfig(state_dir=str(tmp_path), runtime_dir=str(tmp_path)),
        hardware=HardwareConfig(backend="virtual"),
        deck=DeckConfig(certificate=str(tmp_path / "calibration.json")),
    )
    write_certificate(certify_virtual_deck(VirtualDeck(EmptyDeck())), tmp_path / "calibration.json")
    RecordStore.open(config.station.database, station="st-1").close()
    return config


@contextmanager
def answering(config: Config, status: Status) -> Iterator[None]:
    """Answer at the station's socket, with this status."""

    class Answers(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                if isinstance(decode_from_client(line), Ask):
                    self.wfile.write(encode_line(status))

    with socketserver.ThreadingUnixStreamServer(str(config.station.socket), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            config.station.socket.unlink()


def blamed(config: Config, status: Status = WELL) -> dict[str, Check]:
    """Return what is not good, by name, but for what depends on the machine of the test: broker, clock, disk."""
    with answering(config, status):
        checks = list(examine(config))
    of_the_machine = {"broker", "clock", "disk"}
    assert of_the_machine | {"calibration", "station", "loop", "outbox", "deck IMU"} <= {each.name for each in checks}
    assert all(each.to_do for each in checks if each.verdict != "good")
    return {each.name: each for each in checks if each.verdict != "good" and each.name not in of_the_machine}


def with_front_right(channel: ChannelStatus) -> Status:
    front_left, _, *others = WELL.channels
    return msgspec.structs.replace(WELL, channels=(front_left, channel, *others))


def test_a_station_that_is_well_is_called_well(config: Config) -> None:
    assert blamed(config) == {}


@pytest.mark.parametrize(
    ("channel", "verdict", "says"),
    [
        (ChannelStatus("front_right", None, 0, 0), "bad", "no samples"),
        (ChannelStatus("front_right", 10.4, 500, 0), "bad", "10.4 samples/s"),
        (ChannelStatus("front_right", 90.0, 10_000, 11), "look", "11 of 10000 frames flagged"),
    ],
)
def test_a_load_cell_is_named_by_its_corner(config: Config, channel: ChannelStatus, verdict: str, says: str) -> None:
    found = blamed(config, with_front_right(channel))
    assert set(found) == {"load cell front_right"}
    assert found["load cell front_right"].verdict == verdict
    assert says in found["load cell front_right"].measured


def test_norms_that_cannot_be_trusted_are_named(config: Config, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text("{}")
    screen = msgspec.structs.replace(config.screen, norms=str(tmp_path / "own.json"))
    found = blamed(msgspec.structs.replace(config, screen=screen))
    assert set(found) == {"norms"}
    assert "own.json: not a table of norms" in found["norms"].measured


def test_a_station_that_reports_a_fault_says_why(config: Config) -> None:
    fault = msgspec.structs.replace(WELL, state="fault", reasons=("back_left sends no samples",))
    found = blamed(config, fault)
    assert found["station"].verdict == "bad"
    assert "back_left sends no samples" in found["station"].measured


@pytest.mark.parametrize(("rate_hz", "verdict"), [(None, "bad"), (104.0, "look")])
def test_an_imu_that_is_silent_or_slow_is_seen(config: Config, rate_hz: float | None, verdict: str) -> None:
    found = blamed(config, msgspec.structs.replace(WELL, imu_rate_hz=rate_hz))
    assert {name: check.verdict for name, check in found.items()} == {"deck IMU": verdict}


def test_a_late_loop_is_told_without_calling_data_lost(config: Config) -> None:
    late = msgspec.structs.replace(WELL.loop, lateness_us=LatenessUs(p50=100.0, p99=12_000.0, max=30_000.0))
    found = blamed(config, msgspec.structs.replace(WELL, loop=late))
    assert {name: check.verdict for name, check in found.items()} == {"loop": "look"}
    assert "the data are not" in found["loop"].to_do


def test_a_certificate_that_has_expired_or_is_gone_is_bad(config: Config) -> None:
    path = Path(config.deck.certificate)
    issued = now_utc() - timedelta(days=400)
    write_certificate(certify_virtual_deck(VirtualDeck(EmptyDeck()), issued=issued, valid_days=365), path)
    found = blamed(config)
    assert {name: check.verdict for name, check in found.items()} == {"calibration": "bad"}
    assert f"{issued + timedelta(days=365):%Y-%m-%d}" in found["calibration"].measured
    path.unlink()
    assert "no calibration certificate" in blamed(config)["calibration"].measured


def test_results_that_wait_for_long_are_seen_and_those_just_made_are_not(config: Config) -> None:
    with RecordStore.open(config.station.database, station="st-1") as store:
        store.commit(make_record, {})
    assert blamed(config) == {}
    with sqlite3.connect(config.station.database) as database:
        database.execute("UPDATE outbox SET opened_s = opened_s - ?", (LONG_WAIT_S + 3 * 3600,))
    found = blamed(config)
    assert {name: check.verdict for name, check in found.items()} == {"outbox": "look"}
    assert "1 waiting, the oldest for 3 h" in found["outbox"].measured


def test_a_parked_result_is_seen(config: Config) -> None:
    with RecordStore.open(config.station.database, station="st-1") as store:
        made = store.commit(make_record, {})
    outbox = Outbox(config.station.database)
    assert outbox.park(made.id, "the consumer rejected it")
    outbox.close()
    found = blamed(config)
    assert {name: check.verdict for name, check in found.items()} == {"outbox": "look"}
    assert found["outbox"].measured == "0 waiting, 1 parked"


def test_a_database_that_was_moved_aside_is_bad_for_it_may_hold_results(config: Config) -> None:
    path = config.station.database
    for _ in range(2):
        with RecordStore.open(path, station="st-1") as store:
            store.commit(make_record, {})
        path.write_bytes(b"this is no database at all, just words" * 40)
        RecordStore.open(path, station="st-1").close()
    aside = sorted(each.name for each in path.parent.glob("station.db.corrupt-*"))
    for suffix in ("-wal", "-shm"):  # as a station that was killed leaves them
        (path.parent / f"{aside[-1]}{suffix}").touch()
    found = blamed(config)
    assert {name: check.verdict for name, check in found.items()} == {"damaged database": "bad"}
    assert found["damaged database"].measured == f"2 moved aside, the newest is {aside[-1]}"
    assert "not delivered" in found["damaged database"].to_do


def test_a_station_that_is_not_there_is_bad_and_its_parts_are_not_guessed(config: Config) -> None:
    found = {each.name: each for each in examine(config)}
    assert found["station"].verdict == "bad"
    assert not any(name.startswith(("load cell", "deck IMU", "loop")) for name in found)
