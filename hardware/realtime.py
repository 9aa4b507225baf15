"""The acquire process around any source of samples: its scheduling, its heartbeat, what it says of itself, its end.

With real chips the loop waits on the kernel's edge events, and lateness of more than a conversion costs data; that is
why the process asks for SCHED_FIFO, locked memory and a core of its own, and says so when it does not get them: in the
ring's state bits, in its status and once in the log. With virtual chips the chips live in a `VirtualClock` that follows
the station's clock: each round lets them live up to now and then sleeps. A busy PC then only delivers late; it never
tears a frame. (A torn frame is a fault to be injected on purpose, and is no accident of the machine that a demo runs
on.)
"""

import contextlib
import ctypes
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from hardware.clock import Clock
from hardware.ring import RingState, RingWriter
from hardware.source import SampleSource
from hardware.status import AcquireStatus, Scheduling, SourceStatus

WAIT_NS: Final = 20_000_000  # real chips: longest wait for an edge before the loop looks at everything else
FOLLOW_PERIOD_NS: Final = 5_000_000  # virtual chips: half a conversion
_FOLLOW_STEP_NS: Final = 200_000_000  # after a stall, catch up in steps that readers can keep up with
_BEAT_NS: Final = 500_000_000
_STATUS_NS: Final = 1_000_000_000
FIFO_PRIORITY: Final = 50
CORES_TO_SPARE: Final = 4  # a Pi has four: the last one is ours, unless the configuration says otherwise
_MCL_CURRENT, _MCL_FUTURE = 1, 2
_PR_SET_TIMERSLACK: Final = 29  # linux/prctl.h

log = logging.getLogger(__name__)


class RealTime(msgspec.Struct, frozen=True):
    """What to ask the kernel for. fifo_priority: None asks for none; core: None takes the last one of four or more."""

    fifo_priority: int | None = FIFO_PRIORITY
    core: int | None = None


DEFAULT: Final = RealTime()


def run(
    source: SampleSource,
    ring: RingWriter,
    clock: Clock,
    *,
    virtual: bool,
    stop: threading.Event | None = None,
    beat: Callable[[], None] | None = None,
    polled: Sequence[Callable[[], None]] = (),
    describe: Callable[[], SourceStatus] | None = None,
    wanted: RealTime = DEFAULT,
) -> None:
    """Run a source until SIGTERM, SIGINT or `stop`.

    virtual: chips that follow `clock` (no real-time scheduling is asked for); else real chips that are waited for.
    beat: called about twice a second as long as samples keep coming: the watchdog of whoever supervises the process.
    polled: called once a round (5 ms virtual, at most 20 ms real); must not block.
    describe: asked once a second for what the source says of itself; it goes into the ring as `AcquireStatus`.
    Neither source nor ring is closed. Raises what the source raises.
    """
    stop = stop or threading.Event()
    beat_ns = status_ns = written = 0
    served_ns = deadline_ns = clock.now_ns()
    with _stopped_by_signals(stop), _without_garbage_collection():
        scheduling = _virtual(ring) if virtual else ask_for(wanted, ring)
        used = CpuUse()
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
            if describe is not None and now_ns >= status_ns:
                ring.publish_status(AcquireStatus(describe(), scheduling, used.percent()))
                status_ns = now_ns + _STATUS_NS
            if virtual and served_ns >= now_ns:
                deadline_ns = max(deadline_ns + FOLLOW_PERIOD_NS, now_ns)
                clock.sleep_until_ns(deadline_ns)


class CpuUse:
    """How much of one core this process has used since it was last asked."""

    def __init__(self) -> None:
        self._wall_ns, self._cpu_ns = time.monotonic_ns(), time.process_time_ns()

    def percent(self) -> float:
        """Return processor time by wall time, in percent, since the last call."""
        wall_ns, cpu_ns = time.monotonic_ns(), time.process_time_ns()
        part = (cpu_ns - self._cpu_ns) / max(1, wall_ns - self._wall_ns)
        self._wall_ns, self._cpu_ns = wall_ns, cpu_ns
        return round(100 * part, 1)


def _virtual(ring: RingWriter) -> Scheduling:
    ring.state |= RingState.VIRTUAL
    return Scheduling("normal: virtual chips wait for nobody", "not locked: not needed", None, False)


def ask_for(wanted: RealTime, ring: RingWriter) -> Scheduling:
    """Ask the kernel for what a real deck needs, for this thread; what cannot be had goes into state and log."""
    priority, memory = "normal: not asked for", "locked"
    missing: list[str] = []
    if wanted.fifo_priority is not None:
        priority = f"FIFO {wanted.fifo_priority}"
        if reason := _ask_for_fifo(wanted.fifo_priority):
            ring.state |= RingState.DEGRADED_NOT_FIFO
            priority = f"normal: {reason}"
            missing.append(
                f"no real-time priority ({reason}): under load frames may be torn; they will be flagged. "
                "The shipped unit grants it with LimitRTPRIO"
            )
    if priority.startswith("normal"):
        _ask_for_prompt_timers()
    if reason := _lock_memory():
        ring.state |= RingState.NOT_LOCKED
        memory = f"not locked: {reason}"
        missing.append(
            f"memory is not locked ({reason}): a page fault may delay a frame. The shipped unit grants it with "
            "LimitMEMLOCK"
        )
    core = _core_for(wanted.core)
    if core is not None and (reason := _pin_to(core)):
        ring.state |= RingState.NOT_PINNED
        missing.append(f"not tied to core {core} ({reason}): check hardware.core in the configuration")
        core = None
    for each in missing:
        log.warning("%s", each)
    return Scheduling(priority, memory, core, bool(missing))


def _core_for(wanted: int | None) -> int | None:
    """Return the core to be tied to: the one named, else the last of four or more, else None."""
    if wanted is not None:
        return wanted
    cores = sorted(os.sched_getaffinity(0))
    return cores[-1] if len(cores) >= CORES_TO_SPARE else None


def _pin_to(core: int) -> str | None:
    """Tie this thread to one core; return None, or why not in words."""
    try:
        os.sched_setaffinity(0, {core})
    except OSError as error:
        return error.strerror
    return None


def _ask_for_fifo(priority: int) -> str | None:
    """Ask for SCHED_FIFO; return None, or why not in words."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError as error:  # EPERM also comes from cgroups without real-time budget
        return error.strerror
    return None


def _ask_for_prompt_timers() -> None:
    """Take the 50 us off by which the kernel delays timers at normal priority; under FIFO it does not."""
    ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)


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
