"""A record, and a database that is slow to check, for tests of the store and of delivery."""

import sqlite3
import time
from pathlib import Path
from typing import Final

from station.records.event import EVENT_SCHEMA, StaffDone, StationEvent
from station.records.record import RESULT_SCHEMA, Instant, Record

LARGE_CHECK_S: Final = 1.0

_NOW = Instant(utc="2026-01-02T03:04:05.678Z", utc_quality="synced", monotonic_ns=1, boot_id="b")


def make_record(result_id: str, protocol: str = "walk-up") -> Record:
    return Record(
        schema=RESULT_SCHEMA,
        id=result_id,
        station=result_id.split(":")[0],
        site="clinic",
        protocol=protocol,
        protocol_version="1",
        rule_version="screen-1",
        pipeline_version="station-1",
        norms_version="norms-1",
        software_version="0",
        calibration_id="c",
        started=_NOW,
        ended=_NOW,
        visit_token=None,
        age_band="70-86",
        sex=None,
        tier="not at risk",
        reasons=(),
        parts=(),
        sway=None,
        sway_bands=(),
        quality_flags=(),
    )


def make_event(event_id: str) -> StationEvent:
    data = StaffDone("signed-in", operator="AB")
    return StationEvent(EVENT_SCHEMA, event_id, event_id.split(":")[0], "clinic", _NOW, data)


class _Large(sqlite3.Connection):
    """A database whose check takes long, and calls nothing back meanwhile (as SQLite 3.40 does not)."""

    def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]
        if "quick_check" in sql:
            time.sleep(LARGE_CHECK_S)
        return super().execute(sql, *arguments)  # type: ignore[arg-type]


def connect_to_a_large_one(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, factory=_Large)
