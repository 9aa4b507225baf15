"""The LSM6DSOX driver through unmodified smbus2, the kernel's character device and its ioctls."""

import errno
import itertools
import time
from collections.abc import Iterator

import pytest
from smbus2 import i2c_msg

from hardware.clock import MonotonicClock
from hardware.errors import BusError
from hardware.i2c import I2cPort
from hardware.imu import ImuCounters
from hardware.lsm6dsox import Lsm6dsox
from hardware.sensor import Flag, Sample
from tests.virtual_pi.inside.bus import I2cBusProcess
from tests.virtual_pi.inside.figures import note

MS = 1_000_000
RATE_ERROR_PPM = -12_000
NEVER_NUMBERED = 1 << 40


@pytest.fixture(scope="module")
def server() -> Iterator[I2cBusProcess]:
    """/dev/i2c-1, whose chip's clock is 1.2 % slow."""
    process = I2cBusProcess("--motion", "counting", "--rate-error-ppm", str(RATE_ERROR_PPM))
    yield process
    process.close()


@pytest.fixture
def bus(server: I2cBusProcess) -> Iterator[I2cPort]:
    with I2cPort(1) as opened:
        yield opened


def number(sample: Sample) -> int:
    """Return the number that the chip gave the sample (see `counting_motion`)."""
    x, y = sample.values[0], sample.values[1]
    return x | y << 15


def consecutive(numbers: list[int]) -> list[int]:
    return list(range(numbers[0], numbers[0] + len(numbers)))


def faults(samples: list[Sample]) -> list[int]:
    """Return the flags of samples that have any, but for those that every start brings."""
    return [flags for sample in samples if (flags := sample.flags & ~Flag.SETTLING)]


def drained_for(imu: Lsm6dsox, duration_ms: int, stall_at_ms: int = NEVER_NUMBERED, stall_ms: int = 0) -> list[Sample]:
    """Drain every 50 ms as acquire does, but for one stall; return everything that came."""
    clock, samples = MonotonicClock(), []
    began_ns = deadline_ns = clock.now_ns()
    while deadline_ns < began_ns + duration_ms * MS:
        stalled = deadline_ns >= began_ns + stall_at_ms * MS
        deadline_ns += (stall_ms if stalled else 50) * MS
        if stalled:
            stall_at_ms = NEVER_NUMBERED
        clock.sleep_until_ns(deadline_ns)
        samples += imu.drain()
    return samples


def test_smbus2_finds_the_chip_and_its_registers(server: I2cBusProcess, bus: I2cPort) -> None:
    assert bus.read_byte_data(0x6A, 0x0F) == 0x6C
    bus.write_i2c_block_data(0x6A, 0x07, [60, 0, 0x55])
    assert bus.read_i2c_block_data(0x6A, 0x07, 3) == [60, 0, 0x55]
    select, read = i2c_msg.write(0x6A, [0x0F]), i2c_msg.read(0x6A, 1)
    bus.i2c_rdwr(select, read)
    assert list(read) == [0x6C]


def test_a_transfer_takes_the_time_that_its_bits_take_at_400_khz(server: I2cBusProcess, bus: I2cPort) -> None:
    select, read = i2c_msg.write(0x6A, [0x78]), i2c_msg.read(0x6A, 420)
    began_ns = time.monotonic_ns()
    bus.i2c_rdwr(select, read)
    assert 9.5 * MS < time.monotonic_ns() - began_ns < 14 * MS


@pytest.mark.parametrize("address", [0x6B, 0x10])
def test_an_address_that_nobody_acknowledges_is_a_bus_error_with_its_errno(bus: I2cPort, address: int) -> None:
    with pytest.raises(BusError, match=f"0x{address:02x}.*no acknowledge") as caught:
        Lsm6dsox(bus, MonotonicClock(), address=address).drain()
    assert caught.value.errno == errno.EREMOTEIO


def test_ten_seconds_at_208_hz_with_a_stall_of_300_ms_lose_no_sample(server: I2cBusProcess, bus: I2cPort) -> None:
    imu = Lsm6dsox(bus, MonotonicClock(), rate_hz=208)
    samples = drained_for(imu, 10_000, stall_at_ms=5_000, stall_ms=300)
    taken = server.taken()
    numbers = [number(sample) for sample in samples]
    lost = numbers[-1] - numbers[0] + 1 - len(numbers)
    assert numbers == consecutive(numbers), "each once, in order"
    assert taken - 20 <= len(numbers) <= taken, "from the first to the last but those of the time since the last look"
    assert len(numbers) > 2000
    assert not faults(samples)
    assert sum(sample.flags != 0 for sample in samples) < 20, "settling after the start: 80 ms"
    assert imu.counters == ImuCounters(samples=len(samples))
    note(imu_samples=len(numbers), imu_samples_lost=lost)


def test_the_samples_stand_on_the_station_s_clock(server: I2cBusProcess, bus: I2cPort) -> None:
    samples = drained_for(Lsm6dsox(bus, MonotonicClock(), rate_hz=208), 4_000)
    period_ns = 1e9 / (208 * (1 + RATE_ERROR_PPM * 1e-6))
    settled = [sample for sample in samples if sample.t_ns > samples[0].t_ns + 1_000 * MS]
    first = settled[0]
    for sample in settled:
        true_ns = first.t_ns + (number(sample) - number(first)) * period_ns
        assert sample.t_ns == pytest.approx(true_ns, abs=0.3 * MS)


def test_a_stall_longer_than_the_fifo_loses_samples_and_says_so(server: I2cBusProcess, bus: I2cPort) -> None:
    imu = Lsm6dsox(bus, MonotonicClock(), rate_hz=208)
    samples = drained_for(imu, 4_000, stall_at_ms=1_000, stall_ms=2_000)
    jumps = [after for before, after in itertools.pairwise(samples) if number(after) != number(before) + 1]
    assert len(jumps) == 1
    assert jumps[0].flags == Flag.OVERRUN
    # a second flag when the full FIFO overflows once more while it is being read
    assert faults(samples) in ([Flag.OVERRUN], [Flag.OVERRUN] * 2)
    assert imu.counters.overruns >= 1


def test_one_missing_acknowledge_is_tried_again_and_three_are_a_bus_error(server: I2cBusProcess, bus: I2cPort) -> None:
    imu = Lsm6dsox(bus, MonotonicClock(), rate_hz=208)
    before = drained_for(imu, 200)
    server.order(f"fail {errno.EREMOTEIO} 1")
    before += drained_for(imu, 200)
    assert imu.counters.bus_errors == 1
    server.order(f"fail {errno.ETIMEDOUT} 3")
    with pytest.raises(BusError) as caught:
        drained_for(imu, 200)
    assert caught.value.errno == errno.ETIMEDOUT
    samples = before + drained_for(imu, 200)
    numbers = [number(sample) for sample in samples]
    assert numbers == consecutive(numbers), "the FIFO kept what was not read"


def test_a_chip_that_lost_its_settings_is_set_up_again(server: I2cBusProcess, bus: I2cPort) -> None:
    imu = Lsm6dsox(bus, MonotonicClock(), rate_hz=208)
    drained_for(imu, 500)
    server.order("brown-out")
    samples = drained_for(imu, 1_000)
    assert imu.counters.config_losses == 1
    assert faults(samples) == [Flag.CONFIG_LOST]


def test_an_adapter_that_goes_away_is_a_bus_error(server: I2cBusProcess, bus: I2cPort) -> None:
    imu = Lsm6dsox(bus, MonotonicClock(), rate_hz=208)
    server.close()
    with pytest.raises(BusError):
        imu.drain()
