"""Moments with a stated quality: a Pi has no clock battery, so UTC is only as good as something says it is."""

import ctypes
import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hardware.clock import Clock, MonotonicClock
from station.records.record import Instant, UtcQuality

_SYNCHRONIZED: Final = Path("/run/systemd/timesync/synchronized")
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_FIRST_YEAR: Final = 2025  # an earlier date is a clock that was never set
_STA_UNSYNC: Final = 0x0040
_TIMEX_BYTES: Final = 208
_TIMEX_STATUS_OFFSET: Final = 40 if ctypes.sizeof(ctypes.c_long) == 8 else 20


@functools.cache
def boot_id() -> str:
    """Return what this boot is called; "unknown" where the kernel does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def utc_quality(now: datetime) -> UtcQuality:
    """Return how far UTC can be trusted now.

    `synced`: a time service says so. `estimated`: plausible, but nothing vouches for it. `unknown`: never set.
    """
    if now.year < _FIRST_YEAR:
        return "unknown"
    if _SYNCHRONIZED.exists() or _kernel_is_synced():
        return "synced"
    return "estimated"


def _kernel_is_synced() -> bool:
    # adjtimex with modes = 0 only reads; a sandbox with ProtectClock refuses even that
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        code = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return False
    status = ctypes.c_int.from_buffer(buffer, _TIMEX_STATUS_OFFSET).value
    return code >= 0 and not status & _STA_UNSYNC


def instant_source(clock: Clock) -> Callable[[int], Instant]:
    """Return a function that turns a moment of the station's clock, ns, into an `Instant`.

    UTC is worked out back from now, so a moment that lies behind carries the UTC that it had.
    """

    def instant(t_ns: int) -> Instant:
        now = datetime.now(UTC)
        quality = utc_quality(now)
        at = datetime.fromtimestamp(now.timestamp() - (clock.now_ns() - t_ns) / 1e9, UTC)
        utc = None if quality == "unknown" else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Instant(utc=utc, utc_quality=quality, monotonic_ns=t_ns, boot_id=boot_id())

    return instant


def now_instant() -> Instant:
    """Return this moment on the system's own clocks."""
    clock = MonotonicClock()
    return instant_source(clock)(clock.now_ns())
