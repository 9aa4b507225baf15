"""A record, and a database that is slow to check, for tests of the store and of delivery."""

import sqlite3
import threading
from pathlib import Path

from station.records.event import EVENT_SCHEMA, StaffDone, StationEvent
from station.records.record import RESULT_SCHEMA, Instant, Record

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


class LargeDatabase:
    """A database whose check takes long, and calls nothing back meanwhile (as SQLite 3.40 does not).

    It ends when whoever waits for it has beaten twice, at the latest after `most_s`.
    """

    def __init__(self, most_s: float) -> None:
        self.beats = 0
        self._most_s = most_s
        self._beaten_twice = threading.Event()

    def beat(self) -> None:
        self.beats += 1
        if self.beats == 2:
            self._beaten_twice.set()

    def connect(self, path: Path) -> sqlite3.Connection:
        class Large(sqlite3.Connection):
            def execute(connection, sql: str, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]  # noqa: N805
                if "quick_check" in sql:
                    self._beaten_twice.wait(self._most_s)
                return super().execute(sql, *arguments)  # type: ignore[arg-type]

        return sqlite3.connect(path, isolation_level=None, factory=Large)
