"""The station process: what systemd sees of it while it starts."""

from pathlib import Path

import pytest

from hardware.ring import RingWriter
from station.demo.one_process import OneProcess
from station.demo.settings import demo_config
from station.live import process
from station.records import database
from tests.station.live.running import SETTINGS
from tests.station.records.making import connect_to_a_large_one


def test_a_station_with_a_large_database_beats_while_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = demo_config(SETTINGS, tmp_path)
    OneProcess(config).close()  # leaves a certificate and a database
    config.station.ring.parent.mkdir(exist_ok=True)
    ring = RingWriter.create(config.station.ring)
    monkeypatch.setattr(database, "connect", connect_to_a_large_one)
    monkeypatch.setattr(process, "stop_on_signals", lambda: lambda: True)  # it starts, and ends before its first tick
    beats: list[None] = []
    assert process.main(config, beat=lambda: beats.append(None)) == 0
    ring.close()
    assert len(beats) >= 2
