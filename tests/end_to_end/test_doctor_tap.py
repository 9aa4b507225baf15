"""Doctor against a real station over virtual pins, in wall time, and a virtual hand that presses each corner."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.virtual.control import PersonClient, Tap
from station.client import StationClient
from station.config import Config, dump_config
from station.demo.one_process import OneProcess
from station.demo.settings import DemoSettings, demo_config
from station.errors import UnavailableError

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "station.cli.main"]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[tuple[Config, dict[str, str]]]:
    """Start acquire and the station; yield their configuration and the environment that names it."""
    config = demo_config(DemoSettings(), tmp_path)
    OneProcess(config).close()  # leaves a certificate
    (tmp_path / "station.toml").write_text(dump_config(config))
    environment = {**os.environ, "BALANCE_STATION_CONFIG": str(tmp_path / "station.toml")}
    running = []
    try:
        for name in ("acquire", "station"):
            running.append(subprocess.Popen([*COMMAND, "run", name], env=environment, cwd=ROOT))
        wait_until_noise_is_known(config)
        yield config, environment
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def wait_until_noise_is_known(config: Config) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            with StationClient(config.station.socket, "staff", live=False) as client:
                status = client.status()
            known = all(channel.noise_counts for channel in status.channels) and status.imu_noise_mg
            if known and status.acquire is not None and status.state == "ready":
                return
        except UnavailableError:
            pass
        assert time.monotonic() < deadline, "the station did not come up"
        time.sleep(0.2)


def test_a_virtual_hand_presses_each_corner_and_the_document_says_so(
    station: tuple[Config, dict[str, str]],
) -> None:
    config, environment = station
    doctor = subprocess.Popen(
        [*COMMAND, "doctor", "--tap", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
    )  # fmt: skip
    events = []
    with PersonClient(config.station.virtual_person_socket) as hand:
        assert doctor.stderr is not None
        for line in doctor.stderr:
            events.append(json.loads(line))
            if events[-1]["event"] == "press":
                # so long that it is felt although somebody is held up: what comes in one gust is no press that was held
                hand.perform(Tap(events[-1]["corner"], for_s=3.0))
    output, _ = doctor.communicate(timeout=60)
    document = json.loads(output)
    assert doctor.returncode == 0, document
    assert document["schema"] == "balance-station/doctor/1"
    assert document["tap"]["passed"], document["tap"]
    assert [each["event"] for each in events] == ["rest", "press", "pressed"] * 4
    checks = {each["name"]: each for each in document["checks"]}
    for corner in ("front_left", "front_right", "back_left", "back_right"):
        assert checks[f"load cell {corner}"]["verdict"] == "good"
        assert 75 < checks[f"load cell {corner}"]["values"]["rate_hz"] < 100
        assert checks[f"load cell {corner} noise"]["values"]["noise_counts"] == pytest.approx(52, rel=0.3)
    assert checks["deck IMU self-test"]["values"] == {"passed": True}
    assert checks["acquire"]["values"] == {"backend": "virtual pins", "reader": "frame"}
    assert not [each for each in document["checks"] if each["verdict"] == "bad"]
