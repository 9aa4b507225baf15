"""The screen: from what a person answered and how they stood to one tier, with every reason and every part listed.

A screening aid for clinician review, version `screen-1`: no diagnosis, no probability. The result is the highest tier
that any part reaches; what was not done is listed and never counts as passed; a technical failure is neither a risk
finding nor a pass; sway can raise a result to review and can never lower one. The cut-offs are data (cutoffs.py).
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from station.protocols.reader import Protocol, Question, StanceStep, load_protocol
from station.records.record import Part, PartState, Reason, SwayBand
from station.screening.cutoffs import AnswerLine, StanceLine, SwayLine, load_rule
from station.screens import Tier
from station.visit.effects import TrialResult, VisitSummary

# Most serious first. The last two are no findings: which of them it is depends on whether everything was done.
TIERS: Final[tuple[Tier, ...]] = ("refer today", "screened at risk", "review", "not at risk", "not assessable")

# Why a screen without a finding is not assessable: it decides the words for the person.
Unfinished = Literal["stopped", "unanswered", "technical", "not-compared"]


class Screening(msgspec.Struct, frozen=True):
    """The result. `sway_position` is where the sway lies on the band of norms, 0 (still) to 1, when there is one."""

    tier: Tier
    reasons: tuple[Reason, ...]
    parts: tuple[Part, ...]
    unfinished: Unfinished | None = None
    sway_position: float | None = None


class _Judged(msgspec.Struct, frozen=True):
    """One part with what it reaches, and why it is not done if it is not."""

    part: Part
    reasons: tuple[Reason, ...] = ()
    unfinished: Unfinished | None = None


def screen(summary: VisitSummary, bands: tuple[SwayBand, ...], sway_age_reference: str | None) -> Screening:
    """Return the result of one visit.

    `bands` are the sway measures of the quiet stance against people of the same age, `sway_age_reference` names those
    people (None: there is no reference for this age). Raises UsageError for a protocol that this station does not know.
    """
    protocol = load_protocol(summary.protocol)
    judged = [*_questions(summary, protocol), *_stances(summary, protocol, bands, sway_age_reference)]
    parts = tuple(one.part for one in judged)
    found = sorted((reason for one in judged for reason in one.reasons), key=lambda reason: TIERS.index(reason.tier))
    position = _sway_position(bands) if _quiet_is_done(parts) else None
    if found:
        return Screening(found[0].tier, tuple(found), parts, sway_position=position)
    open_parts = [one for one in judged if one.unfinished]
    if open_parts:
        reasons = tuple(_open_reason(one.part) for one in open_parts)
        return Screening("not assessable", reasons, parts, _why(open_parts), position)
    return Screening("not at risk", _nothing_found(summary, protocol), parts, sway_position=position)


def _why(open_parts: Sequence[_Judged]) -> Unfinished:
    causes = [one.unfinished for one in open_parts]
    order: tuple[Unfinished, ...] = ("technical", "stopped", "unanswered", "not-compared")
    return next(cause for cause in order if cause in causes)


def _open_reason(part: Part) -> Reason:
    return Reason("not assessable", part.name, f"{part.name}: {part.state}: {part.detail}.", "station rule")


def _nothing_found(summary: VisitSummary, protocol: Protocol) -> tuple[Reason, ...]:
    said = "All parts that this site offers were done and none reached a line of the rule."
    if _standing_only(protocol):
        said = "Only quiet standing was looked at, without questions or stances; it reached no line of the rule."
    if summary.not_offered:
        said += f" Not offered here: {', '.join(summary.not_offered)}."
    return (Reason("not at risk", "screen", said, "station rule"),)


def _standing_only(protocol: Protocol) -> bool:
    return not protocol.gate and not protocol.questions


# --- questions -----------------------------------------------------------------------------------------------------


def _questions(summary: VisitSummary, protocol: Protocol) -> Iterable[_Judged]:
    if protocol.gate:
        yield _answered(summary, "start-gate", protocol.gate)
    screened = [question for question in protocol.questions if question.provides is None]
    if screened:
        yield _answered(summary, "key-questions", screened)


def _answered(summary: VisitSummary, name: str, questions: Iterable[Question]) -> _Judged:
    lines = [line for line in load_rule().answers if line.part == name]
    answers = summary.answers
    reasons = tuple(reason for line in lines for reason in _answer_reasons(line, answers))
    asked = [
        question
        for question in questions
        if question.asked_if is None or answers.get(question.asked_if.answer_to) == question.asked_if.is_
    ]
    unanswered = [question.name for question in asked if answers.get(question.answer_key, "skip") == "skip"]
    gate_closed = name == "start-gate" and bool(reasons)  # the first yes ends the gate; the rest need no answer
    done = not unanswered or gate_closed
    unfinished: Unfinished | None = None
    if not done:
        skipped = all(answers.get(question.answer_key) for question in asked)
        unfinished = "unanswered" if skipped or not summary.stopped else "stopped"
    part = Part(
        name=name,
        state="done" if done else "not done",
        value=sum(answers.get(question.answer_key) in {"yes", "two-or-more"} for question in asked),
        unit="{findings}",
        cut_off="; ".join(dict.fromkeys(line.cut_off for line in lines)),
        met=True if reasons else False if done else None,
        source="; ".join(dict.fromkeys(line.source for line in lines)),
        detail=None if done else f"no answer to {', '.join(unanswered)}{_early(summary)}",
    )
    return _Judged(part, reasons, unfinished)


def _answer_reasons(line: AnswerLine, answers: dict[str, str]) -> Iterable[Reason]:
    which = [key.partition(".")[2] for key in line.any_of if answers.get(key) == line.is_]
    if which:
        yield Reason(line.tier, line.part, line.text.format(which=", ".join(which)), line.source)


def _early(summary: VisitSummary) -> str:
    return f" (the visit ended early: {summary.stopped})" if summary.stopped else ""


# --- stances -------------------------------------------------------------------------------------------------------


def _stances(
    summary: VisitSummary, protocol: Protocol, bands: tuple[SwayBand, ...], reference: str | None
) -> Iterable[_Judged]:
    last = {trial.trial: trial for trial in summary.trials}
    lost = next((trial.trial for trial in summary.trials if trial.end == "lost"), None)
    for step in protocol.stances:
        trial = last.get(step.trial)
        if step.sway:
            line = next(line for line in load_rule().sway if line.part == step.trial)
            yield _sway(summary, step, line, trial, bands, reference, _standing_only(protocol))
        else:
            yield _timed(
                summary, step, next(line for line in load_rule().stances if line.part == step.trial), trial, lost
            )


def _timed(
    summary: VisitSummary, step: StanceStep, line: StanceLine, trial: TrialResult | None, lost: str | None
) -> _Judged:
    """Judge a stance that is held against time."""
    cut_off = f"held less than {line.below_s:g} s" if line.below_s is not None else None
    blank = Part(step.trial, "not done", unit="s", cut_off=cut_off, source=line.source)
    if trial is None or trial.end in {"stopped", "not assessable"}:
        return _open(summary, blank, trial, lost)
    held_s = step.window_s if trial.end == "completed" else trial.held_s
    not_held = trial.end == "lost" and line.below_s is not None and held_s < line.below_s
    reasons: tuple[Reason, ...] = ()
    if not_held and line.tier is not None:
        text = line.text.format(held_s=held_s, below_s=line.below_s)
        reasons = (Reason(line.tier, step.trial, text, line.source),)
    part = msgspec.structs.replace(
        blank,
        state="done",
        value=round(held_s, 2),
        met=None if line.below_s is None else not_held,
        detail="; ".join(trial.reasons) or None,
    )
    return _Judged(part, reasons)


def _sway(
    summary: VisitSummary,
    step: StanceStep,
    line: SwayLine,
    trial: TrialResult | None,
    bands: tuple[SwayBand, ...],
    reference: str | None,
    standing_only: bool,
) -> _Judged:
    """Judge quiet standing by sway against people of the same age; without such people it is measured, not judged."""
    blank = Part(step.trial, "not done", cut_off=line.cut_off, source=line.source)
    if trial is None or trial.end in {"stopped", "not assessable"}:
        return _open(summary, blank, trial, None)
    if trial.end == "lost":
        detail = "; ".join((f"broken off after {trial.held_s:.1f} s of {step.window_s:g} s", *trial.reasons))
        return _Judged(msgspec.structs.replace(blank, state="not assessable", detail=detail), unfinished="stopped")
    detail = f"stood for {step.window_s:g} s" + ("; only quiet standing was looked at" if standing_only else "")
    known = {band.metric: band.band for band in bands} if reference else {}
    groups = [group for group in line.groups if any(metric in known for metric in group.metrics)]
    if not groups:
        known_age = summary.age_band is not None
        why = "no reference for this age" if known_age else "age not given, so not compared"
        part = msgspec.structs.replace(blank, state="done", detail=f"{detail}; {why}")
        # Beside other parts a missing reference is only noted; alone, nothing at all has been judged.
        return _Judged(part, unfinished="not-compared" if standing_only else None)
    above = [group.name for group in groups if any(known.get(metric) == line.above for metric in group.metrics)]
    reached = len(above) >= line.at_least
    reasons: tuple[Reason, ...] = ()
    if reached:
        text = line.text.format(count=len(above), of=len(line.groups), which=", ".join(above))
        reasons = (Reason(line.tier, step.trial, text, line.source),)
    complete = len(groups) == len(line.groups)
    part = msgspec.structs.replace(
        blank,
        state="done",
        value=len(above),
        unit="{measures}",
        met=reached if reached or complete else None,
        detail=f"{detail}; compared with {reference}" + ("" if complete else "; not every measure could be computed"),
    )
    return _Judged(part, reasons, None if reached or complete or not standing_only else "not-compared")


def _open(summary: VisitSummary, blank: Part, trial: TrialResult | None, lost: str | None) -> _Judged:
    """Say why a stance has no value: not offered, not reached, stopped, or technically bad."""
    state: PartState = "not done"
    unfinished: Unfinished | None = None
    if blank.name in summary.not_offered:
        state, detail = "not offered", "not offered at this site"
    elif trial is not None and trial.end == "not assessable":
        state, unfinished = "not assessable", "technical"
        detail = "; ".join(trial.reasons) or "the measurement was technically bad"
    elif trial is not None:
        state, unfinished = "not assessable", "stopped"
        detail = "; ".join(dict.fromkeys(("stopped", *trial.reasons)))
    elif lost is not None:
        detail, unfinished = f"not reached, because {lost} was not held", "stopped"
    else:
        detail, unfinished = f"not reached{_early(summary)}", "stopped"
    return _Judged(msgspec.structs.replace(blank, state=state, detail=detail), unfinished=unfinished)


# --- the marker ----------------------------------------------------------------------------------------------------


def _quiet_is_done(parts: Iterable[Part]) -> bool:
    sway_parts = {line.part for line in load_rule().sway}
    return any(part.name in sway_parts and part.state == "done" and part.value is not None for part in parts)


def _sway_position(bands: tuple[SwayBand, ...]) -> float | None:
    """Return where the sway lies: thirds of the band are up to P75, P75 to P90, above P90.

    The middle one of the three groups decides, so that the marker is in the last third exactly when at least two
    groups are above P90, which is where the rule says review. None when a group has no measure.
    """
    by_metric = {band.metric: band for band in bands}
    (line,) = load_rule().sway
    positions = []
    for group in line.groups:
        members = [_position(by_metric[metric]) for metric in group.metrics if metric in by_metric]
        if not members:
            return None
        positions.append(max(members))
    return sorted(positions)[len(positions) // 2]


def _position(band: SwayBand) -> float:
    """Return 0..1 for one measure: linear within each third, and up to twice P90 in the last."""
    third = 1 / 3
    if band.band == "up to P75":
        return third * _fraction(band.value, 0.0, band.p75)
    if band.band == "P75 to P90":
        return third + third * _fraction(band.value, band.p75, band.p90)
    return 2 * third + third * _fraction(band.value, band.p90, 2 * band.p90)


def _fraction(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0
