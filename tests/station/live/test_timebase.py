"""Free-running channels come onto one grid by their own timestamps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.sensor import Flag
from station.live.timebase import NOMINAL_INTERVAL_NS, ChannelTimebase


def filled(times_ns: list[int], values: list[int], flags: dict[int, int] | None = None) -> ChannelTimebase:
    base = ChannelTimebase()
    for k, (t_ns, value) in enumerate(zip(times_ns, values, strict=True)):
        base.push(t_ns, value, (flags or {}).get(k, 0))
    return base


@given(
    slope=st.integers(-50, 50),
    offset=st.integers(-100_000, 100_000),
    period_us=st.integers(10_300, 11_100),
    phase_us=st.integers(0, 10_000),
)
def test_a_straight_line_is_reproduced_whatever_the_oscillator(
    slope: int, offset: int, period_us: int, phase_us: int
) -> None:
    times = [phase_us * 1000 + k * period_us * 1000 for k in range(100)]
    base = filled(times, [offset + slope * (t // 1000) for t in times])
    for grid_ns in range(20_000_000, 900_000_000, 10_000_000):
        found = base.at(grid_ns)
        assert found is not None
        value, good = found
        assert good
        assert value == pytest.approx(offset + slope * grid_ns / 1000, abs=1e-3)


def test_nothing_is_said_before_two_samples_surround_the_tick() -> None:
    base = filled([10_000_000], [5])
    assert base.at(9_000_000) is None
    assert base.at(12_000_000) is None
    base.push(21_000_000, 7, 0)
    assert base.at(15_500_000) == (6.0, True)


@pytest.mark.parametrize("rate_hz", [75.0, 80.0, 1e9 / NOMINAL_INTERVAL_NS, 100.0])
def test_one_flagged_sample_is_bridged_and_two_are_a_gap(rate_hz: float) -> None:
    period_ns = round(1e9 / rate_hz)
    times = [k * period_ns for k in range(1, 12)]
    one = filled(times, [100] * 11, {5: Flag.LONG_PULSE})
    two = filled(times, [100] * 11, {5: Flag.LONG_PULSE, 6: Flag.ALL_ONES})
    assert one.at(6 * period_ns) == (100.0, True)
    assert two.at(int(6.5 * period_ns)) == (100.0, False)
    assert (one.frames, one.flagged, two.flagged) == (11, 1, 2)


def test_a_sample_from_the_past_is_counted_as_flagged_and_not_used() -> None:
    base = filled([20_000_000, 31_000_000, 31_000_000, 30_000_000], [1, 1, 999, 999])
    assert base.flagged == 2
    assert base.at(25_000_000) == (1.0, True)


@pytest.mark.parametrize("lost_every", [0, 7, 3])
def test_the_rate_is_the_oscillators_even_when_samples_are_missing(lost_every: int) -> None:
    period = 10_900_000
    times = [k * period for k in range(1, 400) if not lost_every or k % lost_every]
    rate = filled(times, [0] * len(times)).rate_hz()
    assert rate is not None
    assert math.isclose(rate, 1e9 / period, rel_tol=1e-9)


def test_a_board_at_ten_samples_a_second_is_not_taken_for_one_that_loses_frames() -> None:
    rate = filled([k * 93_000_000 for k in range(1, 100)], [0] * 99).rate_hz()
    assert rate is not None
    assert math.isclose(rate, 10.75, rel_tol=0.01)


def test_the_rate_is_unknown_before_there_is_enough_to_tell() -> None:
    assert filled([1, 2, 3], [0, 0, 0]).rate_hz() is None
