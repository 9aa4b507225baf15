"""The acquire process around any source of samples: its scheduling, its heartbeat, its end.

With real chips the loop waits on the kernel's edge events, and lateness of more than a conversion costs data; that is
why the process asks for SCHED_FIFO and locked memory, and says so in the ring's state bits when it does not get them.
With virtual chips the chips live in a `VirtualClock` that follows the station's clock: each round lets them live up to
now and then sleeps. A busy PC then only delivers late; it never tears a frame. (A torn frame is a fault to be injected
on purpose, and is no accident of the machine that a demo runs on.)
"""

import contextlib
import ctypes
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from hardware.clock import Clock
from hardware.ring import RingState, RingWriter
from hardware.sensor import SampleSource

WAIT_NS: Final = 20_000_000  # real chips: longest wait for an edge before the loop looks at everything else
FOLLOW_PERIOD_NS: Final = 5_000_000  # virtual chips: half a conversion
_FOLLOW_STEP_NS: Final = 200_000_000  # after a stall, catch up in steps that readers can keep up with
_BEAT_NS: Final = 500_000_000
FIFO_PRIORITY: Final = 50
_MCL_CURRENT, _MCL_FUTURE = 1, 2

log = logging.getLogger(__name__)


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
