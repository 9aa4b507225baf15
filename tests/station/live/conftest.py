"""A station with staff, for the tests that want one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.config import Config
from tests.station.live.staffing import Make, StaffedStation, staff_config


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[StaffedStation] = []

    def start(config: Config | None = None, *, certified: bool = False) -> StaffedStation:
        if made:
            made[-1].close()
        made.append(StaffedStation(config or staff_config(tmp_path), certified=certified))
        return made[-1]

    yield start
    if made:
        made[-1].close()
