"""Doctor's verdicts: each fault is named where staff would look for it, with what to do, and nothing else is blamed."""

import socketserver
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from calibration.certificate import now_utc
from calibration.chain import append_certificate
from calibration.virtual import certify_virtual_deck
from hardware.imu import ImuCounters, judge_self_test
from hardware.sensor import CORNERS
from hardware.status import AcquireStatus, CornerStatus, ImuStatus, LatenessUs, Scheduling, SourceStatus
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from station.checkup.check import Check
from station.checkup.examine import LONG_WAIT_S, examine
from station.config import Config, DeckConfig, HardwareConfig, StationConfig
from station.messages import Ask, ChannelStatus, LoopStatus, Status, decode_from_client, encode_line
from station.records.outbox import Outbox
from station.records.store import RecordStore
from tests.station.records.making import make_record

SOURCE = SourceStatus(
    backend="gpiod on /dev/gpiochip0 (pinctrl-rp1)",
    reader="frame",
    frame_delay_us=LatenessUs(p50=60.0, p99=180.0, max=900.0),
    corners=tuple(CornerStatus(corner.label, 93.0, 10_000, 2, {"period": 2}, 0, 0) for corner in CORNERS),
    imus=(ImuStatus("deck_imu", "lsm6dsox", 208.4, ImuCounters(samples=20_000), self_test=None, error=None),),
)
ACQUIRE = AcquireStatus(SOURCE, Scheduling("FIFO 50", "locked", 3, degraded=False), cpu_percent=21.0)


def corner_status(label: str, rate_hz: float | None = 93.0, flagged: int = 2, **more: Any) -> ChannelStatus:
    measured: dict[str, Any] = {"noise_counts": 52.0, "noise_g": 1.2, "load_n": 0.1, "flagged_by": {"period": flagged}}
    return ChannelStatus(label, rate_hz, 10_000, flagged, **(measured | more))


WELL = Status(
    state="ready",
    reasons=(),
    screen="attract",
    loop=LoopStatus(ticks=1000, overruns=0, lateness_us=LatenessUs(p50=100.0, p99=3000.0, max=5000.0)),
    channels=tuple(corner_status(corner.label, 90.0 + corner) for corner in CORNERS),
    imu_rate_hz=208.4,
    outbox_open=0,
    outbox_parked=0,
    last_result_id=None,
    latency_ms=42.0,
    acquire=ACQUIRE,
    tilt_deg=0.2,
    imu_noise_mg=0.7,
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return the configuration of a station whose certificate holds and whose outbox is empty."""
    config = Config(
        station=StationConfig(state_dir=str(tmp_path), runtime_dir=str(tmp_path)),
        hardware=HardwareConfig(backend="virtual"),
        deck=DeckConfig(certificate=str(tmp_path / "calibration.jsonl")),
    )
    append_certificate(
        certify_virtual_deck(VirtualDeck(EmptyDeck()), config.station.id), tmp_path / "calibration.jsonl"
    )
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
    ("channel", "line", "verdict", "says"),
    [
        (corner_status("front_right", None), "", "bad", "no samples"),
        (corner_status("front_right", 10.4), "", "bad", "10.4 samples/s"),
        (corner_status("front_right", silent=True, load_n=None), "", "bad", "then silent"),
        (corner_status("front_right", load_n=-900.0), "", "bad", "reads -900.0 N"),
        (corner_status("front_right", flagged=11), " frames", "look", "11 of 10000 frames flagged (11 period)"),
        (corner_status("front_right", flagged_by={"saturated": 1}), " frames", "look", "1 saturated"),
        (corner_status("front_right", noise_counts=400.0, noise_g=9.1), " noise", "look", "400 counts, 9.1 g"),
        (corner_status("front_right", noise_counts=0.0, noise_g=0.0), " noise", "look", "0 counts, 0.0 g"),
        (corner_status("front_right", noise_counts=None, noise_g=None), " noise", "look", "not known yet"),
    ],
)
def test_a_load_cell_is_named_by_its_corner(
    config: Config, channel: ChannelStatus, line: str, verdict: str, says: str
) -> None:
    found = blamed(config, with_front_right(channel))
    assert set(found) == {f"load cell front_right{line}"}
    (only,) = found.values()
    assert only.verdict == verdict
    assert says in only.measured


def test_whoever_stands_on_the_deck_is_not_taken_for_noise(config: Config) -> None:
    swaying = with_front_right(corner_status("front_right", noise_counts=900.0, noise_g=21.0))
    assert blamed(config, msgspec.structs.replace(swaying, on_deck=True)) == {}


def test_the_advice_fits_the_flag(config: Config) -> None:
    for flag, advice in (("dout_low_after_frame", "shorten"), ("all_ones", "power"), ("long_pulse", "acquire")):
        found = blamed(config, with_front_right(corner_status("front_right", flagged=80, flagged_by={flag: 80})))
        assert advice in found["load cell front_right frames"].to_do


def with_acquire(**changes: Any) -> Status:
    """Change acquire's own fields, or those of its source."""
    own = {key: value for key, value in changes.items() if key in AcquireStatus.__struct_fields__}
    of_source = {key: value for key, value in changes.items() if key not in own}
    source = msgspec.structs.replace(SOURCE, **of_source)
    return msgspec.structs.replace(WELL, acquire=msgspec.structs.replace(ACQUIRE, **{"source": source} | own))


def test_a_chip_that_had_to_be_restarted_is_seen(config: Config) -> None:
    restarted = msgspec.structs.replace(SOURCE.corners[2], restarts=3)
    found = blamed(config, with_acquire(corners=(*SOURCE.corners[:2], restarted, SOURCE.corners[3])))
    assert set(found) == {"load cell back_left frames"}
    assert "restarted 3 times" in found["load cell back_left frames"].measured
    dropped = msgspec.structs.replace(SOURCE.corners[2], lost_edges=7)
    found = blamed(config, with_acquire(corners=(*SOURCE.corners[:2], dropped, SOURCE.corners[3])))
    assert "7 edges lost" in found["load cell back_left frames"].measured


@pytest.mark.parametrize(
    ("changes", "name", "says"),
    [
        ({"scheduling": Scheduling("normal: EPERM", "locked", None, True)}, "acquire scheduling", "normal: EPERM"),
        ({"frame_delay_us": LatenessUs(60.0, 4_000.0, 9_000.0)}, "acquire lateness", "p99 4000 us"),
        ({"frame_delay_us": LatenessUs(60.0, 200.0, 12_000.0)}, "acquire lateness", "max 12000 us"),
        ({"cpu_percent": 88.0}, "acquire processor", "88 %"),
        ({"warnings": ("one clock line is shared",)}, "acquire warning 1", "one clock line is shared"),
    ],
)
def test_what_is_wrong_with_acquire_is_told(config: Config, changes: dict[str, Any], name: str, says: str) -> None:
    found = blamed(config, with_acquire(**changes))
    assert {each.name: each.verdict for each in found.values()} == {name: "look"}
    assert says in found[name].measured


def test_a_source_without_pins_has_no_lateness_to_be_judged(config: Config) -> None:
    with answering(config, with_acquire(frame_delay_us=None)):
        assert "acquire lateness" not in {each.name for each in examine(config)}


IMU = SOURCE.imus[0]
FAILED = judge_self_test((90.0, 20.0, 90.0), (300.0,) * 3, ((50.0, 1700.0),) * 3, ((150.0, 700.0),) * 3)


@pytest.mark.parametrize(
    ("imu", "name", "says"),
    [
        (msgspec.structs.replace(IMU, self_test=FAILED), "deck IMU self-test", "accelerometer y moved by 20 mg"),
        (msgspec.structs.replace(IMU, counters=ImuCounters(bus_errors=4)), "deck IMU counters", "4 bus errors"),
        (msgspec.structs.replace(IMU, counters=ImuCounters(overruns=2)), "deck IMU counters", "2 overruns"),
        (msgspec.structs.replace(IMU, counters=ImuCounters(config_losses=1)), "deck IMU counters", "1 brown outs"),
    ],
)
def test_what_the_imu_s_driver_has_seen_is_told(config: Config, imu: ImuStatus, name: str, says: str) -> None:
    found = blamed(config, with_acquire(imus=(imu,)))
    assert {each.name: each.verdict for each in found.values()} == {name: "look"}
    assert says in found[name].measured


def test_a_deck_that_is_not_level_or_shakes_is_told(config: Config) -> None:
    assert set(blamed(config, msgspec.structs.replace(WELL, tilt_deg=1.4))) == {"deck IMU tilt"}
    assert set(blamed(config, msgspec.structs.replace(WELL, imu_noise_mg=8.0))) == {"deck IMU noise"}


def test_a_waist_imu_that_is_configured_and_silent_is_worth_a_look(config: Config) -> None:
    worn = msgspec.structs.replace(config, hardware=HardwareConfig(backend="virtual", waist_imu="lsm6dsox"))
    assert {name: each.verdict for name, each in blamed(worn).items()} == {"waist IMU": "look"}
    waist = msgspec.structs.replace(IMU, channel="waist_imu")
    assert blamed(worn, with_acquire(imus=(IMU, waist))) == {}


def test_an_acquire_that_says_nothing_is_told_and_the_machine_is_looked_at(config: Config) -> None:
    with answering(config, msgspec.structs.replace(WELL, acquire=None)):
        checks = {each.name: each for each in examine(config)}
    assert checks["acquire"].verdict == "look"
    assert checks["gpio"].measured.startswith("virtual chips")


def test_every_number_that_is_told_is_in_the_document_too(config: Config) -> None:
    with answering(config, WELL):
        values = {each.name: each.values for each in examine(config)}
    assert values["load cell front_left"] == {"rate_hz": 90.0, "load_n": 0.1, "silent": False}
    assert values["load cell front_left noise"] == {"noise_counts": 52.0, "noise_g": 1.2}
    assert values["load cell front_left frames"] == {
        "frames": 10_000, "flagged": 2, "saturated": 0, "restarts": 0, "lost_edges": 0, "false_edges": 0,
        "flagged_period": 2,
    }  # fmt: skip
    assert values["acquire lateness"] == {"p50_us": 60.0, "p99_us": 180.0, "max_us": 900.0}
    assert values["acquire processor"] == {"cpu_percent": 21.0}
    assert values["deck IMU tilt"] == {"tilt_deg": 0.2}
    assert values["latency"] == {"latency_ms": 42.0}
    assert values["disk"].keys() == {"free_mb"}
    assert values["clock"].keys() == {"utc_quality"}


def test_norms_that_cannot_be_trusted_are_named(config: Config, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text("{}")
    screen = msgspec.structs.replace(config.screen, norms=str(tmp_path / "own.json"))
    found = blamed(msgspec.structs.replace(config, screen=screen))
    assert set(found) == {"norms"}
    assert "own.json: not a table of norms" in found["norms"].measured


def test_a_station_that_reports_a_fault_says_why(config: Config) -> None:
    reason = "load cell back_left delivers nothing"
    fault = msgspec.structs.replace(WELL, state="fault", reasons=(reason,))
    found = blamed(config, fault)
    assert {name: each.verdict for name, each in found.items()} == {"station": "bad", "load cell back_left": "bad"}
    assert reason in found["load cell back_left"].measured
    assert reason in found["station"].measured


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
    path.unlink()
    append_certificate(
        certify_virtual_deck(VirtualDeck(EmptyDeck()), config.station.id, issued=issued, valid_days=365), path
    )
    found = blamed(config)
    assert {name: check.verdict for name, check in found.items()} == {"calibration": "bad"}
    assert f"{issued + timedelta(days=365):%Y-%m-%d}" in found["calibration"].measured
    path.unlink()
    assert "no calibration certificate" in blamed(config)["calibration"].measured


def test_a_certificate_of_another_deck_is_bad_as_it_is_for_the_station(config: Config) -> None:
    other = msgspec.structs.replace(config, station=msgspec.structs.replace(config.station, id="st-0002"))
    found = blamed(other)
    assert {name: check.verdict for name, check in found.items()} == {"calibration": "bad"}
    assert "certifies the deck of station st-0001, this is st-0002" in found["calibration"].measured


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
    assert not any(name.startswith(("load cell", "deck IMU", "acquire", "loop")) for name in found)
    assert "cannot be found out" in found["sensors"].measured
    assert found["gpio"].verdict == "good"
