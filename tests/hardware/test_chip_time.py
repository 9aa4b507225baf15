"""The fit from a chip's ticks to station time, on readings as a bus gives them."""

import math
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from hardware.chip_time import OBSERVE_AT_FIRST_EVERY_NS, OBSERVE_EVERY_NS, ChipTime

MS = 1_000_000
TICK_NS = 25_000


def at(true_tick_ns: float, ticks: int) -> int:
    return 7_000_000_000_000 + round(ticks * true_tick_ns)


@given(error=st.floats(-0.03, 0.03), count=st.integers(3, 100))
def test_undisturbed_readings_give_the_chip_s_true_rate(error: float, count: int) -> None:
    tick_ns = TICK_NS * (1 + error)
    fit = ChipTime(TICK_NS)
    for i in range(count):
        now_ns = at(tick_ns, 10_000 * i)
        assert fit.observe(10_000 * i, now_ns, now_ns)
    assert abs(fit.tick_ns / tick_ns - 1) < 1e-7
    for ticks in (10_000 * count, 10_000 * count - 5_000):
        assert abs(fit.station_ns(ticks) - at(tick_ns, ticks)) < 100


@given(widths=st.lists(st.integers(100_000, 200_000), min_size=10, max_size=60), place=st.floats(0, 1))
def test_the_error_is_at_most_half_the_width_of_the_readings(widths: list[int], place: float) -> None:
    fit = ChipTime(TICK_NS)
    for i, width_ns in enumerate(widths):
        read_ns = at(TICK_NS, 10_000 * i)
        before_ns = read_ns - int(place * width_ns)
        fit.observe(10_000 * i, before_ns, before_ns + width_ns)
    ticks = 10_000 * len(widths)
    assert abs(fit.station_ns(ticks) - at(TICK_NS, ticks)) < 110_000


looks = given(
    error=st.floats(-0.03, 0.03),
    phase=st.floats(0, 1),
    steps=st.lists(st.integers(20 * MS, 300 * MS), min_size=1, max_size=80),
)
# looks that keep in step with a chip that is slower than its nominal rate
in_step = example(error=0.03, phase=0.0, steps=[300 * MS] * 80)
nearly_in_step = example(error=0.029, phase=0.0, steps=[20 * MS] * 80)


class LookedAt:
    """A count that rises with a chip's own period, and is looked at now and then."""

    def __init__(self, error: float, phase: float) -> None:
        self.fit = ChipTime(5 * MS)
        self.period_ns = 5 * MS * (1 + error)
        self._phase = phase
        self._start_ns = 7_000_000_000_000
        self._now_ns = self._start_ns + 10 * MS

    def off_ns(self, step_ns: int, period_ns: float) -> float:
        """Look at the newest sample, taken within `period_ns` as is believed; return how far off its time is put."""
        self._now_ns += step_ns
        newest = int((self._now_ns - self._start_ns) / self.period_ns - self._phase)
        self.fit.observe(newest, self._now_ns - math.ceil(period_ns), self._now_ns)
        return abs(self.fit.station_ns(newest) - (self._start_ns + (newest + self._phase) * self.period_ns))


@looks
@in_step
@nearly_in_step
def test_a_count_looked_at_now_and_then_is_placed_within_its_own_bound(
    error: float, phase: float, steps: list[int]
) -> None:
    chip = LookedAt(error, phase)
    for step_ns in steps:
        assert chip.off_ns(step_ns, chip.period_ns) <= chip.fit.error_ns + 2
        assert chip.fit.error_ns <= chip.period_ns / 2 + 1


@looks
@in_step
@nearly_in_step
def test_a_count_whose_period_has_yet_to_be_found_is_placed_within_half_a_period(
    error: float, phase: float, steps: list[int]
) -> None:
    chip = LookedAt(error, phase)
    for step_ns in steps:
        assert chip.off_ns(step_ns, chip.fit.tick_ns) <= 2.5 * MS + 0.16 * MS  # 3 % of 5 ms until it is found


def test_a_rate_that_changes_leaves_old_observations_behind() -> None:
    fit = ChipTime(TICK_NS)
    true_ns = 7_000_000_000_000
    for i in range(80):
        error = 0.0 if i < 40 else 0.01
        true_ns += round(10_000 * TICK_NS * (1 + error))
        fit.observe(10_000 * (i + 1), true_ns - 100_000, true_ns + 100_000)
        assert abs(fit.station_ns(10_000 * (i + 1)) - true_ns) <= 100_001
        if i >= 42:
            assert abs(fit.tick_ns / TICK_NS - 1 - error) < 5e-4


def test_a_reading_that_was_interrupted_is_left_out() -> None:
    fit = ChipTime(TICK_NS)
    for i in range(10):
        now_ns = at(TICK_NS, 10_000 * i)
        fit.observe(10_000 * i, now_ns, now_ns + 100_000)
    late_ns = at(TICK_NS, 100_000)
    before = fit.station_ns(110_000)
    assert not fit.observe(100_000, late_ns, late_ns + 30 * MS)
    assert fit.station_ns(110_000) == before


def test_a_first_reading_that_was_interrupted_is_put_right_when_a_better_one_comes() -> None:
    fit = ChipTime(TICK_NS)
    fit.observe(0, at(TICK_NS, 0), at(TICK_NS, 0) + 60 * MS)
    assert abs(fit.station_ns(0) - at(TICK_NS, 0)) == 30 * MS
    fit.observe(10_000, at(TICK_NS, 10_000), at(TICK_NS, 10_000))
    assert fit.station_ns(10_000) == at(TICK_NS, 10_000)


def test_a_count_that_has_not_moved_narrows_its_own_bounds() -> None:
    fit = ChipTime(5 * MS)
    fit.observe(100, 1_000 * MS, 1_005 * MS)
    fit.observe(100, 1_003 * MS, 1_008 * MS)
    assert fit.station_ns(100) == 1_004 * MS
    assert fit.error_ns == 1 * MS


def test_observations_come_close_together_at_first_and_then_ever_less_often() -> None:
    fit = ChipTime(TICK_NS)
    due = []
    for now_ns in range(0, 6_000 * MS, 5 * MS):
        if fit.is_due(now_ns):
            fit.observe(now_ns // TICK_NS, now_ns, now_ns)
            due.append(now_ns)
    steps = [b - a for a, b in pairwise(due)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (OBSERVE_AT_FIRST_EVERY_NS, OBSERVE_EVERY_NS)
    assert all(
        step <= max(OBSERVE_AT_FIRST_EVERY_NS, at_ns / 8 + 5 * MS) for step, at_ns in zip(steps, due, strict=False)
    )
