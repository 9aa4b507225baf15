"""Moments: UTC is only as good as something says it is, and a clock that was never set is never believed."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest

from hardware.clock import VirtualClock
from station.records import instants
from station.records.instants import boot_id, instant_source, now_instant, utc_quality

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Neither systemd nor the kernel vouches for the clock; returns the file by which systemd would."""
    monkeypatch.setattr(instants, "_SYNCHRONIZED", tmp_path / "synchronized")
    monkeypatch.setattr(instants, "_kernel_is_synced", lambda: False)
    return tmp_path / "synchronized"


def test_a_clock_that_was_never_set_is_unknown_whoever_vouches_for_it(unsynced: Path) -> None:
    unsynced.touch()
    assert utc_quality(datetime(1970, 1, 1, tzinfo=UTC)) == "unknown"
    assert utc_quality(datetime(2024, 12, 31, tzinfo=UTC)) == "unknown"


def test_a_plausible_clock_is_an_estimate_until_a_time_service_says_more(unsynced: Path) -> None:
    assert utc_quality(NOW) == "estimated"
    unsynced.touch()
    assert utc_quality(NOW) == "synced"


def test_a_kernel_that_keeps_in_step_counts_too(unsynced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instants, "_kernel_is_synced", lambda: True)
    assert utc_quality(NOW) == "synced"


def test_a_sandbox_that_forbids_to_ask_the_kernel_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def adjtimex(self, buffer: object) -> int:
            return -1  # EPERM, as under ProtectClock

    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: Refusing())
    assert instants._kernel_is_synced() is False


def test_the_real_kernel_answers() -> None:
    assert instants._kernel_is_synced() in (True, False)
    now = now_instant()
    assert now.boot_id == boot_id()
    assert now.utc is None or now.utc.endswith("Z")


def test_a_moment_that_lies_behind_carries_the_utc_that_it_had(unsynced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Stopped":
            return cls.fromtimestamp(NOW.timestamp(), tz)

    monkeypatch.setattr(instants, "datetime", Stopped)
    clock = VirtualClock(100_000_000_000)
    instant = instant_source(clock)
    later, earlier = instant(100_000_000_000), instant(40_000_000_000)
    assert (later.utc, earlier.utc) == ("2026-11-23T00:00:00.000Z", "2026-11-22T23:59:00.000Z")
    assert earlier.monotonic_ns == 40_000_000_000
