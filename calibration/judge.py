"""What a finished session is worth: the fit, what it gets wrong, and every limit that it is held to. Pure.

Some limits can be seen in a single reading; `look_at_reading` tells at once, so that nobody carries weights in vain.
"""

import itertools
import math
import statistics
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

import msgspec
import numpy as np

from calibration.certificate import CORNER_NAMES, SCHEMA, Cell, Certificate
from calibration.errors import ProcedureError, RefusedError
from calibration.evidence import Evidence, Four, Judgement, Reading, Residual
from calibration.fit import Fit, Loaded, fit_deck, residuals
from calibration.limits import explain, load_limits
from calibration.procedure import Session, above_zero

CODE_END: Final = 0x7FFF00  # as near to the end of the range as makes no difference
RATE_RANGE_HZ: Final = (75.0, 100.0)
FITTED: Final = ("place", "load-up", "load-down", "repeat")


class Deck(msgspec.Struct, frozen=True):
    """What is known of the deck beside the readings. serials: of the cells; rates_hz: of the converters.

    temperature_c: of its IMU now, None where that gives none; virtual: its cells are virtual chips.
    """

    station: str
    cell_spacing_ml_mm: float
    cell_spacing_ap_mm: float
    gravity_m_s2: float
    channels: tuple[int, int, int, int]
    serials: tuple[str, str, str, str]
    rates_hz: Four
    template: str
    software_version: str
    temperature_c: float | None = None
    valid_days: int = 365
    two_people: bool = False
    virtual: bool = False

    @property
    def method(self) -> Literal["guided", "guided-virtual"]:
        """Return how a certificate of it calls this procedure."""
        return "guided-virtual" if self.virtual else "guided"


class Found(msgspec.Struct, frozen=True):
    """The outcome before anybody has signed. refusals: in words, empty when the deck passes."""

    fit: Fit
    zero_counts: Four
    residuals: tuple[Residual, ...]
    judgements: tuple[Judgement, ...]
    hysteresis_percent: float
    repeatability_percent: float
    zero_return_percent: float

    @property
    def refusals(self) -> tuple[str, ...]:
        """Return every limit that refuses, in words."""
        return tuple(explain(each) for each in self.judgements if not each.passed)


def look_at_reading(reading: Reading, zero: Reading | None) -> tuple[Judgement, ...]:
    """Return every limit for which a reading cannot be used; empty when it can. zero: the empty deck before it."""
    judged = [_unsteady([reading]), _slope([reading]), _saturated([reading]), _flagged([reading])]
    if zero is not None and reading.mass_kg > 0:
        judged.append(_order([(reading, _above(reading, zero))]))
    return tuple(each for each in judged if not each.passed)


def judge(session: Session, deck: Deck, previous: Certificate | None, today: date) -> Found:
    """Return what a session with all its readings is worth.

    Raises ProcedureError when readings are missing, CannotFitError when no gains follow from them.
    """
    if session.phase not in ("sign", "done") or session.warm is None or session.level is None:
        raise ProcedureError("the calibration is not finished: readings are missing")
    loads = above_zero(session.readings)
    gravity = deck.gravity_m_s2
    fitted = [_loaded(reading, counts, gravity) for reading, counts in loads if reading.kind in FITTED]
    unseen = [_loaded(reading, counts, gravity) for reading, counts in loads if reading.kind == "verify"]
    fit = fit_deck(fitted, deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm)
    forces = {id(reading): _force_n(fit, counts) for reading, counts in loads}
    largest_n = max(load.force_n for load in fitted)
    hysteresis = _hysteresis(loads, forces) / largest_n * 100
    places = [_force_n(fit, counts) for reading, counts in loads if reading.kind == "place"]
    repeats = [_force_n(fit, counts) for reading, counts in loads if reading.kind == "repeat"]
    repeatability = (max(repeats) - min(repeats)) / statistics.fmean(repeats) * 100
    corner_spread = (max(places) - min(places)) / statistics.fmean(places) * 100
    zero_return = _zero_shift_n(fit, session.readings) / largest_n * 100
    off = residuals(unseen, fit.matrix)
    named = load_limits().named
    weights = session.begun.weights
    low, high = RATE_RANGE_HZ
    judgements = [
        named("weight-certificate").judge(min((each.valid_until - today).days for each in weights)),
        named("weight-uncertainty").judge(max(each.uncertainty_percent for each in weights)),
        named("drift").judge(abs(session.warm.drift_counts_per_min)),
        named("level").judge(session.level.tilt_deg),
        named("rate").judge(max(max(low - rate, rate - high, 0.0) for rate in deck.rates_hz)),
        named("rate-spread").judge((max(deck.rates_hz) / min(deck.rates_hz) - 1) * 100),
        _flagged(session.readings),
        _saturated(session.readings),
        _unsteady(session.readings),
        _slope(session.readings),
        _order([each for each in loads if each[0].kind == "place"]),
        named("loads").judge(len(fitted)),
        named("condition").judge(fit.condition_number),
        named("gain-spread").judge(_gain_spread(fit)),
        named("zero-return").judge(zero_return),
        named("hysteresis").judge(hysteresis),
        named("repeatability").judge(repeatability),
        named("corner-spread").judge(corner_spread),
        named("force").judge(max(abs(r.force_n) / load.force_n * 100 for r, load in zip(off, unseen, strict=True))),
        named("place-worst").judge(max(each.distance_mm for each in off)),
        named("place-rms").judge(math.sqrt(statistics.fmean(each.distance_mm**2 for each in off))),
    ]
    if previous is not None and _measured_here(previous, deck) and not session.begun.new_parts:
        judgements.append(named("gain-change").judge(_gain_change(fit, previous)))
    began_c = session.warm.temperature_c
    ended_c = deck.temperature_c if session.signed is None else session.signed.temperature_c
    if began_c is not None and ended_c is not None:
        judgements.append(named("temperature").judge(abs(ended_c - began_c)))
    if session.signed is not None and deck.two_people:
        people = {session.begun.operator.strip().lower(), (session.signed.approver or "").strip().lower()} - {""}
        judgements.append(named("two-people").judge(len(people)))
    return Found(
        fit=fit,
        zero_counts=_last_zero(session.readings).counts,
        residuals=_all_residuals(loads, fit, gravity),
        judgements=tuple(judgements),
        hysteresis_percent=hysteresis,
        repeatability_percent=repeatability,
        zero_return_percent=zero_return,
    )


def certify(session: Session, deck: Deck, previous: Certificate | None) -> Certificate:
    """Return the signed certificate of a session that somebody has put their initials to.

    Raises RefusedError with every reason when it does not pass, ProcedureError when it is not signed.
    """
    signed = session.signed
    if signed is None or session.warm is None or session.level is None:
        raise ProcedureError("the calibration is not signed")
    found = judge(session, deck, previous, signed.ended.date())
    if found.refusals:
        raise RefusedError(found.refusals)
    temperatures = (session.warm.temperature_c, signed.temperature_c)
    cells = tuple(
        Cell(corner=name, channel=channel, serial=serial, gain_n_per_count=gain, zero_counts=zero)
        for name, channel, serial, gain, zero in zip(
            CORNER_NAMES, deck.channels, deck.serials, found.fit.gains_n_per_count, found.zero_counts, strict=True
        )
    )
    return Certificate(
        schema=SCHEMA,
        number=1 if previous is None else previous.number + 1,
        previous="" if previous is None else previous.id,
        station=deck.station,
        method=deck.method,
        issued=signed.ended,
        valid_until=signed.ended + timedelta(days=deck.valid_days),
        cell_spacing_ml_mm=deck.cell_spacing_ml_mm,
        cell_spacing_ap_mm=deck.cell_spacing_ap_mm,
        gravity_m_s2=deck.gravity_m_s2,
        cells=cells,
        matrix=found.fit.matrix,
        condition_number=found.fit.condition_number,
        evidence=Evidence(
            operator=session.begun.operator,
            approver=signed.approver,
            started=session.begun.started,
            ended=signed.ended,
            software_version=deck.software_version,
            template=deck.template,
            weights=session.begun.weights,
            readings=session.readings,
            residuals=found.residuals,
            judgements=found.judgements,
            warm_up_s=session.warm.seconds,
            level_deg=session.level.tilt_deg,
            rates_hz=deck.rates_hz,
            temperature_c=None if None in temperatures else (temperatures[0] or 0.0, temperatures[1] or 0.0),
            hysteresis_percent=found.hysteresis_percent,
            repeatability_percent=found.repeatability_percent,
            zero_return_percent=found.zero_return_percent,
        ),
        note=_note(session, deck, previous),
    ).signed()


def _note(session: Session, deck: Deck, previous: Certificate | None) -> str:
    what = "guided calibration of a virtual deck" if deck.virtual else "guided calibration"
    said = [f"{what}, plan {session.begun.plan}, limits {load_limits().version}"]
    if session.interruptions:
        said.append(f"interrupted {session.interruptions} time{'s' * (session.interruptions > 1)}")
    if previous is not None and not _measured_here(previous, deck):
        said.append("the certificate before was not measured on this deck, so gains were not held to it")
    elif previous is not None and session.begun.new_parts:
        said.append("parts were replaced, so gains were not held to the certificate before")
    return "; ".join(said)


# --- single measurements ---------------------------------------------------------------------------------------------


def _loaded(reading: Reading, counts: Four, gravity_m_s2: float) -> Loaded:
    return Loaded(reading.mass_kg * gravity_m_s2, reading.x_mm, reading.y_mm, counts)


def _force_n(fit: Fit, counts: Four) -> float:
    return sum(a * b for a, b in zip(fit.matrix[0], counts, strict=True))


def _above(reading: Reading, zero: Reading) -> Four:
    a, b, c, d = (counts - empty for counts, empty in zip(reading.counts, zero.counts, strict=True))
    return a, b, c, d


def _last_zero(readings: Sequence[Reading]) -> Reading:
    return next(reading for reading in reversed(readings) if reading.kind in ("zero", "zero-return"))


def _zero_shift_n(fit: Fit, readings: Sequence[Reading]) -> float:
    """Return the largest step from one zero to the next, N: an interruption hides none of the loads before it."""
    zeros = [reading for reading in readings if reading.kind in ("zero", "zero-return")]
    steps = [abs(_force_n(fit, _above(after, before))) for before, after in itertools.pairwise(zeros)]
    return max(steps, default=math.nan)


def _hysteresis(loads: Sequence[tuple[Reading, Four]], forces: dict[int, float]) -> float:
    """Return the largest difference between going up and coming down with one load, N."""
    up = {reading.mass_kg: forces[id(reading)] for reading, _ in loads if reading.kind == "load-up"}
    down = {reading.mass_kg: forces[id(reading)] for reading, _ in loads if reading.kind == "load-down"}
    return max((abs(up[mass] - down[mass]) for mass in down if mass in up), default=math.nan)


def _flagged(readings: Sequence[Reading]) -> Judgement:
    frames, flagged = sum(each.frames for each in readings), sum(each.flagged for each in readings)
    return load_limits().named("flagged").judge(flagged / frames * 100 if frames else math.nan)


def _saturated(readings: Sequence[Reading]) -> Judgement:
    at_the_end = sum(1 for reading in readings if max(abs(each) for each in reading.counts) >= CODE_END)
    return load_limits().named("saturated").judge(at_the_end)


def _unsteady(readings: Sequence[Reading]) -> Judgement:
    return load_limits().named("unsteady").judge(max(max(reading.sd_counts) for reading in readings))


def _slope(readings: Sequence[Reading]) -> Judgement:
    fastest = max(abs(each) for reading in readings for each in reading.drift_counts_per_s)
    return load_limits().named("slope").judge(fastest)


def _order(loads: Sequence[tuple[Reading, Four]]) -> Judgement:
    """Count corners that do not answer as the place of the load says: most at their own corner, and upwards."""
    wrong = 0
    for reading, counts in loads:
        x, y = reading.x_mm, reading.y_mm
        if x and y:
            nearest = (0 if x < 0 else 1) + (0 if y > 0 else 2)
            wrong += max(range(4), key=lambda corner: counts[corner]) != nearest
        wrong += sum(counts) <= 0
    return load_limits().named("order").judge(wrong)


def _gain_spread(fit: Fit) -> float:
    middle = statistics.median(fit.gains_n_per_count)
    return max(abs(gain / middle - 1) for gain in fit.gains_n_per_count) * 100


def _measured_here(previous: Certificate, deck: Deck) -> bool:
    """Return whether a certificate's gains are those of this deck: not another station's, nor a virtual deck's."""
    return previous.station == deck.station and previous.method == deck.method


def _gain_change(fit: Fit, previous: Certificate) -> float:
    before = [cell.gain_n_per_count for cell in previous.cells]
    return max(abs(now / then - 1) for now, then in zip(fit.gains_n_per_count, before, strict=True)) * 100


def _all_residuals(loads: Sequence[tuple[Reading, Four]], fit: Fit, gravity_m_s2: float) -> tuple[Residual, ...]:
    matrix = np.array(fit.matrix)
    off = residuals([_loaded(reading, counts, gravity_m_s2) for reading, counts in loads], matrix)
    return tuple(
        Residual(reading.kind, each.force_n, each.x_mm, each.y_mm)
        for (reading, _), each in zip(loads, off, strict=True)
    )
