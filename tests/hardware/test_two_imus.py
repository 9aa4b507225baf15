"""The deck's and the waist's IMU at once on one bus, of any models, each on its own channel."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise

import pytest

from hardware.acquire import Acquisition
from hardware.clock import VirtualClock
from hardware.errors import HardwareError
from hardware.fifo_imu import FifoImu
from hardware.hx711 import Hx711
from hardware.imu import IMU_MODELS, ImuName
from hardware.imus import open_imu
from hardware.ring import RingState, RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.i2c import VirtualAdapter, VirtualSMBus
from hardware.virtual.imu_chip import VirtualImuChip
from hardware.virtual.imus import virtual_imu
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.person import VirtualPerson
from hardware.virtual.pins import VirtualPinBank
from hardware.virtual.source import Level, build_virtual_source

MS = 1_000_000
S = 1_000_000_000
PAIRS: list[tuple[ImuName, ImuName]] = [
    ("lsm6dsox", "lsm6dsox"),
    ("lsm6dsox", "mpu6050"),
    ("mpu6500", "lsm6dsox"),
    ("mpu6050", "mpu6500"),
]


class Pair:
    """Two chips whose readings say which of them they are from, on one adapter, and their drivers on one port."""

    def __init__(self, deck: ImuName, waist: ImuName) -> None:
        self.clock = VirtualClock()
        self.adapter = VirtualAdapter({}, self.clock)
        self.bus = VirtualSMBus(self.adapter)
        self.chips: dict[Channel, VirtualImuChip] = {}
        self.drivers: list[FifoImu] = []
        for channel, name, side in ((Channel.DECK_IMU, deck, 0), (Channel.WAIST_IMU, waist, 1)):
            model = IMU_MODELS[name]
            per_g, per_dps = model.accel_mg_per_lsb / 1e3, model.gyro_mdps_per_lsb / 1e3
            who = 1000 + int(channel)

            def motion(
                t_ns: int, who: int = who, per_g: float = per_g, per_dps: float = per_dps
            ) -> tuple[float, float, float, float, float, float]:
                return who * per_g, (t_ns // MS % 30_000) * per_g, 0.0, 0.0, 0.0, who * per_dps

            self.chips[channel] = virtual_imu(name, self.clock, motion)
            self.adapter.chips[model.addresses[side]] = self.chips[channel]
            self.drivers.append(
                open_imu(
                    name,
                    self.bus,
                    self.clock,
                    address=model.addresses[side],
                    rate_hz=model.rates_hz[0],
                    channel=channel,
                )
            )

    def run(self, duration_ns: int) -> dict[Channel, list[Sample]]:
        samples: dict[Channel, list[Sample]] = {driver.channel: [] for driver in self.drivers}
        for _ in range(duration_ns // (50 * MS)):
            self.clock.t_ns += 50 * MS
            for driver in self.drivers:
                try:
                    samples[driver.channel] += driver.drain()
                except HardwareError:
                    continue
        return samples


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(("deck", "waist"), PAIRS)
def test_each_channel_gets_its_own_chip_s_samples_and_no_other_s(
    opened: ExitStack, deck: ImuName, waist: ImuName
) -> None:
    pair = Pair(deck, waist)
    opened.callback(pair.bus.close)
    for channel, samples in pair.run(5 * S).items():
        assert {s.channel for s in samples} == {channel}
        assert {(s.values[0], s.values[5]) for s in samples} == {(1000 + channel, 1000 + channel)}
        assert len(samples) > 4.8 * 200, "an MPU begins 0.1 s later"
        assert all(a.t_ns < b.t_ns for a, b in pairwise(samples))


@pytest.mark.parametrize(("deck", "waist"), PAIRS)
def test_a_brown_out_of_one_leaves_the_other_alone(opened: ExitStack, deck: ImuName, waist: ImuName) -> None:
    pair = Pair(deck, waist)
    opened.callback(pair.bus.close)
    pair.run(S)
    pair.chips[Channel.WAIST_IMU].brown_out()
    samples = pair.run(S)
    assert {s.flags for s in samples[Channel.DECK_IMU]} == {Flag.GOOD}
    assert samples[Channel.WAIST_IMU][0].flags & Flag.CONFIG_LOST
    assert [driver.counters.config_losses for driver in pair.drivers] == [0, 1]


@pytest.mark.parametrize(("deck", "waist"), PAIRS)
def test_opening_the_bus_again_for_one_does_not_disturb_the_other(
    opened: ExitStack, deck: ImuName, waist: ImuName
) -> None:
    pair = Pair(deck, waist)
    opened.callback(pair.bus.close)
    pair.run(S)
    pair.adapter.fail_next(errno.EREMOTEIO, 3)  # all three attempts of the deck's driver
    samples = pair.run(S)
    assert [driver.counters.bus_errors for driver in pair.drivers] == [3, 0]
    assert [driver.counters.bus_recoveries for driver in pair.drivers] == [1, 0]
    for each in samples.values():
        assert {s.flags for s in each} == {Flag.GOOD}
        assert len(each) >= 0.95 * 200


def test_a_waist_imu_that_is_unplugged_and_plugged_in_again_shows_in_the_ring_s_state_and_comes_back(
    opened: ExitStack,
) -> None:
    pair = Pair("lsm6dsox", "mpu6050")
    opened.callback(pair.bus.close)
    chips = {c: VirtualHx711(Oscillator.from_seed(1, c, pair.clock.t_ns), lambda k, t_ns: 1000 + k) for c in CORNERS}
    ring = RingWriter.in_memory()
    bank = VirtualPinBank(chips, pair.clock)
    source = Acquisition(bank, [Hx711(c, bank.lines(c)) for c in CORNERS], pair.drivers, ring, pair.clock)
    reader = ring.reader()

    def seconds(count: float) -> list[Sample]:
        samples: list[Sample] = []
        end_ns = pair.clock.t_ns + round(count * S)
        while pair.clock.t_ns < end_ns:
            source.service(pair.clock.t_ns + 50 * MS)
            samples += reader.read()
        return samples

    seconds(1)
    address = IMU_MODELS["mpu6050"].addresses[1]
    unplugged = pair.adapter.chips.pop(address)
    pair.chips[Channel.WAIST_IMU].brown_out()
    samples = seconds(2)
    assert ring.state & RingState.WAIST_IMU_LOST
    assert not ring.state & RingState.IMU_LOST
    assert sum(s.channel == Channel.DECK_IMU for s in samples) > 1.9 * 208
    pair.adapter.chips[address] = unplugged
    samples = [s for s in seconds(2) if s.channel == Channel.WAIST_IMU]
    assert not ring.state & RingState.WAIST_IMU_LOST
    assert samples[0].flags & (Flag.OVERRUN | Flag.CONFIG_LOST)
    assert {s.flags for s in samples[-200:]} == {Flag.GOOD}


@pytest.mark.parametrize(("deck", "waist"), PAIRS)
def test_a_virtual_deck_of_any_two_models_gives_the_same_at_pin_and_at_sample_level(
    deck: ImuName, waist: ImuName
) -> None:
    def play(level: Level) -> dict[int, list[Sample]]:
        person = VirtualPerson(70, seed=3)
        person.step_on(9 * S)
        ring = RingWriter.in_memory()
        reader = ring.reader()
        source = build_virtual_source(
            level, person, 3, VirtualClock(8 * S), ring, deck_imu=deck, waist_imu=waist, imu_rate_hz=None
        )
        for now_ns in range(8 * S, 13 * S, 50 * MS):
            source.service(now_ns)
        source.close()
        samples: dict[int, list[Sample]] = {}
        for sample in reader.read():
            samples.setdefault(sample.channel, []).append(sample)
        return samples

    pins, sampled = play("pins"), play("samples")
    for channel, name in ((Channel.DECK_IMU, deck), (Channel.WAIST_IMU, waist)):
        by_driver, true = pins[channel], sampled[channel]
        # an MPU's reset takes 100 ms, in which a driver has no samples yet; values are noise from there on
        assert abs(len(by_driver) - len(true)) <= 45
        assert {s.flags for s in true[100:]} == {s.flags for s in by_driver[100:]} == {Flag.GOOD}
        up = 1e3 / IMU_MODELS[name].accel_mg_per_lsb
        for samples in (by_driver, true):
            assert abs(sum(s.values[2] for s in samples[100:]) / len(samples[100:]) / up - 1) < 0.01
