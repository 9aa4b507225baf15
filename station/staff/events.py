"""What can happen to the staff mode. Data only: touches, time, what the shell found out."""

from datetime import date
from typing import Literal

import msgspec

from calibration.daily import DailyCheck
from calibration.evidence import Reading, Weight
from calibration.procedure import Session
from station.screens import Hole, TableRow, Trend


class Site(msgspec.Struct, frozen=True):
    """What does not change while staff are signed in.

    holes: of the template; weights: the register; weights_problem: why it cannot be read; two_people: two have to
    sign; warm_up_s: how long the deck has to have been switched on.
    """

    language: str = "en"
    holes: tuple[Hole, ...] = ()
    place_mm: dict[str, tuple[float, float]] = {}
    weights: tuple[Weight, ...] = ()
    weights_problem: str | None = None
    two_people: bool = False
    warm_up_s: float = 900.0
    today: date = date(1970, 1, 1)


class CertificateView(msgspec.Struct, frozen=True):
    """The certificate in use as staff see it; `problem` in words when it does not hold. No number and no problem: the
    deck was never calibrated.
    """

    number: int | None = None
    id: str = ""
    issued: str = ""
    valid_until: str = ""
    operator: str = ""
    problem: str | None = None

    @property
    def holds(self) -> bool:
        """Return whether people can be measured by it."""
        return self.number is not None and self.problem is None


class Entered(msgspec.Struct, frozen=True, tag=True):
    """The staff corner was held. pin: whether PINs are set; lock_s: how long entry is still locked."""

    site: Site
    pin: Literal["set", "none"]
    lock_s: float
    session: Session | None
    journal_problem: str | None
    certificate: CertificateView
    trend: Trend
    pin_problem: str | None = None


class Pressed(msgspec.Struct, frozen=True, tag=True):
    """A button was touched."""

    action: str


class Ticked(msgspec.Struct, frozen=True, tag=True):
    """It is now so late, monotonic s. blocked: why nobody can be measured, in words."""

    now_s: float
    blocked: str = ""


class PinChecked(msgspec.Struct, frozen=True, tag=True):
    """The PIN that was typed is whose (initials), or wrong: how many tries are left, or how long it is locked."""

    initials: str | None
    tries_left: int = 0
    lock_s: float = 0.0


class Warmed(msgspec.Struct, frozen=True, tag=True):
    """How the warm-up goes. drift_counts_per_min: of the worst corner; temperature_c: of the deck's IMU.

    None while they are not known.
    """

    on_s: float
    drift_counts_per_min: float | None
    steady: bool = True
    temperature_c: float | None = None


class Tilted(msgspec.Struct, frozen=True, tag=True):
    """How far the deck is off level, by its IMU; None where that says nothing."""

    tilt_deg: float | None


class Moved(msgspec.Struct, frozen=True, tag=True):
    """The load that was read last is no longer there as it was."""


class Read(msgspec.Struct, frozen=True, tag=True):
    """Five quiet seconds are together. `reading` has the kind and place of the step that is asked for."""

    reading: Reading


class Journaled(msgspec.Struct, frozen=True, tag=True):
    """What was to be written down is on the disk; this is the session now (None: none is under way)."""

    session: Session | None


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What was asked for was not done, in words."""

    reason: str


class Judged(msgspec.Struct, frozen=True, tag=True):
    """What the finished session is worth. place_mm, force_percent: worst errors of the verification loads."""

    rows: tuple[TableRow, ...]
    passed: bool
    place_mm: float = 0.0
    force_percent: float = 0.0


class Certified(msgspec.Struct, frozen=True, tag=True):
    """The certificate is in the chain and in use."""

    certificate: CertificateView


class DailyChecked(msgspec.Struct, frozen=True, tag=True):
    """The daily check is judged and written down."""

    check: DailyCheck
    rows: tuple[TableRow, ...]
    trend: Trend


Event = (
    Entered
    | Pressed
    | Ticked
    | PinChecked
    | Warmed
    | Tilted
    | Moved
    | Read
    | Journaled
    | Failed
    | Judged
    | Certified
    | DailyChecked
)
