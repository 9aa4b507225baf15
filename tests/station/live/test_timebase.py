"""Free-running channels come onto one grid by their own timestamps, at the time of the load and not of the reading."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.sensor import Flag
from station.live.timebase import GROUP_DELAY_CONVERSIONS, NOMINAL_INTERVAL_NS, ChannelTimebase

MS = 1_000_000


def filled(times_ns: list[int], values: list[int], flags: dict[int, int] | None = None) -> ChannelTimebase:
    base = ChannelTimebase()
    for k, (t_ns, value) in enumerate(zip(times_ns, values, strict=True)):
        base.push(t_ns, value, (flags or {}).get(k, 0))
    return base


def good_at(base: ChannelTimebase, t_ns: int) -> float:
    found = base.at(t_ns)
    assert found is not None
    assert found[1]
    return found[0]


@given(
    slope=st.integers(-50, 50),
    offset=st.integers(-100_000, 100_000),
    period_us=st.integers(10_300, 11_100),
    phase_us=st.integers(0, 10_000),
)
def test_a_straight_line_is_reproduced_whatever_the_oscillator(
    slope: int, offset: int, period_us: int, phase_us: int
) -> None:
    delay_us = GROUP_DELAY_CONVERSIONS * period_us
    times_us = [phase_us + 40_000 + k * period_us for k in range(100)]
    base = filled([t * 1000 for t in times_us], [offset + slope * (t - delay_us) for t in times_us])
    for grid_ns in range(60 * MS, 900 * MS, 10 * MS):
        assert good_at(base, grid_ns) == pytest.approx(offset + slope * grid_ns / 1000, abs=1e-3)


@given(shift_ns=st.integers(-(10**15), 10**15), seed=st.integers(0, 1000))
def test_when_the_machine_was_switched_on_changes_nothing(shift_ns: int, seed: int) -> None:
    draw = random.Random(seed)
    times = [10**16 + k * 10_600_000 + draw.randint(-200_000, 200_000) for k in range(60)]
    values = [draw.randint(-1000, 1000) for _ in times]
    here, there = filled(times, values), filled([t + shift_ns for t in times], values)
    for k in range(5, 55):
        assert there.at(times[k] + shift_ns - 22 * MS) == here.at(times[k] - 22 * MS)


@given(seed=st.integers(0, 10_000), lost=st.sets(st.integers(3, 70), max_size=20))
def test_the_grid_never_leaves_the_samples_around_it_and_no_hole_is_passed_off_as_measured(
    seed: int, lost: set[int]
) -> None:
    draw = random.Random(seed)
    period = draw.randint(10_100_000, 13_200_000)
    times = [20 * MS + k * period for k in range(80)]
    values = [draw.randint(-100_000, 100_000) for _ in times]
    base = filled(times, values, dict.fromkeys(lost, Flag.LONG_PULSE))
    kept = [k for k in range(80) if k not in lost]
    # the first intervals teach the period; once it is known each sample's load lies two periods back
    load = {k: times[k] - GROUP_DELAY_CONVERSIONS * period for k in kept}
    for grid_ns in range(20 * MS + 20 * period, times[-1] - 3 * period, 10 * MS):
        found = base.at(grid_ns)
        assert found is not None
        before = max(k for k in kept if load[k] < grid_ns)
        after = min(k for k in kept if load[k] >= grid_ns)
        low, high = sorted((values[before], values[after]))
        assert low - 1 <= found[0] <= high + 1
        if after - before > 2:
            assert not found[1], f"{after - before - 1} conversions are missing at {grid_ns}"


def test_nothing_is_said_before_two_samples_surround_the_tick() -> None:
    base = filled([50 * MS], [5])
    assert base.at(28 * MS) is None
    assert base.at(40 * MS) is None
    base.push(61 * MS, 7, 0)
    assert base.at(50 * MS) is None, "the load of a conversion lies two conversions before it is ready"
    base.push(72 * MS, 9, 0)
    assert good_at(base, 44_500_000) == pytest.approx(8.0)


@pytest.mark.parametrize("rate_hz", [75.0, 80.0, 1e9 / NOMINAL_INTERVAL_NS, 100.0])
def test_one_flagged_sample_is_bridged_and_two_are_a_gap(rate_hz: float) -> None:
    period_ns = round(1e9 / rate_hz)
    times = [k * period_ns for k in range(3, 14)]
    one = filled(times, [100] * 11, {5: Flag.LONG_PULSE})
    two = filled(times, [100] * 11, {5: Flag.LONG_PULSE, 6: Flag.ALL_ONES})
    assert one.at(6 * period_ns) == (100.0, True)
    assert two.at(int(6.5 * period_ns)) == (100.0, False)
    assert (one.frames, one.flagged, two.flagged) == (11, 1, 2)


def test_a_sample_from_the_past_is_counted_as_flagged_and_not_used() -> None:
    base = filled([50 * MS, 61 * MS, 61 * MS, 60 * MS, 72 * MS], [1, 1, 999, 999, 1])
    assert base.flagged == 2
    assert base.at(45 * MS) == (1.0, True)


def test_moments_that_are_noticed_late_do_not_bend_the_signal() -> None:
    """A polled line: each conversion is noticed up to 0.4 ms late, a busy kernel once in fifty 3 ms late."""
    draw = random.Random(4)
    period = 10_702_000
    slope = 0.004  # counts a nanosecond: the signal climbs steadily, so a wrong time is a wrong value

    def value(t_ns: int) -> int:
        return round(slope * (t_ns - GROUP_DELAY_CONVERSIONS * period))

    errors, raw_errors = [], []
    base = ChannelTimebase()
    for k in range(3, 1200):
        ready = k * period
        late = 3 * MS if k % 50 == 7 else draw.randint(0, 400_000)
        base.push(ready + late, value(ready), 0)
        grid_ns = (base.reaches_ns // (10 * MS)) * 10 * MS
        found = base.at(grid_ns)
        if k > 200 and found is not None:
            errors.append(found[0] - slope * grid_ns)
            raw_errors.append(slope * late)
    mean = sum(errors) / len(errors)
    spread = math.sqrt(sum((e - mean) ** 2 for e in errors) / len(errors))
    raw_mean = sum(raw_errors) / len(raw_errors)
    raw_spread = math.sqrt(sum((e - raw_mean) ** 2 for e in raw_errors) / len(raw_errors))
    assert spread < 0.2 * raw_spread


def test_an_oscillator_that_drifts_is_followed() -> None:
    """Two percent within a minute, far more than any board warms up."""
    base = ChannelTimebase()
    ready = 10**9
    period = 10_500_000.0
    worst_ns = 0.0
    true_load: list[float] = []
    t = float(ready)
    for _ in range(5600):
        period *= 1 + 0.02 / 5600
        t += period
        base.push(round(t), 0, 0)
        true_load.append(t - GROUP_DELAY_CONVERSIONS * period)
        if len(true_load) > 200:
            worst_ns = max(worst_ns, abs(base.reaches_ns - true_load[-1]))
    assert worst_ns < 100_000
    rate = base.rate_hz()
    assert rate is not None
    assert rate == pytest.approx(1e9 / period, rel=5e-4)


def test_after_a_reset_the_chips_new_phase_is_taken_at_once() -> None:
    period = 10_702_000
    base = filled([k * period for k in range(3, 203)], [0] * 200)
    start = 203 * period + 4_321_000  # half a period off its old phase
    for k in range(4):
        base.push(start + k * period, 0, Flag.SETTLING)
    base.push(start + 4 * period, 0, 0)
    assert base.reaches_ns == pytest.approx(start + 2 * period, abs=1000)


@pytest.mark.parametrize("lost_every", [0, 7, 3])
def test_the_rate_is_the_oscillators_even_when_samples_are_missing(lost_every: int) -> None:
    period = 10_900_000
    times = [k * period for k in range(1, 400) if not lost_every or k % lost_every]
    rate = filled(times, [0] * len(times)).rate_hz()
    assert rate is not None
    assert math.isclose(rate, 1e9 / period, rel_tol=1e-9)


def test_a_board_at_ten_samples_a_second_is_not_taken_for_one_that_loses_frames() -> None:
    rate = filled([k * 93 * MS for k in range(1, 100)], [0] * 99).rate_hz()
    assert rate is not None
    assert math.isclose(rate, 10.75, rel_tol=0.01)


def test_the_rate_is_unknown_before_there_is_enough_to_tell() -> None:
    assert filled([1, 2, 3], [0, 0, 0]).rate_hz() is None


def test_the_latency_is_known() -> None:
    period = 10_000_000
    base = filled([k * period for k in range(3, 103)], [0] * 100)
    assert base.latency_ms(102 * period) == pytest.approx(20.0)
    assert ChannelTimebase().latency_ms(5) is None
