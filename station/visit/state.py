"""What a visit knows, frozen, and the questions that can be asked of it. It changes nothing: reduce.py does."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from station.errors import UsageError
from station.protocols.reader import Protocol, Question, StanceStep
from station.records.record import Sex
from station.screens import ResultView
from station.visit.effects import Stance, TrialResult, VisitSummary
from station.visit.texts import texts

Stage = Literal[
    "attract",
    "about",
    "consent",
    "question",
    "prepare",
    "step-on",
    "centre",
    "stance",  # picture and voice of the next trial
    "ready",  # waits until the person stands still
    "countdown",
    "measure",
    "rest",
    "retry",
    "step-off",
    "working",
    "result",
    "thanks",
    "goodbye",  # the calm end of a visit of which nothing is kept
    "no-record",  # the record was not made in time
    "still-there",
    "help",
    "fault",
]

# Age bands as asked and as recorded: lowest age, name. Nobody over 86 is in the norms.
AGE_BANDS: Final = ((87, "87+"), (70, "70-86"), (60, "60-69"), (45, "45-59"), (18, "18-44"))
SKIPPED: Final = "skip"


class Site(msgspec.Struct, frozen=True):
    """What does not change from person to person: known protocols, the stances offered, the language."""

    protocols: dict[str, Protocol]
    allows: tuple[Stance, ...]
    default_protocol: str
    language: str


class VisitState(msgspec.Struct, frozen=True):
    """One visit at one moment. Everything from `protocol` to `view` is the person's, and a wipe forgets it.

    `since_s` is when the present stage began (or was last touched) and is stamped by the first tick after that,
    so that events other than ticks need no clock; `settled_since_s` likewise. `stage_s` counts whole seconds in the
    few stages that need them.
    """

    site: Site
    stage: Stage = "attract"
    on_deck: bool = False
    settled: bool = False
    fault: str | None = None
    protocol: str | None = None
    age_years: int | None = None
    sex: Sex | None = None
    visit_token: str | None = None
    body_mass_kg: float | None = None
    consented: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    trials: tuple[TrialResult, ...] = ()
    step: int = 0
    centred: bool = False
    stopped: str | None = None
    resume: Stage | None = None  # where help and "are you still there?" go back to
    view: ResultView | None = None
    since_s: float | None = None
    settled_since_s: float | None = None
    stage_s: int = 0
    waited: tuple[float, int] | None = None  # since_s and stage_s of a wait for stillness that a countdown broke


def start_state(
    protocols: Mapping[str, Protocol],
    site_allows: tuple[Stance, ...],
    default_protocol: str,
    language: str,
) -> VisitState:
    """Return the attract screen of a station that nobody uses.

    Raises UsageError for a default protocol that is not among `protocols` or a language without texts.
    """
    if default_protocol not in protocols:
        raise UsageError(f"there is no protocol {default_protocol!r}; this station knows: {', '.join(protocols)}")
    texts(language)
    return VisitState(Site(dict(protocols), site_allows, default_protocol, language))


def forgotten(state: VisitState) -> VisitState:
    """Return the state without the person: only what the deck says stays, because weight may still be on it."""
    return VisitState(state.site, on_deck=state.on_deck, settled=state.settled)


def protocol_of(state: VisitState) -> Protocol:
    """Return the protocol of this visit, or the one that a tap would start."""
    return state.site.protocols[state.protocol or state.site.default_protocol]


def offered(state: VisitState) -> tuple[StanceStep, ...]:
    """Return the stances of the protocol that this site offers to a person who is alone."""
    return tuple(step for step in protocol_of(state).stances if step.stance in state.site.allows)


def current_step(state: VisitState) -> StanceStep | None:
    """Return the stance that is next or in progress, or None when all are done."""
    steps = offered(state)
    return steps[state.step] if state.step < len(steps) else None


def attempts_at(state: VisitState, trial: str) -> tuple[TrialResult, ...]:
    """Return what became of every attempt at one trial so far."""
    return tuple(result for result in state.trials if result.trial == trial)


def questions_to_ask(state: VisitState) -> tuple[Question, ...]:
    """Return all questions of this visit, answered or not, as far as the answers so far call for them."""
    answers = dict(state.answers)

    def applies(question: Question) -> bool:
        if question.provides == "age_band" and state.age_years is not None:
            return False
        condition = question.asked_if
        return condition is None or answers.get(condition.answer_to) == condition.is_

    protocol = protocol_of(state)
    return tuple(question for question in (*protocol.gate, *protocol.questions) if applies(question))


def current_question(state: VisitState) -> Question | None:
    """Return the first question that has no answer yet, or None when all are answered."""
    answered = {key for key, _ in state.answers}
    return next((question for question in questions_to_ask(state) if question.answer_key not in answered), None)


def gate_closed(state: VisitState) -> bool:
    """Say whether a start-gate question was answered yes: nobody stands today."""
    answers = dict(state.answers)
    return any(answers.get(question.answer_key) == "yes" for question in protocol_of(state).gate)


def has_something_to_record(state: VisitState) -> bool:
    """Say whether any question was answered (a skipped one was not) or any trial begun."""
    return bool(state.trials) or any(answer != SKIPPED for _, answer in state.answers)


def age_band(age_years: int | None) -> str | None:
    """Return the band of an age in years, or None when it is unknown or under 18."""
    if age_years is None:
        return None
    return next((name for lowest, name in AGE_BANDS if age_years >= lowest), None)


def summary_of(state: VisitState) -> VisitSummary:
    """Return what the screening rule needs to know of this visit."""
    protocol = protocol_of(state)
    answers = dict(state.answers)
    told = answers.get("age_band")
    return VisitSummary(
        protocol=protocol.name,
        protocol_version=protocol.version,
        answers=answers,
        trials=state.trials,
        not_offered=tuple(step.trial for step in protocol.stances if step.stance not in state.site.allows),
        stopped=state.stopped,
        age_years=state.age_years,
        age_band=age_band(state.age_years) or (told if told != SKIPPED else None),
        sex=state.sex,
        visit_token=state.visit_token,
        body_mass_kg=state.body_mass_kg,
        consented=state.consented,
    )
