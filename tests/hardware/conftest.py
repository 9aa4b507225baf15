"""Makes IMU rigs by the name of a chip, and chooses the decks that the suite over pin backends runs on.

By itself that suite runs every backend and reader in virtual time. Where lines are real to a kernel, say which:

    pytest tests/hardware/test_pin_backends.py --pin-backend gpiod --pin-chips tests.virtual_pi.MODULE:CLASS

with `--pin-reader adafruit` and `--pin-shared-clock` for the other ways to read. CLASS is a
`tests.hardware.pin_chips.Chips`; the time then is real.
"""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from hardware.imu import ImuName
from tests.hardware.imu_rig import ImuRig, Make
from tests.hardware.pin_chips import VirtualChips
from tests.hardware.pin_deck import PinDeck

IN_PROCESS = [
    ("virtual", "frame", False),
    ("virtual", "adafruit", False),
    ("virtual", "frame", True),
    ("virtual", "adafruit", True),
    ("gpiod", "frame", False),
    ("gpiod", "adafruit", False),
    ("gpiod", "frame", True),
    ("gpiod", "adafruit", True),
    ("rpigpio", "frame", False),
    ("rpigpio", "adafruit", False),
    ("rpigpio", "frame", True),
]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pins", "the suite over pin backends, on lines that a kernel has")
    group.addoption("--pin-backend", choices=("gpiod", "rpigpio"))
    group.addoption("--pin-chips", metavar="MODULE:CLASS", help="the chips on those lines")
    group.addoption("--pin-reader", choices=("frame", "adafruit"), default="frame")
    group.addoption("--pin-shared-clock", action="store_true")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "pin_deck" in metafunc.fixturenames:
        option = metafunc.config.getoption
        decks = IN_PROCESS
        if backend := option("--pin-backend", None):
            decks = [(backend, option("--pin-reader"), option("--pin-shared-clock"))]
        names = [f"{backend}-{reader}{'-shared-clock' if shared else ''}" for backend, reader, shared in decks]
        metafunc.parametrize("pin_deck", decks, ids=names, indirect=True)


@pytest.fixture
def pin_deck(request: pytest.FixtureRequest) -> Iterator[PinDeck]:
    backend, reader, shared_clock = request.param
    make = VirtualChips
    if where := request.config.getoption("--pin-chips", None):
        module, _, name = where.partition(":")
        make = getattr(importlib.import_module(module), name)
    deck = PinDeck(make(), backend, reader, shared_clock=shared_clock)
    try:
        yield deck
    finally:
        deck.close()


@pytest.fixture
def rig(name: ImuName) -> Iterator[Make]:
    made: list[ImuRig] = []

    def make(rate_hz: int | None = None, **settings: Any) -> ImuRig:
        made.append(ImuRig(name, rate_hz, **settings))
        return made[-1]

    yield make
    for each in made:
        each.bus.close()
