"""The RPi.GPIO backend beyond the common suite: how the lines are set up, how late it notices, and each refusal."""

import sys
import types

import pytest

from hardware.clock import VirtualClock
from hardware.errors import BusError, HardwareError, MissingLibraryError, NotAllowedError, NotPresentError
from hardware.rpigpio_pins import POLL_NS, RpigpioPinBank
from hardware.sensor import CORNERS, Channel
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.oscillator import Oscillator
from tests.hardware.fake_rpigpio import FakeRpiGpio
from tests.hardware.line_world import LineWorld

MS = 1_000_000
CLOCKS, DATA = (5, 13, 20, 23), (6, 19, 21, 24)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(5_000 * MS)


@pytest.fixture
def library(clock: VirtualClock) -> FakeRpiGpio:
    chips = {c: VirtualHx711(Oscillator.from_seed(1, c, clock.t_ns), lambda k, t_ns: k) for c in CORNERS}
    return FakeRpiGpio(LineWorld(chips, clock, CLOCKS, DATA))


def test_clocks_are_outputs_low_and_data_lines_inputs_pulled_up(library: FakeRpiGpio, clock: VirtualClock) -> None:
    bank = RpigpioPinBank(CLOCKS, DATA, clock, library)
    assert library.mode == library.BCM
    assert {line for line, way in library.directions.items() if way == library.OUT} == set(CLOCKS)
    assert {line: library.pulls[line] for line in DATA} == dict.fromkeys(DATA, library.PUD_UP)
    assert bank.description == "RPi.GPIO 0.7.1, polled every 200 us"


def test_rpi_lgpio_is_named_as_what_it_is(library: FakeRpiGpio, clock: VirtualClock) -> None:
    library.lgpio = types.ModuleType("lgpio")
    assert RpigpioPinBank(CLOCKS, DATA, clock, library).description.startswith("rpi-lgpio")


def test_an_edge_is_noticed_within_a_pause_and_a_look_round(library: FakeRpiGpio, clock: VirtualClock) -> None:
    bank = RpigpioPinBank(CLOCKS, DATA, clock, library)
    for _ in range(4):
        edge = bank.wait_ready(clock.t_ns + 100 * MS)
        assert edge is not None
        channel, noticed_ns = edge
        true_ns = Oscillator.from_seed(1, channel, 5_000 * MS).first_ready_ns
        assert 0 <= noticed_ns - true_ns <= POLL_NS + 20_000


def test_the_wait_ends_on_time_when_nothing_comes(library: FakeRpiGpio, clock: VirtualClock) -> None:
    bank = RpigpioPinBank(CLOCKS, DATA, clock, library)
    until_ns = clock.t_ns + 10 * MS
    assert bank.wait_ready(until_ns) is None
    assert until_ns <= clock.t_ns < until_ns + 10_000


def test_closing_frees_the_data_lines_and_keeps_the_clocks_low(library: FakeRpiGpio, clock: VirtualClock) -> None:
    bank = RpigpioPinBank(CLOCKS, DATA, clock, library)
    bank.lines(Channel.BACK_LEFT).sck(1)
    bank.close()
    bank.close()
    assert set(library.directions) == set(CLOCKS), "an output that is freed would float"
    clock.t_ns += 100 * MS
    library.world.read(*DATA)
    assert sum(chip.power_downs for chip in library.world._by_data.values()) == 0


@pytest.mark.parametrize(
    ("refusal", "kind", "text"),
    [
        (RuntimeError("Cannot determine SOC peripheral base address"), NotPresentError, "Raspberry Pi 5.*rpi-lgpio"),
        (RuntimeError("No access to /dev/mem.  Try running as root!"), NotAllowedError, "group gpio"),
        (PermissionError(13, "Permission denied"), NotAllowedError, "group gpio"),
        (RuntimeError("GPIO busy"), BusError, "RuntimeError: GPIO busy; is a line held"),
    ],
)
def test_each_refusal_is_told_apart(
    library: FakeRpiGpio, clock: VirtualClock, refusal: Exception, kind: type[HardwareError], text: str
) -> None:
    library.refuses = refusal
    with pytest.raises(kind, match=text):
        RpigpioPinBank(CLOCKS, DATA, clock, library)


def test_lgpio_s_own_error_is_understood(
    library: FakeRpiGpio, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LgpioError(Exception):
        pass

    lgpio = types.ModuleType("lgpio")
    monkeypatch.setattr(lgpio, "error", LgpioError, raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)
    library.refuses = LgpioError("'GPIO busy'")
    with pytest.raises(BusError, match="GPIO busy"):
        RpigpioPinBank(CLOCKS, DATA, clock, library)


def test_without_the_library_the_message_names_both_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "RPi", types.ModuleType("RPi"))
    monkeypatch.setitem(sys.modules, "RPi.GPIO", None)
    with pytest.raises(MissingLibraryError, match=r"balance-station\[rpigpio\].*rpi-lgpio"):
        RpigpioPinBank(CLOCKS, DATA)


def test_rpi_gpio_on_something_else_than_a_pi_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        @staticmethod
        def find_spec(name: str, path: object, target: object = None) -> None:
            if name == "RPi.GPIO":
                raise RuntimeError("This module can only be run on a Raspberry Pi!")

    package = types.ModuleType("RPi")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "RPi", package)
    monkeypatch.delitem(sys.modules, "RPi.GPIO", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refusing, *sys.meta_path])
    with pytest.raises(NotPresentError, match="not a Raspberry Pi"):
        RpigpioPinBank(CLOCKS, DATA)
