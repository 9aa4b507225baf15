"""Every IMU driver through the real smbus2 against its virtual chip: the same promises, whichever chip is fitted."""

import errno

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hardware.clock import VirtualClock
from hardware.errors import SettingError
from hardware.fifo_imu import FROZEN_RUN, SETTLING_NS
from hardware.imu import ImuName
from hardware.sensor import Channel, Flag, Sample
from hardware.virtual.i2c import I2cChip
from hardware.virtual.imu_chip import AXES, CHIP_TEMPERATURE_C
from tests.hardware.imu_rig import ALL, MS, ImuRig, Make, all_good, driver_for, fail_burst, in_order

FIFO_MS = {"lsm6dsox": 820, "mpu6050": 425, "mpu6500": 425}  # at the default rate
pytestmark = pytest.mark.parametrize("name", ALL)


# --- samples and times


@pytest.mark.parametrize("rate", [0, 1])
def test_every_sample_arrives_once_in_order_with_all_six_values(rig: Make, rate: int) -> None:
    r = rig(rig().model.rates_hz[rate])
    samples = r.run(5_000 * MS)
    assert [s.values for s in samples] == r.taken()
    assert in_order(samples)
    assert all_good(samples)
    assert {s.channel for s in samples} == {Channel.DECK_IMU}
    assert r.driver.counters.samples == len(samples) + len(r.settling)
    assert abs(len(samples) - 5 * r.nominal_hz) <= 3


def test_the_first_samples_after_power_up_are_flagged_as_settling(rig: Make) -> None:
    r = rig()
    assert {s.flags for s in r.settling[:-1]} == {Flag.SETTLING}
    assert len(r.settling) == -(-SETTLING_NS * r.nominal_hz // 1_000_000_000)


@pytest.mark.parametrize("rate_error_ppm", [-30_000, -1_000, 0, 15_000, 30_000])
def test_samples_are_on_station_time_whatever_the_rate_of_the_chip(rig: Make, rate_error_ppm: int) -> None:
    r = rig(rate_error_ppm=rate_error_ppm)
    samples = r.run(20_000 * MS, 47 * MS)
    assert in_order(samples)
    assert r.driver.rate_hz == pytest.approx(r.nominal_hz * (1 + rate_error_ppm * 1e-6), rel=0.005)
    half_a_period_ns = 500_000_000 // r.nominal_hz
    assert max(map(abs, r.errors_ns(samples))) < half_a_period_ns + MS


class SlowChip(I2cChip):
    """A chip on a bus whose bytes take time: each transfer's address, and what is written or read."""

    def __init__(self, chip: I2cChip, clock: VirtualClock, byte_ns: int) -> None:
        self._chip, self._clock, self._byte_ns = chip, clock, byte_ns

    def write(self, data: bytes) -> None:
        self._clock.t_ns += self._byte_ns * (1 + len(data))
        self._chip.write(data)

    def read(self, length: int) -> bytes:
        self._clock.t_ns += self._byte_ns
        data = self._chip.read(length)
        self._clock.t_ns += self._byte_ns * length
        return data


@pytest.mark.parametrize("byte_us", [22.5, 90.0])  # 400 and 100 kHz
def test_a_bus_of_any_speed_gives_the_same_rate_and_times(rig: Make, byte_us: float) -> None:
    r = rig(rate_error_ppm=20_000)
    r.adapter.chips[r.address] = SlowChip(r.chip, r.clock, round(byte_us * 1000))
    r.driver.configure()
    samples = r.run(10_000 * MS)
    assert r.driver.rate_hz == pytest.approx(r.nominal_hz * 1.02, rel=0.005)
    half_a_period_ns = 500_000_000 // r.nominal_hz
    assert max(map(abs, r.errors_ns(samples))) < half_a_period_ns + MS


def test_ten_seconds_with_a_stall_of_300_ms_lose_no_sample(rig: Make) -> None:
    r = rig()
    samples = r.run(5_000 * MS)
    r.clock.t_ns += 300 * MS
    samples += r.run(4_700 * MS)
    assert [s.values for s in samples] == r.taken()
    assert all_good(samples)
    assert (r.driver.counters.gaps, r.driver.counters.overruns) == (0, 0)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(st.integers(1, 390), st.integers(1, 512)), min_size=2, max_size=12))
def test_however_it_is_drained_within_the_depth_of_the_fifo_nothing_is_lost(
    rig: Make, steps: list[tuple[int, int]]
) -> None:
    r = rig()
    samples: list[Sample] = []
    for wait_ms, most in steps:
        r.clock.t_ns += wait_ms * MS
        samples += r.driver.drain(most)
        while more := r.driver.drain(most):
            samples += more
        samples += r.driver.drain()
    assert [s.values for s in samples] == r.taken()
    assert all_good(samples) or not samples


# --- what is lost is flagged and counted


def test_an_overflow_is_flagged_on_the_next_sample_and_counted(rig: Make) -> None:
    r = rig()
    r.run(1_000 * MS)
    r.clock.t_ns += 2_000 * MS
    samples = r.run(500 * MS)
    assert samples[0].flags == Flag.OVERRUN
    assert all_good(samples[1:])
    assert (r.driver.counters.overruns, r.driver.counters.gaps) == (1, 1)
    assert all(sample.values in r.truth for sample in samples), "no reading is made of two moments"


def test_an_overflow_of_any_length_never_shifts_a_reading(rig: Make) -> None:
    r = rig()
    for extra in range(12):
        r.clock.t_ns += (FIFO_MS[r.model.name] + 40 + 5 * extra) * MS
        samples = r.run(200 * MS)
        assert all(sample.values in r.truth for sample in samples)
        assert samples[0].flags == Flag.OVERRUN
    assert r.driver.counters.overruns == 12


def test_a_brown_out_is_noticed_repaired_counted_and_flagged(rig: Make) -> None:
    r = rig()
    before = r.run(1_000 * MS)
    r.chip.brown_out()
    after = r.run(1_000 * MS)
    assert after[0].flags == Flag.CONFIG_LOST | Flag.SETTLING
    settling = len(r.settling)
    assert {s.flags for s in after[1:settling]} == {Flag.SETTLING}
    assert all_good(after[settling:])
    assert (r.driver.counters.config_losses, r.driver.counters.gaps) == (1, 1)
    assert in_order([before[-1], *after])
    assert len(after) > 0.85 * r.nominal_hz


def test_a_reading_that_never_changes_is_flagged_as_frozen_and_counted(rig: Make) -> None:
    r = rig()
    r.run(500 * MS)
    r.chip.freeze(True)
    samples = r.run(500 * MS)
    same = [s for s in samples if s.values == samples[-1].values]
    assert {s.flags for s in same[FROZEN_RUN:]} == {Flag.FROZEN}
    assert r.driver.counters.frozen >= len(same) - FROZEN_RUN
    r.chip.freeze(False)
    assert all_good(r.run(500 * MS)[10:])


def test_a_chip_that_is_frozen_for_a_second_is_reset(rig: Make) -> None:
    r = rig()
    r.chip.freeze(True)
    r.run(2_500 * MS)
    assert r.driver.counters.resets == 2
    assert r.driver.counters.config_losses == 0


def test_a_chip_that_answers_but_measures_nothing_is_reset(rig: Make) -> None:
    r = rig()
    r.chip._due_ns = 1 << 62  # its sample clock has stopped
    assert r.run(500 * MS) == []
    samples = r.run(700 * MS)
    assert r.driver.counters.resets == 1
    assert samples[0].flags == Flag.OVERRUN | Flag.SETTLING
    assert all_good(samples[len(r.settling) :])


def test_a_rate_that_the_chip_does_not_have_is_refused_with_those_it_has(rig: Make) -> None:
    r = rig()
    low, high = sorted(r.model.rates_hz)
    with pytest.raises(SettingError, match=f"{low} or {high}"):
        driver_for(r.model.name, r.bus, r.clock, address=r.address, rate_hz=111)


# --- whatever happens


FAULT = st.one_of(
    st.tuples(st.just("stall"), st.integers(10, 1500)),
    st.tuples(st.just("nack"), st.integers(1, 12)),
    st.tuples(st.just("time-out"), st.integers(1, 12)),
    st.tuples(st.just("broken burst"), st.integers(1, 3)),
    st.tuples(st.just("hold"), st.integers(1, 600)),
    st.tuples(st.just("brown-out"), st.just(0)),
    st.tuples(st.just("quiet"), st.integers(50, 700)),
)


def play_fault(r: ImuRig, kind: str, size: int) -> None:
    if kind == "stall":
        r.clock.t_ns += size * MS
    elif kind == "nack":
        r.adapter.fail_next(errno.EREMOTEIO, size)
    elif kind == "time-out":
        r.adapter.fail_next(errno.ETIMEDOUT, size)
    elif kind == "broken burst":
        fail_burst(r, size - 1, errno.EIO, 1)
    elif kind == "hold":
        r.adapter.hold(r.clock.t_ns + size * MS)
    elif kind == "brown-out":
        r.chip.brown_out()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    faults=st.lists(st.tuples(FAULT, st.integers(0, 400), st.integers(7, 60)), min_size=1, max_size=8),
    rate_error_ppm=st.integers(-15_000, 15_000),
)
# a long wait before the first look at a chip whose rate is not known yet, or was last judged by two looks
@example(faults=[(("brown-out", 0), 1, 7), (("stall", 435), 0, 7)], rate_error_ppm=9021)
@example(
    faults=[(("brown-out", 0), 148, 7), (("stall", 10), 9, 8), (("broken burst", 1), 57, 56), (("stall", 215), 0, 7)],
    rate_error_ppm=0,
)
# the second look, which gives the rate, is one that had to be tried again
@example(faults=[(("brown-out", 0), 1, 7), (("hold", 32), 1, 31), (("broken burst", 1), 25, 8)], rate_error_ppm=-9085)
def test_no_fault_ever_delivers_a_wrong_sample_unflagged_or_loses_one_silently(
    rig: Make, faults: list[tuple[tuple[str, int], int, int]], rate_error_ppm: int
) -> None:
    r = rig(timed=True, rate_error_ppm=rate_error_ppm)
    samples: list[Sample] = []
    for (kind, size), pause_ms, step_ms in faults:
        play_fault(r, kind, size)
        samples += r.endure(pause_ms * MS, step_ms * MS)
    samples += r.endure(3_000 * MS, 50 * MS)
    good = [s for s in samples if not s.flags]
    assert all(s.values in r.truth for s in good), "a reading that the chip never took"
    period_ns = 1_000_000_000 / r.nominal_hz
    assert max(map(abs, r.errors_ns(good)), default=0) < 0.75 * period_ns
    assert in_order(samples)
    holes = r.holes(samples)
    assert all(samples[index].flags for index in holes), "samples were lost silently"
    assert r.driver.counters.gaps >= len(holes)
    assert all_good(samples[-100:]), "it recovers from everything"


# --- temperature


def test_the_temperature_follows_the_chip_s_own_and_is_read_four_times_a_second_at_most(
    rig: Make, name: ImuName, monkeypatch: pytest.MonkeyPatch
) -> None:
    r = rig()
    r.run(2_000 * MS)
    asked: list[bytes] = []
    original = r.chip.write
    monkeypatch.setattr(r.chip, "write", lambda data: (asked.append(data), original(data)))
    for celsius in (-39.9, 21.37, 84.9):
        r.chip.temperature_c = celsius
        r.run(1_000 * MS)
        assert r.driver.temperature_c == pytest.approx(celsius, abs=0.01)
    assert asked.count(b"\x1e" if name == "lsm6dsox" else b"\x41") <= 4 * 3


@pytest.mark.parametrize("celsius", [-41.0, 86.0])
def test_a_temperature_that_the_sensor_cannot_measure_is_none(rig: Make, celsius: float) -> None:
    r = rig()
    r.run(1_000 * MS)
    assert r.driver.temperature_c == pytest.approx(CHIP_TEMPERATURE_C, abs=0.01)
    r.chip.temperature_c = celsius
    r.run(1_000 * MS)
    assert r.driver.temperature_c is None


def test_a_chip_that_was_set_up_again_does_not_give_the_temperature_from_before(rig: Make) -> None:
    r = rig()
    r.run(2_000 * MS)
    r.chip.brown_out()
    r.chip.temperature_c = 60.0
    while not r.driver.counters.config_losses:
        r.endure(10 * MS, 10 * MS)
    given = []
    for _ in range(100):
        r.endure(10 * MS, 10 * MS)
        given.append(r.driver.temperature_c)
    known = next(at for at, each in enumerate(given) if each is not None)
    assert given[known:] == pytest.approx([60.0] * (100 - known), abs=0.01)


def test_a_chip_that_does_not_answer_has_no_temperature(rig: Make) -> None:
    r = rig(timed=True)
    r.run(1_000 * MS)
    r.adapter.hold(r.clock.t_ns + 1_000 * MS)
    r.endure(100 * MS)
    assert r.driver.temperature_c is None
    r.endure(3_000 * MS)
    assert r.driver.temperature_c is not None
    del r.adapter.chips[r.address]
    r.endure(1_000 * MS)
    assert r.driver.temperature_c is None


# --- self-test


def test_a_healthy_chip_passes_its_self_test_and_goes_on_as_before(rig: Make) -> None:
    r = rig(still=True)
    r.run(500 * MS)
    before_ns = r.clock.t_ns
    result = r.driver.self_test()
    assert result.passed
    assert result.failures == ()
    assert all(low < value < high for value, (low, high) in zip(result.accel_mg, result.accel_limits_mg, strict=True))
    assert all(low < value < high for value, (low, high) in zip(result.gyro_dps, result.gyro_limits_dps, strict=True))
    assert r.clock.t_ns - before_ns < 1_000 * MS
    samples = r.run(500 * MS)
    assert samples[0].flags == Flag.OVERRUN | Flag.SETTLING
    assert all_good(samples[len(r.settling) :])


@pytest.mark.parametrize("axis", AXES)
def test_an_axis_that_does_not_move_fails_the_self_test_by_name(rig: Make, axis: str) -> None:
    r = rig(dead=[axis], still=True)
    result = r.driver.self_test()
    assert not result.passed
    sensor = "accelerometer" if axis.startswith("a") else "gyroscope"
    assert len(result.failures) == 1
    assert result.failures[0].startswith(f"{sensor} {axis[1]} moved by")
    assert r.run(200 * MS), "it measures none the less"
