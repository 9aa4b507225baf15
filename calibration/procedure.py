"""The guided calibration as a pure fold: a session is what its entries make of it, so a journal of them is enough.

    begun -> warmed-up -> levelled -> readings, one after another, each may be undone -> signed

`apply(session, entry)` gives the next session or raises ProcedureError; nothing here knows a clock, a file or a window.
A session that was interrupted goes on with `Resumed`: a deck that was off warms up again, and the empty deck is read
before anything else, because its zero may have moved meanwhile; every reading is taken above the zero that was last
read before it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from calibration.errors import ProcedureError
from calibration.evidence import Four, Reading, Weight
from calibration.plan import Plan, Step, unroll

Phase = Literal["warm-up", "level", "readings", "sign", "done"]


class _Entry(msgspec.Struct, frozen=True, tag_field="entry", forbid_unknown_fields=True):
    """Anything that can happen to a session."""


class Begun(_Entry, frozen=True, tag="begun"):
    """Somebody has started. new_parts: a cell or board was replaced, so gains may differ from the last certificate."""

    operator: str
    weights: tuple[Weight, ...]
    plan: str
    started: datetime
    new_parts: bool = False


class WarmedUp(_Entry, frozen=True, tag="warmed-up"):
    """The deck is warm. drift_counts_per_min: of the worst empty corner, at the end."""

    seconds: float
    drift_counts_per_min: float
    temperature_c: float | None = None


class Levelled(_Entry, frozen=True, tag="levelled"):
    """The deck is level, by its IMU."""

    tilt_deg: float


class Taken(_Entry, frozen=True, tag="taken"):
    """The next reading of the plan was taken."""

    reading: Reading


class Undone(_Entry, frozen=True, tag="undone"):
    """The last reading does not count; it is taken again."""


class Resumed(_Entry, frozen=True, tag="resumed"):
    """The station was off, or the procedure left, and goes on. cold: the deck was off, and has to warm up again."""

    at: datetime
    cold: bool = False


class Signed(_Entry, frozen=True, tag="signed"):
    """Somebody has looked at the result and put their initials to it."""

    approver: str | None
    ended: datetime
    temperature_c: float | None = None


Entry = Begun | WarmedUp | Levelled | Taken | Undone | Resumed | Signed


class Session(msgspec.Struct, frozen=True):
    """Where a calibration is.

    readings: those that count, oldest first, extra zeros included; rezero: the empty deck must be read before going on;
    cold: it has to warm up before that. warm: when it did first, with the worst drift of every time.
    """

    begun: Begun
    steps: tuple[Step, ...]
    warm: WarmedUp | None = None
    level: Levelled | None = None
    readings: tuple[Reading, ...] = ()
    rezero: bool = False
    cold: bool = False
    interruptions: int = 0
    signed: Signed | None = None

    @property
    def phase(self) -> Phase:
        """Return what is to be done now."""
        if self.signed is not None:
            return "done"
        if self.warm is None or self.cold:
            return "warm-up"
        if self.level is None:
            return "level"
        return "sign" if self.step is None else "readings"

    @property
    def taken(self) -> int:
        """Return how many readings of the plan are there."""
        return sum(1 for reading in self.readings if reading.kind != "zero") + bool(self.readings)

    @property
    def step(self) -> Step | None:
        """Return the reading that comes next, None when all are taken."""
        if self.rezero and self.readings:
            return self.steps[0]
        return self.steps[self.taken] if self.taken < len(self.steps) else None


def begin(begun: Begun, plan: Plan, cell_spacing_ml_mm: float, cell_spacing_ap_mm: float) -> Session:
    """Return a new session; raises RegisterError for weights with which the plan cannot be done."""
    if not begun.operator.strip():
        raise ProcedureError("a calibration needs the initials of whoever does it")
    return Session(begun, unroll(plan, begun.weights, cell_spacing_ml_mm, cell_spacing_ap_mm))


def apply(session: Session, entry: Entry) -> Session:
    """Return the session after an entry; raises ProcedureError for one that does not come now."""
    replace = msgspec.structs.replace
    match entry:
        case WarmedUp():
            _expect(session, "warm-up")
            warm = session.warm
            if warm is not None:  # of its first time: from then on the temperature must not change
                worst = max(warm.drift_counts_per_min, entry.drift_counts_per_min, key=abs)
                entry = replace(warm, drift_counts_per_min=worst)
            return replace(session, warm=entry, cold=False)
        case Levelled():
            _expect(session, "level")
            return replace(session, level=entry)
        case Taken(reading):
            _expect(session, "readings")
            return _take(session, reading)
        case Undone():
            if not session.readings or session.signed is not None:
                raise ProcedureError("there is no reading to undo")
            *kept, last = session.readings
            rezero = bool(kept) and last.kind == "zero"  # the zero after an interruption: it has to be read again
            return replace(session, readings=tuple(kept), rezero=rezero)
        case Resumed():
            if session.signed is not None:
                raise ProcedureError("this calibration is finished; begin a new one")
            cold = session.cold or entry.cold
            return replace(session, rezero=bool(session.readings), cold=cold, interruptions=session.interruptions + 1)
        case Signed():
            _expect(session, "sign")
            return replace(session, signed=entry)
        case Begun():
            raise ProcedureError("a calibration is under way; finish it, or discard it before beginning another")


def replay(
    entries: Sequence[Entry], plan: Plan, cell_spacing_ml_mm: float, cell_spacing_ap_mm: float
) -> Session | None:
    """Return the session that these entries make, None for none; raises ProcedureError for what cannot be."""
    if not entries:
        return None
    first = entries[0]
    if not isinstance(first, Begun):
        raise ProcedureError("the journal does not start with the beginning of a calibration")
    if first.plan != plan.version:
        raise ProcedureError(f"the calibration was begun under plan {first.plan!r}; this version has {plan.version!r}")
    session = begin(first, plan, cell_spacing_ml_mm, cell_spacing_ap_mm)
    for entry in entries[1:]:
        session = apply(session, entry)
    return session


def above_zero(readings: Sequence[Reading]) -> tuple[tuple[Reading, Four], ...]:
    """Return every reading of a load with its counts above the zero that was read last before it."""
    found: list[tuple[Reading, Four]] = []
    zero: Four | None = None
    for reading in readings:
        if reading.kind in ("zero", "zero-return"):
            zero = reading.counts
            continue
        if zero is None:
            raise ProcedureError("a load was read before the empty deck")
        a, b, c, d = (counts - empty for counts, empty in zip(reading.counts, zero, strict=True))
        found.append((reading, (a, b, c, d)))
    return tuple(found)


def _take(session: Session, reading: Reading) -> Session:
    step = session.step
    if step is None or (reading.kind, reading.x_mm, reading.y_mm, reading.weights) != (
        step.kind,
        step.x_mm,
        step.y_mm,
        step.weights,
    ):
        wanted = "nothing" if step is None else f"{step.kind} {step.hole or ''}".strip()
        raise ProcedureError(f"the reading that comes now is {wanted!r}, not {reading.kind!r}")
    return msgspec.structs.replace(session, readings=(*session.readings, reading), rezero=False)


def _expect(session: Session, phase: Phase) -> None:
    if session.phase != phase:
        raise ProcedureError(f"this comes in phase {phase!r}; the calibration is in {session.phase!r}")
