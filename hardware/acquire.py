"""The acquisition loop: services the four HX711 as they become ready and drains the IMU, into the ring.

`Acquisition` is the loop's body over any bank of pins, real or virtual; `run` is the process around any source: its
scheduling, its heartbeat, its end. With real chips the loop waits on the kernel's edge events, and lateness of more
than a conversion costs data; that is why the process asks for SCHED_FIFO and locked memory, and says so in the ring's
state bits when it does not get them. With virtual chips the chips live in a `VirtualClock` that follows the station's
clock: each round lets them live up to now and then sleeps. A busy PC then only delivers late; it never tears a frame.
(A torn frame is a fault to be injected on purpose, and is no accident of the machine that a demo runs on.)
"""

import contextlib
import ctypes
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from hardware.clock import Clock
from hardware.errors import HardwareError
from hardware.hx711 import Hx711
from hardware.pins import PinBank
from hardware.ring import RingState, RingWriter
from hardware.sensor import Channel, Sample, SampleSource

IMU_DRAIN_NS: Final = 50_000_000  # a tenth of what the chip's FIFO holds at 208 Hz
SILENT_NS: Final = 500_000_000  # a chip that gives nothing for so long is powered down and up again
WAIT_NS: Final = 20_000_000  # real chips: longest wait for an edge before the loop looks at everything else
FOLLOW_PERIOD_NS: Final = 5_000_000  # virtual chips: half a conversion
_FOLLOW_STEP_NS: Final = 200_000_000  # after a stall, catch up in steps that readers can keep up with
_BEAT_NS: Final = 500_000_000
FIFO_PRIORITY: Final = 50
_MCL_CURRENT, _MCL_FUTURE = 1, 2

log = logging.getLogger(__name__)


class Imu(Protocol):
    """What the loop needs of an IMU driver."""

    def drain(self) -> list[Sample]:
        """Return what the chip's FIFO holds, oldest first; raises HardwareError when the chip does not answer."""


class Acquisition(SampleSource):
    """Four corner chips and an IMU, into a ring.

    recoveries: channel -> how often it was silent for 0.5 s and was powered down and up; imu_failures: how often the
    IMU did not answer (each time it is asked again 50 ms later, and the ring's state says IMU_LOST meanwhile).
    """

    def __init__(
        self,
        bank: PinBank,
        chips: Sequence[Hx711],
        imu: Imu | None,
        ring: RingWriter,
        clock: Clock,
        owned: contextlib.ExitStack | None = None,
    ) -> None:
        """Take what to service; `owned` (the IMU's bus, say) is closed together with the pins."""
        self._bank = bank
        self._chips = {int(chip.channel): chip for chip in chips}
        self._imu = imu
        self._ring = ring
        self._clock = clock
        now_ns = clock.now_ns()
        self._heard_ns = dict.fromkeys(self._chips, now_ns)
        self._look_ns = now_ns + IMU_DRAIN_NS
        self.recoveries: dict[Channel, int] = {Channel(channel): 0 for channel in self._chips}
        self.imu_failures = 0
        self._owned = owned
        self._closed = False

    def service(self, until_ns: int) -> int:
        """Read every frame that becomes ready up to `until_ns`, and the IMU every 50 ms; return samples written."""
        wait_ready, write, now_ns = self._bank.wait_ready, self._ring.write, self._clock.now_ns
        before = self._ring.written
        while True:
            wait_until_ns = min(until_ns, self._look_ns)
            ready = wait_ready(wait_until_ns)
            if ready is not None:
                channel, edge_ns = ready
                write(self._chips[channel].read_frame(edge_ns))
                self._heard_ns[channel] = edge_ns
                if now_ns() < self._look_ns:
                    continue
            elif wait_until_ns < self._look_ns:
                break
            self._look_around(now_ns())
        self._ring.beat(now_ns())
        return self._ring.written - before

    def _look_around(self, now_ns: int) -> None:
        """Do what is done every 50 ms: drain the IMU, wake silent chips."""
        self._look_ns += IMU_DRAIN_NS * max(1, (now_ns - self._look_ns) // IMU_DRAIN_NS + 1)
        self._drain_imu()
        for channel, heard_ns in self._heard_ns.items():
            if now_ns - heard_ns > SILENT_NS:
                self._chips[channel].recover()
                self.recoveries[Channel(channel)] += 1
                self._heard_ns[channel] = now_ns

    def _drain_imu(self) -> None:
        if self._imu is None:
            return
        try:
            for sample in self._imu.drain():
                self._ring.write(sample)
        except HardwareError:
            self.imu_failures += 1
            if not self._ring.state & RingState.IMU_LOST:
                self._ring.state |= RingState.IMU_LOST
        else:
            if self._ring.state & RingState.IMU_LOST:
                self._ring.state &= ~RingState.IMU_LOST

    def close(self) -> None:
        """Release the pins. The ring belongs to whoever made it."""
        if not self._closed:
            self._closed = True
            self._bank.close()
            if self._owned is not None:
                self._owned.close()


def run(
    source: SampleSource,
    ring: RingWriter,
    clock: Clock,
    *,
    virtual: bool,
    stop: threading.Event | None = None,
    beat: Callable[[], None] | None = None,
    polled: Sequence[Callable[[], None]] = (),
) -> None:
    """Run a source until SIGTERM, SIGINT or `stop`.

    virtual: chips that follow `clock` (no real-time scheduling is asked for); else real chips that are waited for.
    beat: called about twice a second as long as samples keep coming: the watchdog of whoever supervises the process.
    polled: called once a round (5 ms virtual, at most 20 ms real); must not block.
    Neither source nor ring is closed. Raises what the source raises.
    """
    stop = stop or threading.Event()
    beat_ns = written = 0
    served_ns = deadline_ns = clock.now_ns()
    with _stopped_by_signals(stop), _without_garbage_collection():
        _declare(ring, virtual)
        while not stop.is_set():
            now_ns = clock.now_ns()
            if virtual:
                served_ns = max(served_ns, min(now_ns, served_ns + _FOLLOW_STEP_NS))
                source.service(served_ns)
            else:
                source.service(now_ns + WAIT_NS)
            for poll in polled:
                poll()
            if beat is not None and now_ns >= beat_ns and ring.written > written:
                beat()
                beat_ns, written = now_ns + _BEAT_NS, ring.written
            if virtual and served_ns >= now_ns:
                deadline_ns = max(deadline_ns + FOLLOW_PERIOD_NS, now_ns)
                clock.sleep_until_ns(deadline_ns)


def _declare(ring: RingWriter, virtual: bool) -> None:
    """Ask for what a real deck needs; what cannot be had goes into the ring's state and once into the log."""
    if virtual:
        ring.state |= RingState.VIRTUAL
        return
    if reason := _ask_for_fifo():
        ring.state |= RingState.DEGRADED_NOT_FIFO
        log.warning(
            "no real-time priority (%s): under load frames may be torn; they will be flagged. "
            "The shipped unit grants it with LimitRTPRIO",
            reason,
        )
    if reason := _lock_memory():
        ring.state |= RingState.NOT_LOCKED
        log.warning(
            "memory is not locked (%s): a page fault may delay a frame. The shipped unit grants it with LimitMEMLOCK",
            reason,
        )


def _ask_for_fifo() -> str | None:
    """Ask for SCHED_FIFO; return None, or why not in words."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    except OSError as error:  # EPERM also comes from cgroups without real-time budget
        return error.strerror
    return None


def _lock_memory() -> str | None:
    """Lock all memory, present and future; return None, or why not in words."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE) != 0:
        return os.strerror(ctypes.get_errno())
    return None


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Stop the collector: a full collection takes longer than a conversion. The loop makes no cycles."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT set `stop` meanwhile; only a process's main thread can ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: stop.set()) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
