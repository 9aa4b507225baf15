"""Which backend `auto` takes and why not, and that a deck that cannot be opened leaves nothing open."""

import contextlib
import logging
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from smbus2 import i2c_msg

from hardware import deck_source, gpiod_pins, rpigpio_pins
from hardware.clock import VirtualClock
from hardware.deck_source import open_deck
from hardware.errors import (
    BusError,
    HardwareError,
    InUseError,
    MissingLibraryError,
    NotAllowedError,
    NotPresentError,
    SettingError,
)
from hardware.fifo_imu import FIRST_REST_NS
from hardware.imu import IMU_MODELS, ImuName
from hardware.pin_backends import open_bank
from hardware.restart import SETTLE_TIMEOUT_NS
from hardware.ring import RingState, RingWriter
from hardware.sensor import CORNERS, Channel, Flag
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.i2c import VirtualAdapter, VirtualSMBus
from hardware.virtual.imus import virtual_imu
from hardware.virtual.oscillator import Oscillator
from hardware.wiring import SHARED_CLOCK_COST, PinBackendName, Wiring
from tests.hardware.fake_gpiod import FakeGpiod
from tests.hardware.fake_rpigpio import FakeRpiGpio
from tests.hardware.line_world import LineWorld

S = 1_000_000_000
CLOCKS, DATA = (5, 13, 20, 23), (6, 19, 21, 24)


class Board:
    """A machine whose two GPIO libraries are there, or fail to load, and an I2C bus."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, clock_lines: tuple[int, int, int, int]) -> None:
        self.clock = VirtualClock(5 * S)
        self.chips = {
            c: VirtualHx711(Oscillator.from_seed(2, c, self.clock.t_ns), lambda k, t_ns: 1000 + k) for c in CORNERS
        }
        world = LineWorld(self.chips, self.clock, clock_lines, DATA)
        self.gpiod: FakeGpiod | HardwareError = FakeGpiod(world)
        self.rpigpio: FakeRpiGpio | HardwareError = FakeRpiGpio(world)
        self.wiring = Wiring(clock_lines=clock_lines, data_lines=DATA, gpio_chip="/dev/gpiochip0")
        self.buses: list[NobodysBus] = []
        monkeypatch.setattr(gpiod_pins, "_library", lambda: self.load(self.gpiod))
        monkeypatch.setattr(rpigpio_pins, "_library", lambda: self.load(self.rpigpio))
        monkeypatch.setattr(deck_source, "I2cPort", self.bus)

    @staticmethod
    def load(library: object) -> object:
        if isinstance(library, HardwareError):
            raise library
        return library

    def bus(self, path: str) -> "NobodysBus":
        self.buses.append(NobodysBus(path))
        return self.buses[-1]


class NobodysBus:
    """An I2C bus on which nothing acknowledges, until `chips` are plugged in."""

    def __init__(self, path: str) -> None:
        self.path, self.closed = path, False
        self.chips: VirtualSMBus | None = None

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        self.there().i2c_rdwr(*messages)

    def read_byte_data(self, address: int, register: int) -> int:
        return self.there().read_byte_data(address, register)

    def write_byte_data(self, address: int, register: int, value: int) -> None:
        self.there().write_byte_data(address, register, value)

    def there(self) -> VirtualSMBus:
        if self.chips is None:
            raise OSError(121, "Remote I/O error")
        return self.chips

    def reopen(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    return Board(monkeypatch, CLOCKS)


@pytest.fixture
def ring() -> Iterator[RingWriter]:
    with contextlib.closing(RingWriter.in_memory()) as ring:
        yield ring


def test_auto_takes_gpiod_first(board: Board) -> None:
    bank, warnings = open_bank(board.wiring, board.clock)
    assert bank.description.startswith("gpiod on /dev/gpiochip0")
    assert warnings == ()


@pytest.mark.parametrize(
    "why", [MissingLibraryError("gpiod is not installed"), NotPresentError("no GPIO chip of a Raspberry Pi's header")]
)
def test_auto_falls_back_to_rpi_gpio_and_says_why(board: Board, why: HardwareError) -> None:
    board.gpiod = why
    bank, warnings = open_bank(board.wiring, board.clock)
    assert bank.description.startswith("RPi.GPIO")
    assert warnings == (f"gpiod was skipped: {why}",)


def test_auto_never_falls_back_to_virtual_chips_and_gives_every_reason(board: Board) -> None:
    board.gpiod, board.rpigpio = NotPresentError("no chip"), MissingLibraryError("no RPi.GPIO")
    with pytest.raises(NotPresentError) as raised:
        open_bank(board.wiring, board.clock)
    assert "gpiod: no chip; rpigpio: no RPi.GPIO" in str(raised.value)
    assert 'hardware.backend = "virtual"' in str(raised.value)


@pytest.mark.parametrize("why", [InUseError(16, "held"), NotAllowedError(13, "group gpio"), BusError(5, "broken")])
def test_a_line_that_the_kernel_refuses_is_not_driven_past_it(board: Board, why: HardwareError) -> None:
    board.gpiod = why
    with pytest.raises(type(why), match=str(why.args[1])):
        open_bank(board.wiring, board.clock)


def test_a_backend_that_is_named_is_the_only_one_tried(board: Board) -> None:
    board.rpigpio = NotPresentError("this is not a Raspberry Pi")
    with pytest.raises(NotPresentError, match="this is not a Raspberry Pi"):
        open_bank(Wiring(CLOCKS, DATA, backend="rpigpio"), board.clock)


def test_a_deck_delivers_its_corners_though_no_imu_answers(board: Board, ring: RingWriter) -> None:
    reader = ring.reader()
    with contextlib.closing(open_deck(board.wiring, ring, board.clock)) as deck:
        deck.service(board.clock.t_ns + 2 * S)
        samples = reader.read()
        assert {sample.channel for sample in samples} == set(CORNERS)
        assert {sample.flags for sample in samples} == {Flag.SETTLING, Flag.GOOD}
        assert reader.state & RingState.IMU_LOST
        status = deck.status()
    assert status.backend == "gpiod on /dev/gpiochip0 (pinctrl-bcm2711)"
    assert (status.reader, status.warnings) == ("frame", ())
    assert status.imus[0].error is not None
    assert "no acknowledge" in status.imus[0].error
    assert [bus.closed for bus in board.buses] == [True]
    assert board.buses[0].path == "/dev/i2c-1"


def test_a_shared_clock_line_is_accepted_with_a_warning_in_log_and_status(
    monkeypatch: pytest.MonkeyPatch, ring: RingWriter, caplog: pytest.LogCaptureFixture
) -> None:
    board = Board(monkeypatch, (5, 5, 5, 5))
    with caplog.at_level(logging.WARNING), contextlib.closing(open_deck(board.wiring, ring, board.clock)) as deck:
        deck.service(board.clock.t_ns + S)
        assert deck.status().warnings == (SHARED_CLOCK_COST,)
        assert all(corner.frames > 60 for corner in deck.status().corners)
    assert SHARED_CLOCK_COST in caplog.text


@pytest.mark.parametrize("name", list(IMU_MODELS))
def test_an_imu_of_any_model_that_is_plugged_in_later_is_found(board: Board, ring: RingWriter, name: ImuName) -> None:
    reader = ring.reader()
    imu = virtual_imu(name, board.clock, lambda t_ns: (0.0, t_ns % 1009 * 1e-3, 1.0, 0.0, 0.0, 0.0))
    with (
        contextlib.closing(open_deck(replace(board.wiring, deck_imu=name), ring, board.clock)) as deck,
        contextlib.closing(VirtualSMBus(VirtualAdapter({IMU_MODELS[name].addresses[0]: imu}))) as chips,
    ):
        deck.service(board.clock.t_ns + S)
        board.buses[0].chips = chips
        deck.service(board.clock.t_ns + FIRST_REST_NS + S)
        assert not reader.state & RingState.IMU_LOST
        status = deck.status()
    assert status.imus[0].error is None
    assert status.imus[0].counters.samples > 150
    assert sum(sample.channel == Channel.DECK_IMU for sample in reader.read()) == status.imus[0].counters.samples


@pytest.mark.parametrize("backend", ["gpiod", "rpigpio"])
def test_the_self_test_of_an_imu_costs_the_load_cells_nothing(
    board: Board, ring: RingWriter, backend: PinBackendName
) -> None:
    """While it runs, for 0.7 s, no chip is read: what they had ready meanwhile is no fault of theirs."""
    reader = ring.reader()
    wiring = Wiring(CLOCKS, DATA, backend, gpio_chip="/dev/gpiochip0" if backend == "gpiod" else None)
    chip = virtual_imu("lsm6dsox", board.clock, lambda t_ns: (0.0, 0.0, 1.0, 0.0, 0.0, 0.0))
    with (
        contextlib.closing(open_deck(wiring, ring, board.clock)) as deck,
        contextlib.closing(VirtualSMBus(VirtualAdapter({IMU_MODELS["lsm6dsox"].addresses[0]: chip}))) as chips,
    ):
        board.buses[0].chips = chips
        deck.service(board.clock.t_ns + FIRST_REST_NS + S)  # the IMU is found
        reader.read()
        began_ns = board.clock.t_ns
        deck.test_imus()
        took_ns = board.clock.t_ns - began_ns
        deck.service(board.clock.t_ns + 3 * S)
        status = deck.status()
    assert status.imus[0].self_test is not None
    assert status.imus[0].self_test.passed
    assert took_ns > 0.3 * S
    assert [corner.restarts for corner in status.corners] == [0] * 4
    corners = [sample for sample in reader.read() if sample.channel in CORNERS]
    assert len(corners) > 900
    # each chip's last one before the pause, which the net doubts in hindsight, and its first two or three after it
    assert sum(bool(sample.flags) for sample in corners) <= 4 * 4


@pytest.mark.parametrize("phase_ms", range(5))
@pytest.mark.parametrize("backend", ["gpiod", "rpigpio"])
def test_two_self_tests_at_the_start_restart_no_chip_though_they_take_longer_than_one_may_be_silent(
    board: Board, ring: RingWriter, backend: PinBackendName, phase_ms: int
) -> None:
    gpio_chip = "/dev/gpiochip0" if backend == "gpiod" else None
    wiring = Wiring(CLOCKS, DATA, backend, gpio_chip=gpio_chip, waist_imu="lsm6dsox")
    board.clock.t_ns += phase_ms * S // 1000
    imus = {
        address: virtual_imu("lsm6dsox", board.clock, lambda t_ns: (0.0, 0.0, 1.0, 0.0, 0.0, 0.0))
        for address in IMU_MODELS["lsm6dsox"].addresses
    }
    with (
        contextlib.closing(open_deck(wiring, ring, board.clock)) as deck,
        contextlib.closing(VirtualSMBus(VirtualAdapter(imus))) as chips,
    ):
        board.buses[0].chips = chips
        began_ns = board.clock.t_ns
        deck.test_imus()
        assert board.clock.t_ns - began_ns > SETTLE_TIMEOUT_NS
        deck.service(board.clock.t_ns + S)
        corners = deck.status().corners
    assert [(each.restarts, each.ready_timeouts, each.settle_timeouts) for each in corners] == [(0, 0, 0)] * 4
    assert all(each.frames > 75 for each in corners)


def test_a_second_imu_is_read_at_its_second_address(board: Board, ring: RingWriter) -> None:
    wiring = Wiring(CLOCKS, DATA, gpio_chip="/dev/gpiochip0", waist_imu="lsm6dsox")
    with contextlib.closing(open_deck(wiring, ring, board.clock)) as deck:
        deck.service(board.clock.t_ns + S)
        errors = {imu.channel: imu.error or "" for imu in deck.status().imus}
    assert "0x6a" in errors[Channel.DECK_IMU.label]
    assert "0x6b" in errors[Channel.WAIST_IMU.label]


@pytest.mark.parametrize(
    ("refusal", "kind", "text"),
    [
        (FileNotFoundError(2, "No such file"), NotPresentError, r"/dev/i2c-1: no such I2C bus.*dtparam=i2c_arm=on"),
        (PermissionError(13, "Permission denied"), NotAllowedError, "group i2c"),
        (OSError(25, "Inappropriate ioctl for device"), NotPresentError, "Inappropriate ioctl"),
    ],
)
def test_without_its_bus_the_deck_is_refused_and_the_lines_are_given_back(
    board: Board,
    ring: RingWriter,
    monkeypatch: pytest.MonkeyPatch,
    refusal: OSError,
    kind: type[HardwareError],
    text: str,
) -> None:
    def refuse(path: str) -> None:
        raise refusal

    monkeypatch.setattr(deck_source, "I2cPort", refuse)
    with pytest.raises(kind, match=text):
        open_deck(board.wiring, ring, board.clock)
    assert isinstance(board.gpiod, FakeGpiod)
    chip = board.gpiod.opened[0]
    assert [request.released for request in chip.requests] == [True, True]
    assert chip.closed


def test_an_imu_rate_that_its_chip_does_not_have_closes_the_bus_too(board: Board, ring: RingWriter) -> None:
    with pytest.raises(SettingError, match="200 Hz"):
        open_deck(Wiring(CLOCKS, DATA, gpio_chip="/dev/gpiochip0", imu_rate_hz=200), ring, board.clock)
    assert [bus.closed for bus in board.buses] == [True]


def test_a_wiring_that_cannot_work_touches_nothing(board: Board, ring: RingWriter) -> None:
    with pytest.raises(SettingError, match="BCM line 6 is named twice"):
        open_deck(Wiring((6, 13, 20, 23), DATA), ring, board.clock)
    assert board.buses == []
