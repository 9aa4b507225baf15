"""The fixed-rate loop keeps absolute deadlines and counts what came late."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.clock import VirtualClock
from station.live.loop import TICK_NS, FixedRateLoop


class SlowWork:
    """A tick that takes as long as it is told to, on the virtual clock."""

    def __init__(self, clock: VirtualClock, costs_ns: list[int]) -> None:
        self.clock = clock
        self.costs_ns = iter(costs_ns)
        self.began_ns: list[int] = []

    def __call__(self, now_ns: int) -> None:
        self.began_ns.append(now_ns)
        self.clock.t_ns += next(self.costs_ns, 0)


def test_an_unhurried_loop_is_never_late() -> None:
    clock = VirtualClock(0)
    loop = FixedRateLoop(clock, lambda now_ns: None)
    for _ in range(1000):
        loop.step()
    status = loop.status()
    assert (status.ticks, status.overruns, status.lateness_us.max) == (1000, 0, 0.0)
    assert clock.t_ns == 1000 * TICK_NS


@given(st.lists(st.integers(0, 4 * TICK_NS), min_size=1, max_size=60))
def test_lateness_never_adds_up_and_every_missed_deadline_is_counted(costs_ns: list[int]) -> None:
    clock = VirtualClock(0)
    work = SlowWork(clock, costs_ns)
    loop = FixedRateLoop(clock, work)
    for _ in range(len(costs_ns) + 10):
        loop.step()
    assert work.began_ns[-1] % TICK_NS == 0, "after the hurry every tick is on its deadline again"
    deadlines_passed = work.began_ns[-1] // TICK_NS
    assert loop.status().ticks + loop.status().overruns == deadlines_passed


def test_one_slow_tick_shows_in_the_maximum() -> None:
    clock = VirtualClock(0)
    loop = FixedRateLoop(clock, SlowWork(clock, [TICK_NS + 3_000_000]))
    for _ in range(200):
        loop.step()
    late = loop.status().lateness_us
    assert (late.p50, late.max) == (0.0, 3000.0)
