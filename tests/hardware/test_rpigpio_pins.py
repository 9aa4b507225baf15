"""The RPi.GPIO backend beyond the common suite: how the lines are set up, how late it notices, and each refusal."""

import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_an_edge_that_is_waited_for_is_known_to_half_a_pause(library: FakeRpiGpio, clock: VirtualClock) -> None:
    bank = RpigpioPinBank(CLOCKS, DATA, clock, library)
    for _ in range(4):
        edge = bank.wait_ready(clock.t_ns + 100 * MS)
        assert edge is not None
        channel, edge_ns, error_ns = edge
        true_ns = Oscillator.from_seed(1, channel, 5_000 * MS).first_ready_ns
        assert abs(edge_ns - true_ns) <= error_ns < POLL_NS / 2 + 20_000


@given(away_ns=st.integers(0, 30 * MS), looks=st.lists(st.integers(0, 30 * MS), max_size=3))
def test_an_edge_that_nobody_waited_for_lies_between_the_looks_before_and_after_it(
    away_ns: int, looks: list[int]
) -> None:
    clock = VirtualClock(5_000 * MS)
    oscillators = {channel: Oscillator.from_seed(1, channel, clock.t_ns) for channel in CORNERS}
    chips = {channel: VirtualHx711(oscillator, lambda k, t_ns: k) for channel, oscillator in oscillators.items()}
    bank = RpigpioPinBank(CLOCKS, DATA, clock, FakeRpiGpio(LineWorld(chips, clock, CLOCKS, DATA)))
    seen_ns = [clock.t_ns]
    bank.look()
    for look_ns in looks:
        clock.t_ns += look_ns
        seen_ns.append(clock.t_ns)
        bank.look()
    clock.t_ns += away_ns
    while (edge := bank.wait_ready(clock.t_ns)) is not None:
        channel, edge_ns, error_ns = edge
        ready = oscillators[channel].index_range(0, clock.t_ns + 1)
        assert min(abs(oscillators[channel].ready_ns(k) - edge_ns) for k in ready) <= error_ns
        assert any(abs(t_ns - (edge_ns - error_ns)) < 20_000 for t_ns in seen_ns), "no look has seen it high since"


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
