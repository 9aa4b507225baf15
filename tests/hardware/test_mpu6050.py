"""What is the MPU's own: other chips in its place, a FIFO without tags or timestamps, and how well it can tell time."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from hardware.clock import VirtualClock
from hardware.errors import CorruptFrameError, WaitTimeoutError
from hardware.imu import ImuName
from hardware.imus import open_imu
from hardware.mpu6050 import FIFO_COUNT, FIFO_R_W, GYRO_CONFIG, PWR_MGMT_1, WHO_AM_I, Mpu6050
from hardware.sensor import Channel, Flag
from hardware.virtual.i2c import I2cChip, VirtualAdapter, VirtualSMBus
from hardware.virtual.imus import virtual_imu
from hardware.virtual.mpu6050 import VirtualMpu6050
from tests.hardware.imu_rig import MS, ImuRig

MPUS: tuple[ImuName, ...] = ("mpu6050", "mpu6500")
Make = Callable[..., ImuRig]


@pytest.fixture
def rig() -> Iterator[Make]:
    with ExitStack() as opened:

        def make(name: ImuName, **settings: int) -> ImuRig:
            made = ImuRig(name, **settings)
            opened.callback(made.bus.close)
            return made

        yield make


class Answers(I2cChip):
    """A chip of which one register reads what somebody else says."""

    def __init__(self, chip: I2cChip, register: int, answer: int) -> None:
        self.chip, self.register, self.answer = chip, register, answer
        self.pointer = 0

    def write(self, data: bytes) -> None:
        self.pointer = data[0]
        self.chip.write(data)

    def read(self, length: int) -> bytes:
        data = self.chip.read(length)
        return bytes([self.answer]) if self.pointer == self.register and length == 1 else data


def set_up_with(register: int, answer: int) -> Mpu6050:
    clock = VirtualClock()
    chip = VirtualMpu6050(clock, lambda t_ns: (0.0, 0.0, 1.0, 0.0, 0.0, 0.0))
    with VirtualSMBus(VirtualAdapter({0x68: Answers(chip, register, answer)})) as bus:
        driver = Mpu6050(bus, clock)
        driver.configure()
        return driver


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (0x70, "an MPU-6500"),
        (0x72, "a clone"),
        (0x98, "ICM-20689, sold as MPU-6050"),
        (0x71, "MPU-9250"),
        (0xFF, "floating"),
        (0x00, "held low"),
        (0x12, "not known"),
    ],
)
def test_another_chip_in_its_place_is_refused_and_told_in_words(identity: int, words: str) -> None:
    with pytest.raises(CorruptFrameError, match=words) as caught:
        set_up_with(WHO_AM_I, identity)
    assert f"reads 0x{identity:02x}, expected 0x68" in str(caught.value)


def test_a_register_that_reads_back_wrong_is_named_with_what_was_expected() -> None:
    with pytest.raises(CorruptFrameError, match=r"GYRO_CONFIG \(0x1b\) reads 0x18, expected 0x08"):
        set_up_with(GYRO_CONFIG, 0x18)


def test_a_reset_that_does_not_end_is_a_time_out() -> None:
    with pytest.raises(WaitTimeoutError, match="100 ms"):
        set_up_with(PWR_MGMT_1, 0x80)


@pytest.mark.parametrize("name", MPUS)
def test_a_set_up_within_a_drain_waits_for_nobody(rig: Make, name: ImuName) -> None:
    r = rig(name)
    r.chip.brown_out()
    start_ns = r.clock.t_ns
    assert r.driver.drain() == []
    assert r.clock.t_ns == start_ns, "the 100 ms of the reset pass between drains"
    assert r.run(90 * MS) == []
    assert r.run(100 * MS)


@pytest.mark.parametrize("name", MPUS)
def test_it_is_made_without_waiting_and_set_up_100_ms_later(name: ImuName) -> None:
    clock = VirtualClock()
    chip = virtual_imu(name, clock, lambda t_ns: (0.0, 0.0, 1.0, 0.0, 0.0, 0.0))
    with VirtualSMBus(VirtualAdapter({0x68: chip})) as bus:
        start_ns = clock.t_ns
        driver = open_imu(name, bus, clock, address=0x68, rate_hz=200, channel=Channel.DECK_IMU)
        assert clock.t_ns == start_ns
        clock.t_ns += 90 * MS
        assert driver.drain() == []
        clock.t_ns += 20 * MS
        assert driver.drain() == []
        clock.t_ns += 50 * MS
        assert len(driver.drain()) == 10


@pytest.mark.parametrize("name", MPUS)
def test_a_register_that_changed_by_itself_is_noticed_within_a_quarter_of_a_second(rig: Make, name: ImuName) -> None:
    r = rig(name)
    r.run(1_000 * MS)
    r.chip.write(bytes([GYRO_CONFIG, 0x18]))  # 2000 deg/s instead of 500
    samples = r.run(800 * MS)
    assert r.driver.counters.config_losses == 1
    lost_at = next(i for i, s in enumerate(samples) if s.flags)
    assert samples[lost_at].flags == Flag.CONFIG_LOST | Flag.SETTLING
    assert lost_at <= 0.27 * r.nominal_hz


@pytest.mark.parametrize("name", MPUS)
@pytest.mark.parametrize("bytes_lost", range(1, 12))
def test_a_fifo_that_was_shifted_behind_our_back_is_emptied_and_no_reading_is_made_of_two(
    rig: Make, name: ImuName, bytes_lost: int
) -> None:
    r = rig(name)
    before = r.run(1_000 * MS)
    r.clock.t_ns += 20 * MS
    r.chip.write(b"\x74")
    r.chip.read(bytes_lost)
    after = r.run(500 * MS)
    assert all(s.values in r.truth for s in after)
    assert [bool(s.flags) for s in after] == [True] + [False] * (len(after) - 1)
    assert (r.driver.counters.corrupt, r.driver.counters.gaps) == (1, 1)
    assert r.holes(before + after) == [len(before)]


@pytest.mark.parametrize("name", MPUS)
def test_a_count_that_does_not_fit_the_time_that_has_passed_is_not_believed(rig: Make, name: ImuName) -> None:
    r = rig(name)
    r.run(5_000 * MS)
    r.chip.write(bytes([0x74, *[0] * 36]))  # three packets that nobody measured
    samples = r.run(200 * MS)
    assert r.driver.counters.corrupt == 1
    assert all(s.values in r.truth for s in samples)
    assert samples[0].flags == Flag.OVERRUN


def test_an_empty_fifo_is_never_read(rig: Make) -> None:
    r = rig("mpu6050")
    r.driver.drain()
    asked: list[bytes] = []
    original = r.chip.write
    r.chip.write = lambda data: (asked.append(data), original(data))  # type: ignore[assignment]
    for _ in range(5):
        assert r.driver.drain() == []
    assert bytes([FIFO_COUNT]) in asked
    assert bytes([FIFO_R_W]) not in asked


@pytest.mark.parametrize(("rate_error_ppm", "limit_ms"), [(-10_000, 1.0), (-300, 1.0), (0, 1.6), (10_000, 1.0)])
def test_a_reader_whose_calls_scatter_finds_the_phase_to_a_millisecond_within_ten_seconds(
    rig: Make, rate_error_ppm: int, limit_ms: float
) -> None:
    """As the loop's do: it drains after the next load cell's frame, up to 3 ms after it is due."""
    r = rig("mpu6050", rate_error_ppm=rate_error_ppm)
    scatter = random.Random(5)
    samples = []
    start_ns = r.clock.t_ns
    for tick in range(1, 600):
        r.clock.t_ns = start_ns + tick * 50 * MS + scatter.randrange(3 * MS)
        samples += r.driver.drain()
    errors = r.errors_ns(samples)
    assert max(map(abs, errors)) < 3 * MS
    assert max(map(abs, errors[2_000:])) < limit_ms * MS


def test_a_reader_in_step_with_the_chip_is_off_by_half_a_period_and_no_more(rig: Make) -> None:
    r = rig("mpu6050")
    errors = r.errors_ns(r.run(20_000 * MS, 50 * MS))
    assert max(map(abs, errors)) <= 2.5 * MS + 10_000
