"""Fixtures for what runs inside the virtual Pi. Nothing here is collected on the host (files are `inside_*.py`)."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.virtual_pi.inside.bus import I2cBusProcess

Solder = Callable[[str], None]


@pytest.fixture
def controller() -> Iterator[Solder]:
    """Return a function that puts a GPIO controller with this label into the machine, instead of the one there is."""

    def insert(label: str) -> None:
        subprocess.run(["rmmod", "balance_deck"], check=False, capture_output=True, timeout=20)
        subprocess.run(["insmod", os.environ["BALANCE_DECK"], f"label={label}"], check=True, timeout=20)
        assert Path("/dev/gpiochip0").exists()

    yield insert
    subprocess.run(["rmmod", "balance_deck"], check=True, capture_output=True, timeout=20)


@pytest.fixture
def i2c_bus() -> Iterator[Callable[..., I2cBusProcess]]:
    """Return a function that starts /dev/i2c-1 with an LSM6DSOX on it."""
    with contextlib.ExitStack() as open_buses:

        def start(*options: str) -> I2cBusProcess:
            bus = I2cBusProcess(*options)
            open_buses.callback(bus.close)
            return bus

        yield start
