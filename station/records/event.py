"""What a station tells the clinic beside results: calibrations, daily checks, staff at the door. Data only.

An event takes the way of a result: a row in the outbox in the same database, closed when a consumer has stored its id.
Nothing in it comes from the person who is measured; staff stand in it with their initials.
"""

from typing import Final, Literal

import msgspec

from station.records.record import Instant

EVENT_SCHEMA: Final = "balance-station/event/1"


class _Data(msgspec.Struct, frozen=True, tag_field="type"):
    """What happened."""


class CalibrationDone(_Data, frozen=True, tag="calibration"):
    """A deck was calibrated: the certificate now in use. approver: the second signature, where the site wants two."""

    certificate_id: str
    number: int
    previous: str
    issued: str
    valid_until: str
    operator: str
    approver: str | None


class DailyCheckDone(_Data, frozen=True, tag="daily-check"):
    """A known weight was read at the centre; `reasons` say why it did not pass."""

    certificate_id: str
    operator: str
    passed: bool
    mass_kg: float
    force_error_percent: float
    place_error_mm: float
    zero_worst_n: float
    reasons: tuple[str, ...]


class StaffDone(_Data, frozen=True, tag="staff"):
    """Somebody signed in, or PINs are locked for some seconds after wrong tries."""

    what: Literal["signed-in", "locked"]
    operator: str | None = None
    lock_s: float | None = None


EventData = CalibrationDone | DailyCheckDone | StaffDone
EventType = Literal["calibration", "daily-check", "staff"]


class StationEvent(msgspec.Struct, frozen=True):
    """One event as it is stored and published under `event/<type>`. id: station:epoch:sequence, as of a result."""

    schema: str
    id: str
    station: str
    site: str
    at: Instant
    data: EventData
    historical: bool = False

    @property
    def type(self) -> EventType:
        """Return the last level of the topic."""
        match self.data:
            case CalibrationDone():
                return "calibration"
            case DailyCheckDone():
                return "daily-check"
            case StaffDone():
                return "staff"
