"""What is the LSM6DSOX's own: tags, slots, timestamps, its reset. What all IMUs promise: test_imus, test_imu_bus."""

import errno
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from hardware.clock import VirtualClock
from hardware.errors import CorruptFrameError, WaitTimeoutError
from hardware.fifo_imu import SETTLING_NS
from hardware.imu import IMU_MODELS
from hardware.lsm6dsox import (
    CTRL2_G,
    CTRL3_C,
    FIFO_CTRL3,
    SLOT_BYTES,
    TIMESTAMP0,
    WHO_AM_I,
    Lsm6dsox,
)
from hardware.sensor import Flag, Sample
from hardware.virtual.i2c import I2cChip, VirtualAdapter, VirtualSMBus
from hardware.virtual.lsm6dsox import VirtualLsm6dsox

ADDRESS = 0x6A
ACCEL_MG_PER_LSB = IMU_MODELS["lsm6dsox"].accel_mg_per_lsb
GYRO_MDPS_PER_LSB = IMU_MODELS["lsm6dsox"].gyro_mdps_per_lsb
MS = 1_000_000


def counting(t_ns: int) -> tuple[float, float, float, float, float, float]:
    """A motion that tells samples apart: six different counts that all depend on the time."""
    n = t_ns // MS % 20_000
    accel = (n * ACCEL_MG_PER_LSB / 1e3, -n * ACCEL_MG_PER_LSB / 1e3, 1.0)
    return (*accel, n * GYRO_MDPS_PER_LSB / 1e3, -n * GYRO_MDPS_PER_LSB / 1e3, 0.5)


def counts_at(t_ns: int) -> tuple[int, int, int, int, int, int]:
    n = t_ns // MS % 20_000
    return (n, -n, 8197, n, -n, 29)


class Rig:
    """A virtual chip on a virtual bus, and the driver on it, past its first samples, which are flagged as settling."""

    def __init__(self, rate_hz: int = 208, settle: bool = True, **chip_settings: int) -> None:
        self.clock = VirtualClock()
        self.chip = VirtualLsm6dsox(self.clock, counting, **chip_settings)
        self.adapter = VirtualAdapter({ADDRESS: self.chip})
        self.bus = VirtualSMBus(self.adapter)
        self.driver = Lsm6dsox(self.bus, self.clock, rate_hz=rate_hz)
        self.settling: list[Sample] = []
        if settle:
            while len(self.settling) < SETTLING_NS * rate_hz / 1e9:
                self.settling += self.run(MS, MS)

    def run(self, duration_ns: int, step_ns: int = 20 * MS) -> list[Sample]:
        samples = []
        end_ns = self.clock.t_ns + duration_ns
        while self.clock.t_ns < end_ns:
            self.clock.t_ns += step_ns
            samples += self.driver.drain()
        return samples

    def true_times(self) -> list[int]:
        assert self.chip.first_ns is not None
        assert self.chip.period_ns is not None
        return [self.chip.first_ns + n * self.chip.period_ns for n in range(len(self.settling), self.chip.samples)]


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(rate_hz: int = 208, settle: bool = True, **chip_settings: int) -> Rig:
        made.append(Rig(rate_hz, settle, **chip_settings))
        return made[-1]

    yield make
    for each in made:
        each.bus.close()


@pytest.mark.parametrize("rate_error_ppm", [-30_000, 0, 15_000, 30_000])
def test_samples_are_on_station_time_whatever_the_rate_of_the_chip(
    rig: Callable[..., Rig], rate_error_ppm: int
) -> None:
    r = rig(rate_error_ppm=rate_error_ppm)
    samples = r.run(20_000 * MS)
    errors = [s.t_ns - t for s, t in zip(samples, r.true_times(), strict=True)]
    assert max(map(abs, errors)) < MS, "never worse than 1 ms, the first tenth of a second included"
    assert max(map(abs, errors[208:])) < 60_000, "a tick of 25 us and its rounding, once the fit is made"
    assert r.driver.rate_hz == pytest.approx(208 * (1 + rate_error_ppm * 1e-6), rel=0.005)


def test_the_maker_s_trim_value_makes_the_first_times_exact(rig: Callable[..., Rig]) -> None:
    # 10 steps of 0.15 %: the tick is 1.5 % shorter
    r = rig(rate_error_ppm=15_229, freq_fine=10)
    samples = r.run(60 * MS, step_ns=60 * MS)
    errors = [s.t_ns - t for s, t in zip(samples, r.true_times(), strict=True)]
    assert max(map(abs, errors)) < 30_000


def test_an_overflow_is_flagged_on_the_next_sample_counted_and_pairs_stay_pairs(rig: Callable[..., Rig]) -> None:
    r = rig()
    r.run(1_000 * MS)
    before = r.chip.samples
    r.clock.t_ns += 2_000 * MS
    samples = r.driver.drain()
    assert samples[0].flags == Flag.OVERRUN
    assert {s.flags for s in samples[1:]} == {Flag.GOOD}
    assert len(samples) == 512 // 3
    survivors = r.true_times()[-len(samples) :]
    assert [s.values for s in samples] == [counts_at(t) for t in survivors]
    assert r.chip.samples - before > len(samples)
    assert (r.driver.counters.overruns, r.driver.counters.gaps) == (1, 1)
    assert {s.flags for s in r.run(500 * MS)} == {Flag.GOOD}


@pytest.mark.parametrize("extra_samples", range(4))
def test_half_a_moment_from_before_an_overflow_is_never_paired_with_half_of_a_later_one(
    rig: Callable[..., Rig], extra_samples: int
) -> None:
    r = rig()
    r.run(100 * MS)
    r.clock.t_ns += 20 * MS
    r.driver.drain(1)  # a gyroscope slot without its accelerometer
    assert r.chip.period_ns is not None
    r.clock.t_ns += (400 + extra_samples) * r.chip.period_ns
    samples = r.driver.drain()
    true = {counts_at(t) for t in r.true_times()}
    assert len(samples) == 512 // 3
    assert all(s.values in true for s in samples)
    assert r.driver.counters.torn == 2


def test_a_register_that_changed_by_itself_is_noticed_within_a_quarter_of_a_second(rig: Callable[..., Rig]) -> None:
    r = rig()
    r.run(1_000 * MS)
    r.chip.write(bytes([CTRL2_G, 0x5C]))  # 2000 deg/s instead of 500
    samples = r.run(500 * MS)
    assert r.driver.counters.config_losses == 1
    lost_at = next(i for i, s in enumerate(samples) if s.flags)
    assert samples[lost_at].flags == Flag.CONFIG_LOST | Flag.SETTLING
    assert lost_at <= 0.27 * 208


def test_a_bus_that_fails_between_two_bursts_still_hands_over_the_first(rig: Callable[..., Rig]) -> None:
    r = rig()
    samples = r.run(500 * MS)
    r.clock.t_ns += 300 * MS
    reads = 0
    original = r.adapter.begin

    def begin() -> OSError | None:
        nonlocal reads
        reads += 1
        if reads == 6:  # the four reads of a look, first burst, second burst
            r.adapter.fail_next(errno.EREMOTEIO, 3)
        return original()

    r.adapter.begin = begin  # type: ignore[method-assign]
    first = r.driver.drain()
    assert len(first) == 11
    samples += first + r.run(500 * MS)
    assert [s.values for s in samples] == [counts_at(t) for t in r.true_times()]


@pytest.mark.parametrize("step_ms", [20, 300])
def test_a_timestamp_counter_that_wraps_changes_nothing(rig: Callable[..., Rig], step_ms: int) -> None:
    r = rig(first_tick=2**32 - 40_000)  # wraps after one second
    samples = r.run(4_000 * MS, step_ms * MS)
    errors = [s.t_ns - t for s, t in zip(samples, r.true_times(), strict=True)]
    assert max(map(abs, errors)) < 60_000
    assert {s.flags for s in samples} == {Flag.GOOD}


class Tampered(I2cChip):
    """A chip whose answers pass through somebody's hands."""

    def __init__(self, chip: I2cChip, tamper: Callable[[int, bytes], bytes]) -> None:
        self.chip = chip
        self.tamper = tamper
        self.register = 0

    def write(self, data: bytes) -> None:
        self.register = data[0]
        self.chip.write(data)

    def read(self, length: int) -> bytes:
        return self.tamper(self.register, self.chip.read(length))


def tampered(r: Rig, tamper: Callable[[int, bytes], bytes]) -> Rig:
    r.adapter.chips[ADDRESS] = Tampered(r.chip, tamper)
    return r


def test_time_never_steps_back_when_a_better_fit_moves_it_back(rig: Callable[..., Rig]) -> None:
    delays = [80 * MS]

    def tamper(register: int, data: bytes) -> bytes:
        if register == TIMESTAMP0 and delays:
            r.clock.t_ns += delays.pop()  # the first look at the counter is interrupted just after it
        return data

    r = tampered(rig(settle=False), tamper)
    r.driver.configure()
    samples = r.run(2_000 * MS, 10 * MS)  # the first drain comes before the second look
    assert all(a.t_ns < b.t_ns for a, b in pairwise(samples))
    errors = [s.t_ns - t for s, t in zip(samples, r.true_times(), strict=True)]
    assert errors[0] > 10 * MS, "the first fit was bad, or this test shows nothing"
    assert max(map(abs, errors[100:])) < MS // 10


def swap_slots(data: bytes, order: tuple[int, ...]) -> bytes:
    slots = [data[i : i + SLOT_BYTES] for i in range(0, len(data), SLOT_BYTES)]
    return b"".join(slots[i + j] for i in range(0, len(slots), 3) for j in order)


def test_slots_of_one_moment_may_come_in_any_order(rig: Callable[..., Rig]) -> None:
    r = tampered(rig(), lambda register, data: swap_slots(data, (2, 1, 0)) if register == 0x78 else data)
    samples = r.run(500 * MS)
    assert [s.values for s in samples] == [counts_at(t) for t in r.true_times()]
    assert {s.flags for s in samples} == {Flag.GOOD}


def test_a_slot_with_bad_parity_costs_its_sample_which_is_counted_and_the_next_is_flagged(
    rig: Callable[..., Rig],
) -> None:
    bursts = 0

    def tamper(register: int, data: bytes) -> bytes:
        nonlocal bursts
        bursts += register == 0x78
        if register == 0x78 and bursts == 10:
            return bytes([data[0] ^ 0x02]) + data[1:]
        return data

    r = tampered(rig(), tamper)
    samples = r.run(500 * MS)
    assert len(samples) == len(r.true_times()) - 1
    assert [s.flags for s in samples if s.flags] == [Flag.OVERRUN]
    assert (r.driver.counters.corrupt, r.driver.counters.torn, r.driver.counters.gaps) == (1, 1, 1)
    true = dict.fromkeys(counts_at(t) for t in r.true_times())
    assert all(s.values in true for s in samples), "no pair is made of two moments"


def test_a_fifo_that_answers_nonsense_gives_no_samples_and_is_counted(rig: Callable[..., Rig]) -> None:
    r = tampered(rig(), lambda register, data: b"\xff" * len(data) if register == 0x78 else data)
    assert r.run(200 * MS) == []
    assert r.driver.counters.corrupt > 100


def test_another_chip_at_the_address_is_refused_by_name(rig: Callable[..., Rig]) -> None:
    r = tampered(rig(), lambda register, data: b"\x68" if register == WHO_AM_I else data)
    with pytest.raises(CorruptFrameError, match=r"WHO_AM_I \(0x0f\) reads 0x68, expected 0x6c"):
        Lsm6dsox(r.bus, r.clock).drain()


def test_a_register_that_reads_back_wrong_is_named_with_what_was_expected(rig: Callable[..., Rig]) -> None:
    r = tampered(rig(), lambda register, data: b"\x04" if register == FIFO_CTRL3 else data)
    with pytest.raises(CorruptFrameError, match=r"FIFO_CTRL3 \(0x09\) reads 0x04, expected 0x44"):
        Lsm6dsox(r.bus, r.clock, rate_hz=104).drain()


def test_a_reset_that_does_not_end_is_a_time_out(rig: Callable[..., Rig]) -> None:
    r = tampered(rig(), lambda register, data: b"\x05" if register == CTRL3_C else data)
    before_ns = r.clock.t_ns
    with pytest.raises(WaitTimeoutError, match="50 ms"):
        Lsm6dsox(r.bus, r.clock).drain()
    assert r.clock.t_ns - before_ns == 50 * MS
