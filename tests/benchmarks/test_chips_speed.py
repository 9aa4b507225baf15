"""What the inner loops cost: one HX711 frame pin by pin, and one simulated second of deck and IMU."""

import math
from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from hardware.clock import VirtualClock
from hardware.fifo_imu import FifoImu
from hardware.hx711 import Hx711
from hardware.imu import IMU_MODELS
from hardware.imus import open_imu
from hardware.readers import READERS, find_reader
from hardware.sensor import CORNERS, Channel
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.i2c import VirtualAdapter, VirtualSMBus
from hardware.virtual.imus import virtual_imu
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank
from hardware.wiring import ReaderName

SECOND_NS = 1_000_000_000


def test_wait_for_and_read_one_frame(benchmark: BenchmarkFixture) -> None:
    """Target: 45 us, virtual pins included."""
    clock = VirtualClock()
    chip = VirtualHx711(Oscillator.from_seed(1, 0, clock.t_ns), lambda k, t_ns: 123_456 + k)
    bank = VirtualPinBank({Channel.FRONT_LEFT: chip}, clock)
    driver = Hx711(Channel.FRONT_LEFT, bank.lines(Channel.FRONT_LEFT))

    def frame() -> None:
        edge = bank.wait_ready(clock.t_ns + SECOND_NS)
        assert edge is not None
        driver.read_frame(edge[1])

    benchmark(frame)
    assert driver.flagged == 4


@pytest.mark.parametrize("reader", READERS)
def test_one_frame_of_each_reader(benchmark: BenchmarkFixture, reader: ReaderName) -> None:
    """The 25 pulses alone. Target: 45 us with our own reader, 130 us with Adafruit's, virtual pins included."""
    clock = VirtualClock()
    chip = VirtualHx711(Oscillator.from_seed(1, 0, clock.t_ns), lambda k, t_ns: 123_456 + k)
    bank = VirtualPinBank({Channel.FRONT_LEFT: chip}, clock)
    clock_out = find_reader(reader)(bank.lines(Channel.FRONT_LEFT))

    def ready() -> None:
        assert bank.wait_ready(clock.t_ns + SECOND_NS) is not None

    bits, _, _ = benchmark.pedantic(clock_out, setup=ready, rounds=2000)
    assert bits & 1


@pytest.mark.parametrize("reader", READERS)
def test_one_frame_of_four_chips_on_a_shared_clock(benchmark: BenchmarkFixture, reader: ReaderName) -> None:
    """The 25 pulses alone, which read all four."""
    clock = VirtualClock()
    chips = {c: VirtualHx711(Oscillator.from_seed(1, c, clock.t_ns), lambda k, t_ns: 123_456 + k) for c in CORNERS}
    bank = VirtualPinBank(chips, clock, shared_clock=True)
    clock_out = find_reader(reader)(bank.shared_lines())

    def ready() -> None:
        clock.t_ns += SECOND_NS // 50

    _, longest_ns, _ = benchmark.pedantic(clock_out, setup=ready, rounds=1000)
    assert longest_ns < 50_000


def test_one_second_of_four_chips(benchmark: BenchmarkFixture) -> None:
    """Some 372 frames. Target: 17 ms."""
    clock = VirtualClock()
    chips = {c: VirtualHx711(Oscillator.from_seed(1, c, clock.t_ns), lambda k, t_ns: 123_456 + k) for c in CORNERS}
    bank = VirtualPinBank(chips, clock)
    drivers = {c: Hx711(c, bank.lines(c)) for c in CORNERS}

    def second() -> None:
        end_ns = clock.t_ns + SECOND_NS
        while (edge := bank.wait_ready(end_ns)) is not None:
            drivers[edge[0]].read_frame(edge[1])

    benchmark(second)
    assert sum(d.flagged for d in drivers.values()) == 16


def swaying(t_ns: int) -> tuple[float, float, float, float, float, float]:
    lean = 0.01 * math.sin(t_ns * 2e-9)
    noise = t_ns // 1_000_000 % 17 * 1e-3  # a sensor that repeats itself would be flagged as frozen
    return (lean, -lean, 1.0 + noise, 20 * lean, -20 * lean, noise)


@pytest.fixture
def imu_clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=list(IMU_MODELS))
def imu(request: pytest.FixtureRequest, imu_clock: VirtualClock) -> Iterator[FifoImu]:
    model = IMU_MODELS[request.param]
    chip = virtual_imu(model.name, imu_clock, swaying)
    address, rate_hz = model.addresses[0], model.rates_hz[0]
    with VirtualSMBus(VirtualAdapter({address: chip})) as bus:
        yield open_imu(model.name, bus, imu_clock, address=address, rate_hz=rate_hz, channel=Channel.DECK_IMU)


@pytest.mark.parametrize("drains_per_s", [20, 50, 100])
def test_one_second_of_imu_at_200_hz(
    benchmark: BenchmarkFixture, imu: FifoImu, imu_clock: VirtualClock, drains_per_s: int
) -> None:
    """Driver, smbus2 and chip model together, 208 Hz for the LSM6DSOX. Target: 4 ms at up to 50 drains a second."""

    def second() -> None:
        for _ in range(drains_per_s):
            imu_clock.t_ns += SECOND_NS // drains_per_s
            imu.drain()

    benchmark(second)
    assert (imu.counters.gaps, imu.counters.frozen) == (0, 0)
