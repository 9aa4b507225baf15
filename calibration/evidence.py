"""What a certificate rests on: who, when, which weights, what was read, what was found and which limits it was held to.

Types only. Everything here goes into the certificate and under its hash, so that anybody can do the sums again.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

ReadingKind = Literal["zero", "place", "load-up", "load-down", "repeat", "zero-return", "verify", "corner"]
Four = tuple[float, float, float, float]


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One weight of the register: what is stamped on it, what its certificate says, and until when that holds.

    mass_kg: conventional mass by its certificate; uncertainty_g: expanded, as the certificate states it.
    """

    id: str
    nominal_kg: float
    mass_kg: float
    uncertainty_g: float
    certificate_number: str
    valid_until: date

    @property
    def uncertainty_percent(self) -> float:
        """Return the uncertainty as a part of the mass, percent."""
        return self.uncertainty_g / self.mass_kg / 10


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One load in one place, read for some seconds. An empty deck has mass 0 and no weights.

    counts: means of the four corners, raw; sd_counts: of single conversions; drift_counts_per_s: slope over the
    reading; frames, flagged: of all four corners; at_s: since the procedure began.
    """

    kind: ReadingKind
    mass_kg: float
    x_mm: float
    y_mm: float
    weights: tuple[str, ...]
    counts: Four
    sd_counts: Four
    drift_counts_per_s: Four
    frames: int
    flagged: int
    at_s: float


class Residual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the certificate's matrix is from one reading: force in N, centre of pressure in mm."""

    kind: ReadingKind
    force_n: float
    x_mm: float
    y_mm: float


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One limit that was applied. `measured` and `limit` in `unit`; what it means is in `calibration.limits`."""

    limit_name: str
    measured: float
    limit: float
    unit: str
    passed: bool


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One calibration as it was done. operator, approver: initials of staff; template: its id, as printed on it.

    temperature_c: of the deck's IMU itself, at the end of the warm-up and when it was signed, None where that gives
    none; rates_hz: of the four converters.
    """

    operator: str
    approver: str | None
    started: datetime
    ended: datetime
    software_version: str
    template: str
    weights: tuple[Weight, ...]
    readings: tuple[Reading, ...]
    residuals: tuple[Residual, ...]
    judgements: tuple[Judgement, ...]
    warm_up_s: float
    level_deg: float
    rates_hz: Four
    temperature_c: tuple[float, float] | None
    hysteresis_percent: float
    repeatability_percent: float
    zero_return_percent: float

    @property
    def temperature_words(self) -> str:
        """Return the temperatures as a certificate for people states them, in one line of it."""
        if self.temperature_c is None:
            return "not known: no sensor in the deck gave it"
        began_c, ended_c = self.temperature_c
        own = "the deck sensor's own: some degrees above the room, good for change only"
        return f"{began_c:.1f}, then {ended_c:.1f} degC, {own}"
