"""The acquisition loop: every frame into the ring, silent chips woken, degraded modes declared, a clean end."""

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

import pytest

from hardware.acquire import IMU_DRAIN_NS, Acquisition
from hardware.clock import VirtualClock
from hardware.errors import BusError
from hardware.hx711 import Hx711
from hardware.realtime import WAIT_NS, run
from hardware.ring import RingReader, RingState, RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample, SampleSource
from hardware.virtual.hx711 import VirtualHx711, VirtualPinBank
from hardware.virtual.load import EmptyDeck
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.source import build_virtual_source

S = 1_000_000_000
START_NS = 5 * S


class FakeImu:
    """Gives one sample a drain; `broken` plays a bus that does not answer."""

    channel = Channel.DECK_IMU

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.broken = False
        self.drained_ns: list[int] = []

    def drain(self) -> list[Sample]:
        self.drained_ns.append(self.clock.now_ns())
        if self.broken:
            raise BusError("no acknowledge")
        return [Sample(Channel.DECK_IMU, 0, self.clock.now_ns(), (0, 0, 8192, 0, 0, 0))]


class Rig:
    """Four virtual chips that read 1000, 1001, ... and a fake IMU behind an Acquisition."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START_NS)
        self.chips = {
            channel: VirtualHx711(Oscillator.from_seed(1, channel, START_NS), lambda k, t_ns: 1000 + k)
            for channel in CORNERS
        }
        self.bank = VirtualPinBank(self.chips, self.clock)
        self.imu = FakeImu(self.clock)
        self.ring = RingWriter.in_memory()
        self.reader = self.ring.reader()
        drivers = [Hx711(channel, self.bank.lines(channel)) for channel in CORNERS]
        self.source = Acquisition(self.bank, drivers, [self.imu], self.ring, self.clock)

    def channel(self, samples: list[Sample], channel: Channel) -> list[Sample]:
        return [sample for sample in samples if sample.channel == channel]


def test_every_conversion_of_every_corner_reaches_the_ring_once() -> None:
    rig = Rig()
    written = rig.source.service(START_NS + 10 * S)
    samples = rig.reader.read()
    assert len(samples) == written
    for channel in CORNERS:
        got = rig.channel(samples, channel)
        oscillator = Oscillator.from_seed(1, channel, START_NS)
        assert [sample.t_ns for sample in got] == [
            oscillator.ready_ns(k) for k in oscillator.index_range(START_NS, START_NS + 10 * S)
        ]
        assert [sample.values[0] for sample in got] == list(range(1000, 1000 + len(got)))
        assert [sample.flags for sample in got] == [Flag.SETTLING] * 4 + [0] * (len(got) - 4)


def test_service_stops_at_its_time_and_goes_on_from_there() -> None:
    rig = Rig()
    for step in range(1, 301):
        until_ns = START_NS + step * 10_000_000
        rig.source.service(until_ns)
        assert until_ns <= rig.clock.now_ns() < until_ns + 500_000, "at most the frame that was begun"
    pieces = rig.reader.read()
    whole = Rig()
    whole.source.service(START_NS + 3 * S)
    at_once = whole.reader.read()
    for channel in CORNERS:
        assert rig.channel(pieces, channel) == whole.channel(at_once, channel) != []


def test_the_imu_is_drained_every_50_ms() -> None:
    rig = Rig()
    rig.source.service(START_NS + S)
    assert 19 <= len(rig.imu.drained_ns) <= 20
    gaps = [b - a for a, b in itertools.pairwise(rig.imu.drained_ns)]
    assert all(abs(gap - IMU_DRAIN_NS) < 1_000_000 for gap in gaps)


def test_a_silent_chip_is_woken_after_half_a_second_and_the_others_go_on() -> None:
    rig = Rig()
    rig.source.service(START_NS + S)
    rig.reader.read()
    rig.chips[Channel.BACK_LEFT].stuck = 1
    rig.source.service(START_NS + 3 * S)
    samples = rig.reader.read()
    assert rig.channel(samples, Channel.BACK_LEFT) == []
    assert len(rig.channel(samples, Channel.FRONT_LEFT)) > 170
    assert 3 <= rig.source.recoveries[Channel.BACK_LEFT] <= 4
    rig.chips[Channel.BACK_LEFT].stuck = None
    rig.source.service(START_NS + 5 * S)
    back = rig.channel(rig.reader.read(), Channel.BACK_LEFT)
    assert [sample.flags & Flag.SETTLING for sample in back[:5]] == [Flag.SETTLING] * 4 + [0]
    assert back[-1].flags == 0
    assert {rig.source.recoveries[channel] for channel in CORNERS if channel != Channel.BACK_LEFT} == {0}


def test_an_imu_that_does_not_answer_is_declared_lost_until_it_answers_again() -> None:
    rig = Rig()
    rig.imu.broken = True
    rig.source.service(START_NS + S)
    assert rig.reader.state & RingState.IMU_LOST
    assert rig.source.imu_failures[Channel.DECK_IMU] == len(rig.imu.drained_ns)
    assert rig.channel(rig.reader.read(), Channel.FRONT_RIGHT) != []
    rig.imu.broken = False
    rig.source.service(START_NS + 2 * S)
    assert not rig.reader.state & RingState.IMU_LOST


def test_closing_twice_leaves_every_clock_line_low() -> None:
    rig = Rig()
    rig.source.close()
    rig.source.close()
    assert all(chip.power_downs == 0 for chip in rig.chips.values())


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


class Unlockable:
    """A C library that may not lock memory."""

    @staticmethod
    def mlockall(flags: int) -> int:
        return -1


def test_a_loop_without_priority_and_locked_memory_runs_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Unlockable())
    clock = VirtualClock(START_NS)
    ring = RingWriter.in_memory()
    source, script = SilentSource(clock), Script(clock, rounds=50)
    with caplog.at_level(logging.WARNING):
        run(source, ring, clock, virtual=False, stop=script.stop, polled=[script.poll])
    assert ring.state == RingState.DEGRADED_NOT_FIFO | RingState.NOT_LOCKED
    assert len(caplog.records) == 2
    assert "Operation not permitted" in caplog.text
    assert set(source.horizons_ns) == {WAIT_NS}


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
        samples = reader.read()
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert {sample.channel for sample in samples} == {*CORNERS, Channel.DECK_IMU}
    assert not any(sample.flags & ~Flag.SETTLING for sample in samples), "preemption must not tear a virtual frame"
    assert reader.state == RingState.VIRTUAL | RingState.CLOSED
