"""The long form of the delivery trial: hundreds of kills. The short one is tests/mqtt_bridge/test_real_broker.py."""

import signal
import sqlite3
from pathlib import Path

import pytest

from tests.mqtt_bridge.clinic import Clinic


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    clinic = Clinic(tmp_path)
    clinic.start("broker", "consumer", "station")
    clinic.wait_for_commits()
    clinic.start("bridge")
    clinic.chaos(seed, kills=200)
    clinic.kill("station")
    assert clinic.wait_until_empty(300)
    clinic.kill("consumer", signal.SIGTERM)
    clinic.close()
    with sqlite3.connect(clinic.inbox) as database:
        stored = [each for (each,) in database.execute("SELECT id FROM inbox")]
    assert len(stored) == len(set(stored))
    assert set(clinic.committed()) <= set(stored)
