"""The running line is the least-squares line, wherever it starts and however long it runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.live.line_fit import SlidingLine

STEPS = st.lists(st.tuples(st.integers(1, 5), st.integers(-400_000, 400_000)), min_size=3, max_size=60)


def points(steps: list[tuple[int, int]], period_ns: int, start_ns: int) -> list[tuple[int, int]]:
    x, out = 0, []
    for step, jitter in steps:
        x += step
        out.append((x, start_ns + x * period_ns + jitter))
    return out


@given(steps=STEPS, period_ns=st.integers(1_000, 20_000_000), window=st.integers(2, 40))
def test_it_is_the_least_squares_line_of_the_newest_points(
    steps: list[tuple[int, int]], period_ns: int, window: int
) -> None:
    line = SlidingLine(window)
    all_points = points(steps, period_ns, 10**15)
    for x, y in all_points:
        line.push(x, y)
    kept = all_points[-window:]
    assert len(line) == len(kept)
    xs = np.array([x - kept[0][0] for x, _ in kept], dtype=np.float64)
    ys = np.array([y - kept[0][1] for _, y in kept], dtype=np.float64)
    slope, intercept = np.polyfit(xs, ys, 1)
    assert line.slope == pytest.approx(slope, rel=1e-7)
    newest = kept[-1][0]
    assert line.at(newest) == pytest.approx(kept[0][1] + intercept + slope * xs[-1], abs=3)


@given(steps=STEPS, shift_ns=st.integers(-(10**14), 10**14), shift_x=st.integers(-(10**9), 10**9))
def test_moving_time_or_counter_moves_the_line_and_nothing_else(
    steps: list[tuple[int, int]], shift_ns: int, shift_x: int
) -> None:
    here, there = SlidingLine(16), SlidingLine(16)
    for x, y in points(steps, 10_702_000, 5 * 10**14):
        here.push(x, y)
        there.push(x + shift_x, y + shift_ns)
    assert there.slope == here.slope
    assert there.at(x + shift_x + 1) == here.at(x + 1) + shift_ns


def test_a_month_later_it_is_as_exact_as_in_the_first_second() -> None:
    line = SlidingLine(128)
    period_ns, month = 10_702_003, 250_000_000
    for k in range(month, month + 1000):
        line.push(k, 7 + k * period_ns)
    assert line.slope == period_ns
    assert line.at(month + 1000) == 7 + (month + 1000) * period_ns


def test_after_a_restart_nothing_of_before_is_left() -> None:
    line = SlidingLine(8)
    for k in range(20):
        line.push(k, k * 100)
    line.restart()
    assert len(line) == 0
    assert line.slope is None
    line.push(5, 1_000)
    line.push(6, 1_300)
    assert (line.slope, line.at(7)) == (300.0, 1_600)


def test_a_line_through_one_point_is_refused() -> None:
    line = SlidingLine(4)
    line.push(1, 1)
    assert line.slope is None
    with pytest.raises(ValueError, match="needs 2 points; there are 1"):
        line.at(2)
    with pytest.raises(ValueError, match="the window is 1"):
        SlidingLine(1)
