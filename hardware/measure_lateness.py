"""How late the acquisition loop is on this machine, idle and busy, at FIFO and at normal priority.

    python -m hardware.measure_lateness [--seconds 10] [--load CORES] [--priority fifo|normal] [--json]

Runs the shipped loop and the shipped HX711 driver in wall time against four free-running virtual chips: the loop sleeps
until a conversion is ready, as it waits for an edge on a Pi, and clocks the frame, whose pulses the driver times.
Lateness is from the conversion to the first pulse. A frame that begins more than one conversion late would have been
lost on a real deck, and a pulse of more than 50 us would have torn it; both are counted. Pin accesses cost what the
virtual chip costs here, not what a Pi's GPIO costs: for that, see `AcquireStatus` on a Pi (`balance-station doctor`).
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import threading
import time
from collections.abc import Iterator
from typing import Final, Literal

import click
import msgspec

from hardware.clock import MonotonicClock, VirtualClock
from hardware.errors import WaitTimeoutError
from hardware.hx711 import Hx711
from hardware.lateness import LatenessHistogram
from hardware.pins import Lines
from hardware.realtime import DEFAULT, CpuUse, RealTime, run
from hardware.ring import RingWriter
from hardware.sensor import CORNERS, Channel, Flag
from hardware.source import SampleSource
from hardware.status import CornerStatus, LatenessUs, SourceStatus
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank

Priority = Literal["fifo", "normal"]
MOST_SECONDS: Final = 3600.0
_SPARE_S: Final = 5.0  # the load ends by itself so long after it should have been ended


class Lateness(msgspec.Struct, frozen=True):
    """One case. late_frames: begun more than a conversion late; torn_frames: with a pulse of more than 50 us.

    priority: what was asked for, and `got` what the kernel granted.
    """

    priority: Priority
    got: str
    busy_cores: int
    seconds: float
    frames: int
    lateness_us: LatenessUs
    late_frames: int
    torn_frames: int
    cpu_percent: float


class _WallLines(Lines):
    """A virtual chip's lines whose pulses are timed by the wall clock."""

    __slots__ = ("_chip",)

    def __init__(self, chip: VirtualHx711) -> None:
        self._chip = chip

    def sck(self, level: int) -> None:
        self._chip.sck(level)

    def dout(self) -> int:
        return self._chip.dout()

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def drain(self, until_ns: int) -> None:
        """Forget the edges up to the chip's own time: `until_ns` is the wall's, which the chip does not live in."""
        del until_ns
        self._chip.drain(self._chip.now_ns())


class _Sleeper(SampleSource):
    """Sleeps until the next conversion of four chips, and reads it."""

    def __init__(self, ring: RingWriter, clock: MonotonicClock) -> None:
        self._ring = ring
        self._clock = clock
        start_ns = clock.now_ns()
        self._chip_clock = VirtualClock(start_ns)
        self._oscillators = {channel: Oscillator.from_seed(1, channel, start_ns) for channel in CORNERS}
        chips = {c: VirtualHx711(o, lambda k, t_ns: 100_000 + k) for c, o in self._oscillators.items()}  # noqa: ARG005
        self._bank = VirtualPinBank(chips, self._chip_clock)
        self.drivers = {channel: Hx711(channel, _WallLines(chip)) for channel, chip in chips.items()}
        self._next: dict[Channel, int] = dict.fromkeys(CORNERS, 0)
        self.lateness = LatenessHistogram()
        self.late_frames = 0

    def service(self, until_ns: int) -> int:
        before = self._ring.written
        while True:
            ready_ns, channel = min((self._oscillators[c].ready_ns(k), c) for c, k in self._next.items())
            if ready_ns > until_ns:
                self._clock.sleep_until_ns(until_ns)
                return self._ring.written - before
            self._clock.sleep_until_ns(ready_ns)
            late_ns = self._clock.now_ns() - ready_ns
            self.lateness.add(late_ns)
            oscillator = self._oscillators[channel]
            if late_ns > oscillator.period_ns:
                # the chip has overwritten it: go on with its newest, as with a real one
                self.late_frames += 1
                self._next[channel] += late_ns // oscillator.period_ns
                ready_ns = oscillator.ready_ns(self._next[channel])
            self._next[channel] += 1
            # the chips live at the conversion while it is read, so that what the machine does cannot tear a frame twice
            self._chip_clock.t_ns = max(self._chip_clock.t_ns, ready_ns)
            self._ring.write(self.drivers[channel].read_frame(ready_ns))

    def status(self) -> SourceStatus:
        corners = tuple(
            CornerStatus(channel.label, driver.rate_hz, driver.frames, driver.flagged, {}, 0, 0)
            for channel, driver in self.drivers.items()
        )
        return SourceStatus("virtual pins in wall time", "frame", self.lateness.status(), corners, ())

    def close(self) -> None:
        self._bank.close()


def measure(seconds: float, busy_cores: int, priority: Priority) -> Lateness:
    """Run one case in a process of its own, which keeps its priority, and return what it found."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    worker = context.Process(target=_case, args=(send, seconds, busy_cores, priority), daemon=True)
    worker.start()
    send.close()
    try:
        with _busy(busy_cores, seconds + _SPARE_S):
            found: Lateness = receive.recv()
    except EOFError:
        raise WaitTimeoutError("the measuring process ended without a result; see what it said above") from None
    finally:
        worker.join(_SPARE_S)
        worker.kill()
    return found


def _case(send: "multiprocessing.connection.Connection", seconds: float, busy_cores: int, priority: Priority) -> None:
    clock, ring, stop = MonotonicClock(), RingWriter.in_memory(), threading.Event()
    source = _Sleeper(ring, clock)
    reader = ring.reader()
    end_ns = clock.now_ns() + round(seconds * 1e9)
    used = CpuUse()

    def look() -> None:
        if clock.now_ns() >= end_ns:
            stop.set()

    wanted = DEFAULT if priority == "fifo" else RealTime(fifo_priority=None)
    run(source, ring, clock, virtual=False, stop=stop, polled=[look], describe=source.status, wanted=wanted)
    cpu_percent = used.percent()
    source.close()
    status = reader.acquire_status()
    torn = sum(driver.flagged_by[Flag.LONG_PULSE] for driver in source.drivers.values())
    send.send(
        Lateness(
            priority=priority,
            got="unknown" if status is None else status.scheduling.priority,
            busy_cores=busy_cores,
            seconds=seconds,
            frames=sum(driver.frames for driver in source.drivers.values()),
            lateness_us=source.lateness.status(),
            late_frames=source.late_frames,
            torn_frames=torn,
            cpu_percent=cpu_percent,
        )
    )


@contextlib.contextmanager
def _busy(cores: int, at_most_s: float) -> Iterator[None]:
    """Keep so many cores busy meanwhile, with processes at normal priority that end by themselves in any case."""
    context = multiprocessing.get_context("spawn")
    until = time.monotonic() + at_most_s
    load = [context.Process(target=_spin, args=(until,), daemon=True) for _ in range(cores)]
    for each in load:
        each.start()
    try:
        yield
    finally:
        for each in load:
            each.kill()
            each.join()


def _spin(until: float) -> None:
    while time.monotonic() < until:
        sum(range(1000))


@click.command()
@click.option("--seconds", type=click.FloatRange(0.5, MOST_SECONDS), default=10.0, show_default=True, help="Each case.")
@click.option(
    "--load", "loads", type=click.IntRange(0, 256), multiple=True, help="Busy cores. Default: none, then all."
)
@click.option("--priority", "priorities", type=click.Choice(["normal", "fifo"]), multiple=True, help="Default: both.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def main(seconds: float, loads: tuple[int, ...], priorities: tuple[Priority, ...], as_json: bool) -> None:
    """Measure how late the acquisition loop is, idle and busy, at normal priority and at FIFO."""
    found = [
        measure(seconds, load, priority)
        for load in loads or (0, os.cpu_count() or 1)
        for priority in priorities or ("normal", "fifo")
    ]
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    head = f"{'busy cores':>10} {'priority':<28} {'frames':>7} {'p50 us':>8} {'p99 us':>8} {'max us':>8}"
    click.echo(f"{head} {'late':>5} {'torn':>5} {'cpu %':>6}")
    for each in found:
        late = each.lateness_us
        row = (
            f"{each.busy_cores:>10} {each.got:<28} {each.frames:>7} {late.p50:>8.0f} {late.p99:>8.0f} {late.max:>8.0f}"
        )
        click.echo(f"{row} {each.late_frames:>5} {each.torn_frames:>5} {each.cpu_percent:>6.1f}")


if __name__ == "__main__":
    main()
