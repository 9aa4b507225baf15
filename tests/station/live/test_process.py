"""The station process: what systemd sees of it while it starts."""

from pathlib import Path

import msgspec
import pytest

from hardware.ring import RingWriter
from station.demo.one_process import OneProcess
from station.demo.settings import demo_config
from station.errors import ConfigError
from station.live import process
from station.records import database
from station.sway.norms import encode_norms, load_norms, sealed
from tests.station.live.running import SETTINGS, RunningStation
from tests.station.records.making import LargeDatabase


def test_a_station_with_a_large_database_beats_while_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = demo_config(SETTINGS, tmp_path)
    OneProcess(config).close()  # leaves a certificate and a database
    config.station.ring.parent.mkdir(exist_ok=True)
    ring = RingWriter.create(config.station.ring)
    large = LargeDatabase(most_s=60.0)
    monkeypatch.setattr(database, "connect", large.connect)
    monkeypatch.setattr(process, "stop_on_signals", lambda: lambda: True)  # it starts, and ends before its first tick
    assert process.main(config, beat=large.beat) == 0
    ring.close()
    assert large.beats >= 2


def test_a_station_compares_with_the_table_that_its_configuration_names(tmp_path: Path) -> None:
    shipped = load_norms()
    people = msgspec.structs.replace(shipped.bands["18-44"], n=77)
    own = sealed(msgspec.structs.replace(shipped, version="clinic-1234abcd", bands={"18-44": people}))
    (tmp_path / "own.json").write_bytes(encode_norms(own))
    config = demo_config(SETTINGS, tmp_path)
    screen = msgspec.structs.replace(config.screen, norms=str(tmp_path / "own.json"))
    running = RunningStation(tmp_path, config=msgspec.structs.replace(config, screen=screen))
    try:
        running.until("result")
        record = running.record
    finally:
        running.close()
    assert record is not None
    assert record.norms_version == "clinic-1234abcd"
    assert {band.n for band in record.sway_bands} == {77}
    assert record.consent is None, "quiet-stance asks nobody"
    seen = shipped.repeatability["18-44"].measures["mean_velocity_mm_s"]
    assert record.sway_bands[0].mdc_ratio == seen.mdc_ratio_one_trial


def test_a_station_does_not_start_with_norms_that_it_cannot_trust(tmp_path: Path) -> None:
    config = demo_config(SETTINGS, tmp_path)
    (tmp_path / "own.json").write_bytes(encode_norms(load_norms()).replace(b'"n": 55', b'"n": 99'))
    screen = msgspec.structs.replace(config.screen, norms=str(tmp_path / "own.json"))
    with pytest.raises(ConfigError, match=r"own\.json: was changed after it was made"):
        OneProcess(msgspec.structs.replace(config, screen=screen))
