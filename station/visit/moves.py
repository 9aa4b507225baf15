"""The steps a visit can take from one stage to another. Pure: a state in, a state and what the shell shall do out.

reduce.py (events) and ticks.py (time) decide when; this file says what such a step means. Nobody here speaks: reduce
says the cue of every new screen.
"""

from typing import Any, Final

import msgspec

from station.records.record import Sex
from station.visit.effects import CallStaff, Effect, Finish, Sound, StartTrial, StopTrial, TrialResult, Wipe
from station.visit.events import TrialEnd
from station.visit.state import (
    Stage,
    VisitState,
    attempts_at,
    current_question,
    current_step,
    forgotten,
    has_something_to_record,
    offered,
    protocol_of,
    summary_of,
)

Move = tuple[VisitState, tuple[Effect, ...]]

# Why a visit ended early, as the record says it.
STOP_PRESSED: Final = "stop pressed"
STEPPED_OFF: Final = "stepped off or held the rail"
NOBODY_ANSWERED: Final = "nobody answered"
NO_CONSENT: Final = "no consent"
GATE_CLOSED: Final = "start gate"
TRIAL_STOPPED: Final = "the station stopped the trial"
NEVER_STILL: Final = "did not stand still enough to start"

# Stages to which one comes back by way of the deck: its state may have changed meanwhile.
_ON_THE_DECK: Final = frozenset({"step-on", "centre", "stance", "ready", "countdown", "measure", "retry"})

# Stages in which the record has been asked for already.
_RECORD_MADE: Final = frozenset({"working", "result", "thanks", "goodbye", "no-record"})


def enter(state: VisitState, stage: Stage, **changes: Any) -> VisitState:
    """Return the state at the beginning of a stage."""
    return msgspec.structs.replace(state, stage=stage, since_s=None, stage_s=0, **changes)


def start(
    state: VisitState,
    protocol: str,
    age_years: int | None = None,
    sex: Sex | None = None,
    visit_token: str | None = None,
) -> Move:
    """Begin a visit at the attract screen."""
    state = msgspec.structs.replace(
        state, protocol=protocol, age_years=age_years, sex=sex, visit_token=visit_token, settled_since_s=None
    )
    return (enter(state, "about"), ()) if protocol_of(state).about else ask_consent(state)


def ask_consent(state: VisitState) -> Move:
    """Ask whether the result may be kept, where the protocol wants that."""
    return (enter(state, "consent"), ()) if protocol_of(state).consent else ask(state)


def ask(state: VisitState) -> Move:
    """Go to the next question; after the last one get ready to stand, if the site offers any stance."""
    if current_question(state) is not None:
        return enter(state, "question"), ()
    return (enter(state, "prepare"), ()) if offered(state) else end(state)


def to_deck(state: VisitState) -> Move:
    """Go to the next thing that needs a person on the deck: step on, find the centre, or the next trial."""
    if current_step(state) is None:
        return end(state)
    if not state.on_deck:
        return enter(state, "step-on"), ()
    return enter(state, "stance" if state.centred else "centre"), ()


def next_trial(state: VisitState) -> Move:
    """Leave the rest after a trial for the next one."""
    return to_deck(msgspec.structs.replace(state, step=state.step + 1))


def begin_trial(state: VisitState) -> Move:
    """Measure now."""
    step = current_step(state)
    if step is None:
        return end(state)
    attempt = len(attempts_at(state, step.trial)) + 1
    trial = StartTrial(step.trial, step.stance, attempt, step.settle_s, step.window_s, step.sway)
    return enter(state, "measure"), (trial,)


def after_trial(state: VisitState, ended: TrialEnd, held_s: float, reasons: tuple[str, ...]) -> Move:
    """Go on after a trial: rest, one kind retry when it was technically bad, or the calm end when it was lost."""
    step = current_step(state)
    if step is None:
        return end(state)
    state = _with_result(state, ended, held_s, reasons)
    if ended == "stopped":
        return end(state, TRIAL_STOPPED)
    if ended == "lost":
        # A stage that is not held ends the stages by their own rule; quiet standing broken off is a visit cut short.
        return end(state, STEPPED_OFF if step.sway else None)
    chime: tuple[Effect, ...] = (Sound("chime"),) if ended == "completed" else ()
    bad = [result for result in attempts_at(state, step.trial) if result.end == "not assessable"]
    if ended == "not assessable" and len(bad) < step.attempts:
        return enter(state, "retry"), ()
    if state.step + 1 < len(offered(state)):
        return enter(state, "rest"), chime
    state, effects = end(msgspec.structs.replace(state, step=state.step + 1))
    return state, chime + effects


def interrupt_trial(state: VisitState, why: str) -> Move:
    """End a running trial, if there is one, and keep what is known of it. The stage is for the caller to choose."""
    step = current_step(state)
    if state.stage != "measure" or step is None:
        return state, ()
    held_s = min(max(state.stage_s - step.settle_s, 0.0), step.window_s)
    return _with_result(state, "stopped", held_s, (why,)), (StopTrial(why),)


def give_up_settling(state: VisitState) -> Move:
    """End a visit in which nobody ever stood still enough to start; that is a technical end, not a finding."""
    return end(_with_result(state, "not assessable", 0.0, (NEVER_STILL,)), NEVER_STILL)


def _with_result(state: VisitState, ended: TrialEnd, held_s: float, reasons: tuple[str, ...]) -> VisitState:
    step = current_step(state)
    if step is None:
        return state
    attempt = len(attempts_at(state, step.trial)) + 1
    result = TrialResult(step.trial, step.stance, attempt, ended, held_s, reasons)
    return msgspec.structs.replace(state, trials=(*state.trials, result))


def end(state: VisitState, stopped: str | None = None) -> Move:
    """End the measuring calmly: off the deck first, then the record. `stopped` says why it is early, if it is."""
    state = msgspec.structs.replace(state, stopped=state.stopped or stopped)
    return (enter(state, "step-off"), ()) if state.on_deck else close(state)


def close(state: VisitState) -> Move:
    """Ask for the record; a visit in which nothing was said or done has none."""
    if has_something_to_record(state):
        return enter(state, "working"), (Finish(summary_of(state)),)
    return enter(state, "goodbye"), ()


def call_help(state: VisitState) -> Move:
    """Call staff and wait safely for the person to go on or to stop."""
    resume: Stage | None = state.resume if state.stage in {"help", "still-there"} else state.stage
    state, effects = interrupt_trial(state, "help pressed")
    state = enter(state, "help", resume="stance" if resume == "measure" else resume)
    return state, (*effects, CallStaff("help pressed"), Sound("call-staff"))


def resume(state: VisitState) -> Move:
    """Go back to where help or "are you still there?" came from."""
    stage = state.resume or "attract"
    state = msgspec.structs.replace(state, resume=None)
    if stage == "rest":
        return next_trial(state)
    if stage in _ON_THE_DECK:
        return to_deck(state)
    if stage == "step-off" and not state.on_deck:
        return close(state)
    return enter(state, stage), ()


def leave(state: VisitState) -> Move:
    """End a visit whose person is gone: record what was done, show nothing, forget."""
    if state.resume == "working":
        return resume(state)
    if state.resume in {"attract", "result", "thanks", "goodbye", "no-record"}:
        return wipe(state)
    if state.resume != "step-off":
        state = msgspec.structs.replace(state, stopped=state.stopped or NOBODY_ANSWERED)
    return close(msgspec.structs.replace(state, resume=None)) if has_something_to_record(state) else wipe(state)


def break_off(state: VisitState, reason: str) -> Move:
    """Make the person safe because the station cannot go on; `reason` is for staff.

    What was done so far is recorded: it says that it was not finished, and why.
    """
    interrupted, effects = interrupt_trial(state, reason)
    if state.stage not in _RECORD_MADE and has_something_to_record(interrupted):
        summary = summary_of(msgspec.structs.replace(interrupted, stopped=interrupted.stopped or reason))
        effects = (*effects, Finish(summary))
    return enter(state, "fault", fault=reason), (*effects, CallStaff(reason), Sound("call-staff"))


def wipe(state: VisitState) -> Move:
    """Forget the person."""
    return forgotten(state), (Wipe(),)
