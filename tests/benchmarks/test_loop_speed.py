"""What a tick of the 100 Hz loop costs, and how much faster than life a whole screen runs. Figures, not verdicts."""

import time
from pathlib import Path
from typing import Literal

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from hardware.clock import VirtualClock
from station.demo.one_process import OneProcess, visit
from station.demo.settings import DemoSettings, demo_config, demo_visitor
from station.visit.events import Began


def settings(chips: Literal["pins", "samples"], protocol: str = "walk-up") -> DemoSettings:
    return DemoSettings(protocol=protocol, chips=chips)


def test_a_tick_of_the_station_while_somebody_is_measured(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The engine's own work of one tick (reading the ring to advancing the visit), p99 in extra_info."""
    running = OneProcess(demo_config(settings("samples", "quiet-stance"), tmp_path))
    station = running.station
    clock = station.loop._clock
    assert isinstance(clock, VirtualClock)
    station.engine.begin(Began("quiet-stance", 68, "male"))
    for _ in range(300):
        running.step()
    running.person.step_on(running.now_ns)
    costs_us: list[float] = []

    def one_tick() -> None:
        clock.t_ns += 10_000_000
        running._live_up_to(clock.t_ns)
        began = time.perf_counter_ns()
        station.engine.tick(clock.t_ns)
        costs_us.append((time.perf_counter_ns() - began) / 1e3)

    benchmark.pedantic(one_tick, rounds=4000, iterations=1)
    costs_us.sort()
    benchmark.extra_info["engine_p50_us"] = round(costs_us[len(costs_us) // 2], 1)
    benchmark.extra_info["engine_p99_us"] = round(costs_us[int(0.99 * len(costs_us))], 1)
    benchmark.extra_info["engine_max_us"] = round(costs_us[-1], 1)
    running.close()


@pytest.mark.parametrize("chips", ["pins", "samples"])
def test_a_whole_walk_up_screen(benchmark: BenchmarkFixture, tmp_path: Path, chips: Literal["pins", "samples"]) -> None:
    """A walk-up screen from attract to attract, no broker; `times_faster_than_life` in extra_info."""
    asked = settings(chips)
    folders = iter(range(1000))

    def screen() -> float:
        folder = tmp_path / str(next(folders))
        running, _ = visit(demo_config(asked, folder), demo_visitor(asked), speed=None, serve=False, watch=len)
        running.close()
        return running.station.loop.ticks / 100

    session_s = benchmark.pedantic(screen, rounds=2, iterations=1)
    benchmark.extra_info["session_s"] = session_s
    benchmark.extra_info["times_faster_than_life"] = round(session_s / benchmark.stats.stats.mean, 1)
