"""What every IMU driver makes of a bus that fails: what costs nothing, what costs samples, and that it says so."""

import errno

import pytest

from hardware.errors import BusError, HardwareError
from hardware.fifo_imu import RESET_AFTER_FAILURES
from hardware.sensor import Flag
from tests.hardware.imu_rig import ALL, MS, Make, all_good, driver_for, fail_burst

pytestmark = pytest.mark.parametrize("name", ALL)


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
