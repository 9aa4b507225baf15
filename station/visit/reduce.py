"""The flow of a visit: `reduce(state, event) -> (state, effects)`. Pure; never raises; time comes in as `Ticked`.

Whatever comes in whatever order, the laws of present.py hold, a running trial is always ended by somebody, and every
new screen is spoken. An event that means nothing now returns the same state object and no effects.
"""

from typing import Final

import msgspec

from station.screens import ResultView
from station.visit.effects import CallStaff, Effect, Say, Sound
from station.visit.events import (
    Began,
    Cleared,
    Event,
    Faulted,
    Pressed,
    Recorded,
    Settled,
    SteppedOff,
    SteppedOn,
    Ticked,
    TrialEnded,
    Unsettled,
)
from station.visit.moves import (
    GATE_CLOSED,
    NO_CONSENT,
    NOBODY_ANSWERED,
    STOP_PRESSED,
    Move,
    after_trial,
    ask,
    ask_consent,
    break_off,
    call_help,
    close,
    end,
    enter,
    interrupt_trial,
    resume,
    start,
    to_deck,
    wipe,
)
from station.visit.present import present
from station.visit.state import VisitState, attempts_at, current_question, current_step
from station.visit.texts import text
from station.visit.ticks import IDLE_STAGES, on_tick

# Stages before a trial that need a person on the deck: who steps off there is asked back, calmly.
_NEED_WEIGHT: Final = frozenset({"centre", "stance", "ready", "countdown"})
# Stages in which Stop has nothing more to stop.
_ALREADY_OVER: Final = frozenset({"attract", "step-off", "working", "thanks", "goodbye", "no-record", "fault"})


def reduce(state: VisitState, event: Event) -> tuple[VisitState, tuple[Effect, ...]]:
    """Return the state after an event, and what the shell shall do, in this order."""
    if type(event) is Ticked:
        after, effects = on_tick(state, event.now_s)
    else:
        after, effects = _react(state, event)
    if after is state or after.stage == "attract":
        return after, effects
    if after.stage != state.stage or after.answers is not state.answers:
        return after, (*effects, _cue(after))
    return after, effects


def _react(state: VisitState, event: Event) -> Move:
    match event:
        case Began():
            if state.stage != "attract" or event.protocol not in state.site.protocols:
                return state, ()
            return start(state, event.protocol, event.age_years, event.sex, event.visit_token)
        case Pressed():
            return _pressed(state, event.action)
        case SteppedOn():
            return _stepped_on(state)
        case Settled():
            return _settled(state, event.body_mass_kg)
        case Unsettled():
            return _unsettled(state)
        case SteppedOff():
            return _stepped_off(state)
        case TrialEnded():
            return _trial_ended(state, event)
        case Recorded():
            return _recorded(state, event.view)
        case Faulted():
            return _faulted(state, event.reason)
        case Cleared():
            return wipe(state) if state.stage == "fault" else (state, ())
        case Ticked():
            return on_tick(state, event.now_s)


def _cue(state: VisitState) -> Say:
    return Say(present(state).cue, state.site.language)


# --- touch ---------------------------------------------------------------------------------------------------------


def _pressed(state: VisitState, action: str) -> Move:
    if state.stage in IDLE_STAGES and state.since_s is not None:
        state = msgspec.structs.replace(state, since_s=None)
    shown = {button.action for button in present(state).buttons}
    if action == "stop":
        return _stop(state) if action in shown else (state, ())
    if action == "help":
        return _help(state) if action in shown else (state, ())
    if state.stage == "still-there":
        return resume(state)  # any tap goes on
    if action not in shown:
        return state, ()
    if action == "again":
        return state, (_cue(state),)
    match state.stage:
        case "attract":
            return start(state, state.site.default_protocol)
        case "about":
            return ask_consent(state)
        case "consent":
            if action != "yes":
                return end(state, NO_CONSENT)
            return ask(msgspec.structs.replace(state, consented=True))
        case "question":
            return _answered(state, action)
        case "prepare":
            return to_deck(state)
        case "result":
            return enter(state, "thanks"), ()
        case "thanks" | "goodbye" | "no-record":
            return wipe(state)
        case "help":
            return resume(state)
        case _:
            return state, ()


def _answered(state: VisitState, action: str) -> Move:
    question = current_question(state)
    answer = question.answer(action) if question else None
    if question is None or answer is None:
        return state, ()
    state = msgspec.structs.replace(state, answers=(*state.answers, (question.answer_key, answer)))
    if question.kind == "gate" and answer == "yes":
        state, effects = end(state, GATE_CLOSED)
        return state, (CallStaff("start gate"), Sound("call-staff"), *effects)
    return ask(state)


def _stop(state: VisitState) -> Move:
    if state.stage in {"help", "still-there"}:
        state = enter(state, state.resume or "attract", resume=None)
    if state.stage == "step-off" and not state.on_deck:
        return close(state)
    if state.stage in _ALREADY_OVER:
        stays_said = state.stage in {"fault", "step-off"}
        calm = f"{text('step-off-calm.title', state.site.language)}. {text('step-off-calm.body', state.site.language)}"
        return state, (_cue(state) if stays_said else Say(calm, state.site.language),)
    if state.stage == "result":
        return enter(state, "thanks"), ()
    state, effects = interrupt_trial(state, STOP_PRESSED)
    state, more = end(state, STOP_PRESSED)
    return state, effects + more


def _help(state: VisitState) -> Move:
    if state.stage in {"help", "fault"}:
        return state, (CallStaff("help pressed"), Sound("call-staff"), _cue(state))
    return call_help(state)


# --- the deck ------------------------------------------------------------------------------------------------------


def _stepped_on(state: VisitState) -> Move:
    if state.on_deck:
        return state, ()
    state = msgspec.structs.replace(state, on_deck=True)
    match state.stage:
        case "attract":
            return start(state, state.site.default_protocol)
        case "prepare" | "step-on":
            return to_deck(state)
        case "still-there":
            return resume(state)
        case _:
            return state, ()


def _settled(state: VisitState, body_mass_kg: float) -> Move:
    state, effects = _stepped_on(state)
    person = state.protocol is not None and state.stage != "step-off"  # half a foot on the way off is no weight
    if state.settled and (not person or state.body_mass_kg == body_mass_kg):
        return state, effects
    state = msgspec.structs.replace(state, settled=True, body_mass_kg=body_mass_kg if person else state.body_mass_kg)
    return state, effects


def _unsettled(state: VisitState) -> Move:
    state, effects = _stepped_on(state)
    if state.settled:
        state = msgspec.structs.replace(state, settled=False, settled_since_s=None)
    if state.stage != "countdown":
        return state, effects
    since_s, stage_s = state.waited or (None, 0)  # one wait, however often it seems to end: nobody stands for ever
    return msgspec.structs.replace(enter(state, "ready"), since_s=since_s, stage_s=stage_s), effects


def _stepped_off(state: VisitState) -> Move:
    if not state.on_deck:
        return state, ()
    state = msgspec.structs.replace(state, on_deck=False, settled=False, settled_since_s=None)
    if state.stage == "step-off":
        return close(state)
    if state.stage in _NEED_WEIGHT:
        return enter(state, "step-on"), ()
    # Waiting for an idle person, and for the wipe, begins when the deck is empty.
    return (enter(state, state.stage) if state.stage in IDLE_STAGES | {"thanks", "goodbye"} else state), ()


# --- the station ---------------------------------------------------------------------------------------------------


def _trial_ended(state: VisitState, event: TrialEnded) -> Move:
    step = current_step(state)
    if state.stage != "measure" or step is None:
        return state, ()
    if event.trial != step.trial or event.attempt != len(attempts_at(state, step.trial)) + 1:
        return state, ()
    return after_trial(state, event.end, event.held_s, event.reasons)


def _recorded(state: VisitState, view: ResultView) -> Move:
    waits = state.stage in {"working", "no-record"}
    waits_behind = state.stage in {"help", "still-there"} and state.resume in {"working", "no-record"}
    if state.stopped == NOBODY_ANSWERED and (waits or waits_behind):
        # Who left must not be read by who comes next.
        return (enter(state, "help", resume="thanks"), ()) if state.stage == "help" else wipe(state)
    if waits:
        return enter(state, "result", view=view), ()
    if waits_behind:
        return msgspec.structs.replace(state, resume="result", view=view), ()
    return state, ()


def _faulted(state: VisitState, reason: str) -> Move:
    if state.stage != "fault":
        return break_off(state, reason)
    if state.fault == reason:
        return state, ()
    return msgspec.structs.replace(state, fault=reason), (CallStaff(reason), Sound("call-staff"))
