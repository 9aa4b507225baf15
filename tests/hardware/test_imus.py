"""Every IMU driver through the real smbus2 against its virtual chip: the same promises, whichever chip is fitted."""

import errno
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hardware.clock import VirtualClock
from hardware.errors import BusError, HardwareError, SettingError
from hardware.fifo_imu import FROZEN_RUN, RESET_AFTER_FAILURES, SETTLING_NS
from hardware.imu import ImuName
from hardware.sensor import Channel, Flag, Sample
from hardware.virtual.i2c import I2cChip
from hardware.virtual.imu_chip import AXES, CHIP_TEMPERATURE_C
from tests.hardware.imu_rig import ALL, MS, ImuRig, driver_for

Make = Callable[..., ImuRig]
FIFO_MS = {"lsm6dsox": 820, "mpu6050": 425, "mpu6500": 425}  # at the default rate
pytestmark = pytest.mark.parametrize("name", ALL)


@pytest.fixture
def rig(name: ImuName) -> Iterator[Make]:
    made: list[ImuRig] = []

    def make(rate_hz: int | None = None, **settings: Any) -> ImuRig:
        made.append(ImuRig(name, rate_hz, **settings))
        return made[-1]

    yield make
    for each in made:
        each.bus.close()


def all_good(samples: list[Sample]) -> bool:
    return {sample.flags for sample in samples} == {Flag.GOOD}


def in_order(samples: list[Sample]) -> bool:
    return all(a.t_ns < b.t_ns for a, b in pairwise(samples))


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


# --- the bus


@pytest.mark.parametrize("code", [errno.EREMOTEIO, errno.ENXIO])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("in_burst", [False, True])
def test_an_acknowledge_that_is_missing_once_or_twice_costs_nothing(
    rig: Make, code: int, times: int, in_burst: bool
) -> None:
    r = rig()
    samples = r.run(500 * MS)
    r.clock.t_ns += 20 * MS
    if in_burst:
        fail_burst(r, 0, code, times)
    else:
        r.adapter.fail_next(code, times)
    samples += r.run(500 * MS)
    assert [s.values for s in samples] == r.taken()
    assert all_good(samples)
    assert r.driver.counters.bus_errors == times


def fail_burst(r: ImuRig, skipped: int, code: int, times: int) -> None:
    """Let transfers fail from a burst of the FIFO on, after so many bursts that do not."""
    original, left = r.driver._burst, skipped  # type: ignore[attr-defined]

    def burst(length: int) -> bytes:
        nonlocal left
        if not left:
            r.adapter.fail_next(code, times)
            r.driver._burst = original  # type: ignore[attr-defined]
        left -= 1
        return bytes(original(length))

    r.driver._burst = burst  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", [errno.EIO, errno.ETIMEDOUT])
def test_a_look_at_the_status_that_breaks_off_is_repeated_and_costs_nothing(rig: Make, code: int) -> None:
    r = rig()
    samples = r.run(500 * MS)
    r.adapter.fail_next(code)
    samples += r.run(500 * MS)
    assert [s.values for s in samples] == r.taken()
    assert all_good(samples)


@pytest.mark.parametrize("code", [errno.EIO, errno.ETIMEDOUT])
def test_a_burst_that_breaks_off_loses_samples_but_never_makes_one_of_two_halves(rig: Make, code: int) -> None:
    r = rig()
    before = r.run(500 * MS)
    r.clock.t_ns += 60 * MS
    fail_burst(r, 0, code, 1)
    with pytest.raises(BusError):
        r.driver.drain()
    after = r.run(500 * MS)
    assert all(s.values in r.truth for s in after)
    assert [bool(s.flags) for s in after] == [True] + [False] * (len(after) - 1)
    assert r.holes(before + after) == [len(before)]
    assert r.driver.counters.gaps >= 1


@pytest.mark.parametrize(
    ("code", "advice"), [(errno.EREMOTEIO, "wiring"), (errno.ETIMEDOUT, "held low"), (errno.EPERM, "dmesg")]
)
def test_a_bus_that_stays_bad_is_an_error_that_says_what_to_do_and_the_fifo_bridges_it(
    rig: Make, code: int, advice: str
) -> None:
    r = rig()
    samples = r.run(500 * MS)
    r.clock.t_ns += 20 * MS
    r.adapter.fail_next(code, 3)
    with pytest.raises(BusError, match=advice) as caught:
        r.driver.drain()
    assert caught.value.errno == code
    assert f"0x{r.address:02x}" in str(caught.value)
    samples += r.run(500 * MS)
    assert [s.values for s in samples] == r.taken()
    assert all_good(samples)
    assert (r.driver.counters.bus_errors, r.driver.counters.bus_recoveries) == (3, 1)


def test_after_a_failure_the_bus_is_opened_again_before_it_is_used(rig: Make) -> None:
    r = rig()
    r.run(100 * MS)
    opened: list[int] = []
    original = r.bus.reopen

    def reopen() -> None:
        opened.append(r.clock.t_ns)
        original()

    r.bus.reopen = reopen  # type: ignore[method-assign]
    r.adapter.fail_next(errno.EREMOTEIO, 3)
    r.endure(200 * MS)
    assert len(opened) == 1
    assert r.run(100 * MS)


GYRO_2000_DPS = {"lsm6dsox": b"\x11\x5c", "mpu6050": b"\x1b\x18", "mpu6500": b"\x1b\x18"}


def test_after_a_failure_the_settings_are_looked_at_before_a_sample_is_believed(rig: Make) -> None:
    r = rig()
    for round_number in range(1, 9):
        r.run(3_000 * MS + round_number * 30 * MS, 30 * MS)  # looks are 250 ms apart: most rounds fall in between
        r.chip.write(GYRO_2000_DPS[r.model.name])
        r.adapter.fail_next(errno.EREMOTEIO, 3)
        samples = r.endure(800 * MS, 20 * MS)
        assert samples[0].flags & Flag.CONFIG_LOST
        assert r.driver.counters.config_losses == round_number


def test_a_line_that_is_held_for_a_moment_costs_no_sample(rig: Make) -> None:
    r = rig(timed=True)
    samples = r.run(500 * MS)
    r.adapter.hold(r.clock.t_ns + 150 * MS)
    samples += r.endure(1_000 * MS, 20 * MS)
    assert [s.values for s in samples] == r.taken()
    assert all_good(samples)
    assert r.driver.counters.bus_recoveries == 1


def test_no_drain_takes_longer_than_50_ms_and_a_dead_bus_leaves_the_load_cells_nine_tenths(rig: Make) -> None:
    r = rig(timed=True)
    r.run(500 * MS)
    r.adapter.hold()
    start_ns, busy_ns = r.clock.t_ns, 0
    while r.clock.t_ns < start_ns + 10_000 * MS:
        before_ns = r.clock.t_ns
        with pytest.raises(HardwareError, match="held low"):
            r.driver.drain()
        spent_ns = r.clock.t_ns - before_ns
        assert spent_ns <= 50 * MS
        busy_ns += spent_ns
        r.clock.t_ns += 20 * MS
    assert busy_ns < 0.1 * (r.clock.t_ns - start_ns)
    assert r.driver.counters.bus_errors > 20


def test_a_chip_that_holds_the_bus_is_freed_by_nine_clocks_where_there_is_a_way_to_give_them(rig: Make) -> None:
    r = rig(timed=True, recovers=True)
    before = r.run(500 * MS)
    r.adapter.hold()
    after = r.endure(1_000 * MS, 20 * MS)
    assert r.recovered == 1
    assert r.driver.counters.bus_recoveries == 1
    samples = before + after
    assert all(s.values in r.truth for s in samples)
    assert all(samples[index].flags for index in r.holes(samples))
    assert len(after) > 0.5 * r.nominal_hz


def test_without_a_way_to_clock_the_bus_stays_dead_and_the_driver_goes_on_asking(rig: Make) -> None:
    r = rig(timed=True)
    r.run(500 * MS)
    r.adapter.hold()
    assert r.endure(2_000 * MS) == []
    r.adapter.nine_clocks()  # somebody powered the sensor off and on
    r.chip.brown_out()
    samples = r.endure(1_500 * MS)
    assert samples[0].flags & Flag.CONFIG_LOST
    assert all_good(samples[len(r.settling) :])


def test_a_chip_that_fails_ten_drains_in_a_row_is_reset_when_it_answers_again(rig: Make) -> None:
    r = rig()
    r.run(500 * MS)
    chips = dict(r.adapter.chips)
    r.adapter.chips.clear()
    for _ in range(RESET_AFTER_FAILURES):
        r.clock.t_ns += 50 * MS
        with pytest.raises(BusError):
            r.driver.drain()
    assert r.driver.counters.resets == 1
    r.adapter.chips.update(chips)
    samples = r.endure(1_000 * MS)
    assert samples[0].flags == Flag.OVERRUN | Flag.SETTLING
    assert r.driver.counters.bus_recoveries == 1


def test_a_chip_that_is_gone_after_a_brown_out_is_set_up_when_it_comes_back(rig: Make) -> None:
    r = rig()
    r.run(200 * MS)
    r.chip.brown_out()
    chips = dict(r.adapter.chips)
    r.adapter.chips.clear()
    assert r.endure(200 * MS) == []
    r.adapter.chips.update(chips)
    samples = r.endure(500 * MS)
    assert samples[0].flags == Flag.CONFIG_LOST | Flag.SETTLING
    assert r.driver.counters.config_losses == 1


def test_no_chip_at_the_address_is_a_bus_error_with_the_address(rig: Make) -> None:
    r = rig()
    other = r.model.addresses[1]
    with pytest.raises(BusError, match=rf"0x{other:02x}, reading WHO_AM_I"):
        driver_for(r.model.name, r.bus, r.clock, address=other).drain()


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
