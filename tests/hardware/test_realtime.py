"""The process around a source: what it asks the kernel for, and says when refused; its heartbeat, status and end."""

import ctypes
import gc
import itertools
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from hardware.clock import VirtualClock
from hardware.realtime import WAIT_NS, CpuUse, RealTime, run
from hardware.ring import RingReader, RingState, RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.source import SampleSource
from hardware.status import SourceStatus
from hardware.virtual.load import EmptyDeck
from hardware.virtual.source import build_virtual_source

S = 1_000_000_000
START_NS = 5 * S


class Script:
    """Stops the loop after so many rounds; remembers each."""

    def __init__(self, clock: VirtualClock, rounds: int) -> None:
        self.stop = threading.Event()
        self.clock = clock
        self.left = rounds
        self.rounds_ns: list[int] = []

    def poll(self) -> None:
        self.rounds_ns.append(self.clock.now_ns())
        self.left -= 1
        if not self.left:
            self.stop.set()


def test_virtual_chips_follow_the_stations_clock() -> None:
    station = VirtualClock(START_NS)
    chips = VirtualClock(START_NS)
    ring = RingWriter.in_memory()
    reader = ring.reader()
    source = build_virtual_source("samples", EmptyDeck(), 1, chips, ring)
    script = Script(station, rounds=401)
    beats: list[int] = []
    run(
        source,
        ring,
        station,
        virtual=True,
        stop=script.stop,
        beat=lambda: beats.append(station.now_ns()),
        polled=[script.poll],
    )
    assert script.rounds_ns == [START_NS + n * 5_000_000 for n in range(401)]
    assert reader.state == RingState.VIRTUAL
    assert reader.heartbeat_ns == START_NS + 2 * S
    assert 1100 < len(reader.read()) < 1200, "2 s of four corners and the IMU"
    assert len(beats) == 4
    assert gc.isenabled(), "the collector rests only while the loop runs"


def test_after_a_stall_the_chips_catch_up_without_losing_a_sample() -> None:
    station = VirtualClock(START_NS)
    ring = RingWriter.in_memory(slots=256)  # 0.4 s: a single burst of 10 s would overrun it
    reader = ring.reader()
    got: list[Sample] = []
    source = build_virtual_source("samples", EmptyDeck(), 1, VirtualClock(START_NS), ring)
    script = Script(station, rounds=200)

    def stall() -> None:
        got.extend(reader.read())
        if len(script.rounds_ns) == 100:
            station.t_ns += 10 * S

    run(source, ring, station, virtual=True, stop=script.stop, polled=[script.poll, stall])
    got += reader.read()
    assert reader.lost == 0
    times = [sample.t_ns for sample in got if sample.channel == Channel.FRONT_LEFT]
    assert len({b - a for a, b in itertools.pairwise(times)}) == 1
    assert times[-1] > START_NS + 10 * S


class SilentSource(SampleSource):
    """Delivers nothing and remembers how far it might wait."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.horizons_ns: list[int] = []

    def service(self, until_ns: int) -> int:
        self.horizons_ns.append(until_ns - self.clock.now_ns())
        self.clock.sleep_until_ns(until_ns)
        return 0

    def status(self) -> SourceStatus:
        return SourceStatus("nothing", "nobody", None, (), ())

    def close(self) -> None:
        pass


def test_the_watchdog_is_not_fed_when_no_samples_come() -> None:
    clock = VirtualClock(START_NS)
    script = Script(clock, rounds=100)
    run(
        SilentSource(clock),
        RingWriter.in_memory(),
        clock,
        virtual=True,
        stop=script.stop,
        beat=lambda: pytest.fail("fed"),
        polled=[script.poll],
    )


class Refusing:
    """A C library that may lock no memory."""

    @staticmethod
    def mlockall(flags: int) -> int:
        return -1

    @staticmethod
    def prctl(*arguments: int) -> int:
        return 0


@pytest.fixture
def poor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that grants nothing, on a machine with four cores."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Refusing())


def ran(wanted: RealTime, rounds: int = 50) -> tuple[RingWriter, SilentSource]:
    clock = VirtualClock(START_NS)
    ring = RingWriter.in_memory()
    source, script = SilentSource(clock), Script(clock, rounds)
    run(
        source,
        ring,
        clock,
        virtual=False,
        stop=script.stop,
        polled=[script.poll],
        describe=source.status,
        wanted=wanted,
    )
    return ring, source


@pytest.mark.usefixtures("poor")
def test_a_loop_that_is_granted_nothing_runs_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ring, source = ran(RealTime())
    assert ring.state == RingState.DEGRADED_NOT_FIFO | RingState.NOT_LOCKED | RingState.NOT_PINNED
    assert len(caplog.records) == 3
    assert caplog.text.count("Operation not permitted") == 2
    assert set(source.horizons_ns) == {WAIT_NS}
    status = ring.reader().acquire_status()
    assert status is not None
    assert status.scheduling.priority == "normal: Operation not permitted"
    assert status.scheduling.memory.startswith("not locked: ")
    assert status.scheduling.core is None
    assert status.scheduling.degraded


class Granting(Refusing):
    """A C library that locks memory."""

    @staticmethod
    def mlockall(flags: int) -> int:
        assert flags == 3, "what is mapped now, and what will be"
        return 0


def test_what_is_granted_is_asked_for_by_number_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda pid, policy, param: asked.append((policy, param)))
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: asked.append((cores,)))
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Granting())
    ring, _ = ran(RealTime(fifo_priority=61, core=3))
    assert asked == [(os.SCHED_FIFO, os.sched_param(61)), ({3},)]
    assert ring.state == RingState.NONE
    status = ring.reader().acquire_status()
    assert status is not None
    assert (status.scheduling.priority, status.scheduling.core) == ("FIFO 61", 3)
    assert not status.scheduling.degraded


@pytest.mark.parametrize(("cores", "pinned"), [({0, 1, 2, 3}, 3), ({0, 1}, None)])
def test_the_last_core_of_four_is_ours_and_none_of_two(
    monkeypatch: pytest.MonkeyPatch, cores: set[int], pinned: int | None
) -> None:
    asked: list[set[int]] = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda *_: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, wanted: asked.append(wanted))
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Granting())
    ran(RealTime())
    assert asked == ([] if pinned is None else [{pinned}])


def test_the_status_is_published_once_a_second() -> None:
    clock = VirtualClock(START_NS)
    ring = RingWriter.in_memory()
    chips = VirtualClock(START_NS)
    source = build_virtual_source("pins", EmptyDeck(), 1, chips, ring)
    seen: list[int] = []

    def described() -> SourceStatus:
        seen.append(clock.now_ns())
        return source.status()

    script = Script(clock, rounds=1000)
    run(source, ring, clock, virtual=True, stop=script.stop, polled=[script.poll], describe=described)
    assert [b - a for a, b in itertools.pairwise(seen)] == [S] * (len(seen) - 1)
    assert len(seen) == 5
    status = ring.reader().acquire_status()
    assert status is not None
    source.close()
    assert status.source.corners[0].frames > 300
    assert status.cpu_percent >= 0


def test_the_use_of_the_processor_is_that_since_the_last_question(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, cpu = iter([0, 1000, 3000]), iter([50, 300, 400])
    clocks = SimpleNamespace(monotonic_ns=lambda: next(wall), process_time_ns=lambda: next(cpu))
    monkeypatch.setattr("hardware.realtime.time", clocks)  # its own only: other threads read the time too
    used = CpuUse()
    assert used.percent() == 25.0
    assert used.percent() == 5.0


PROCESS = """
import sys
from pathlib import Path
from hardware.realtime import run
from hardware.clock import MonotonicClock, VirtualClock
from hardware.ring import RingWriter
from hardware.virtual.load import EmptyDeck
from hardware.virtual.source import build_virtual_source
clock = MonotonicClock()
ring = RingWriter.create(Path(sys.argv[1]))
source = build_virtual_source("pins", EmptyDeck(), 1, VirtualClock(clock.now_ns()), ring)
try:
    run(source, ring, clock, virtual=True, beat=lambda: print("beat", flush=True))
finally:
    source.close()
    ring.close()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_in_good_order_when_it_is_told_to(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "samples.ring"
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "beat\n"
        reader = RingReader.open(path)
        assert process.stdout.readline() == "beat\n", "about half a second later"
        samples: list[Sample] = []
        while not {*CORNERS, Channel.DECK_IMU} <= {sample.channel for sample in samples}:
            samples += reader.read()
            assert process.poll() is None
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert not any(sample.flags & ~Flag.SETTLING for sample in samples), "preemption must not tear a virtual frame"
    assert reader.state == RingState.VIRTUAL | RingState.CLOSED
