"""What time does to a visit. Called 100 times a second: without anything to change it returns the same state object."""

from collections.abc import Callable
from typing import Final

import msgspec

from station.visit import pace
from station.visit.effects import CallStaff, Say, Sound
from station.visit.moves import (
    Move,
    after_trial,
    begin_trial,
    close,
    enter,
    give_up_settling,
    interrupt_trial,
    leave,
    next_trial,
    to_deck,
    wipe,
)
from station.visit.present import present
from station.visit.state import Stage, VisitState, current_step

_Timed = Callable[[VisitState, float, float], Move]  # state, seconds in the stage, seconds stood still


def on_tick(state: VisitState, now_s: float) -> Move:
    """Return what has become of the visit at `now_s` (monotonic)."""
    timed = _TIMED.get(state.stage)
    if timed is None:
        return state, ()
    since_s, settled_since_s = state.since_s, state.settled_since_s
    if since_s is None or (state.settled and settled_since_s is None):
        return msgspec.structs.replace(
            state,
            since_s=now_s if since_s is None else since_s,
            settled_since_s=(now_s if settled_since_s is None else settled_since_s) if state.settled else None,
        ), ()
    return timed(state, now_s - since_s, now_s - settled_since_s if settled_since_s is not None else -1.0)


def _idle_after(limit_s: float) -> _Timed:
    def idle(state: VisitState, stage_s: float, _still_s: float) -> Move:
        if state.on_deck or stage_s < limit_s:
            return state, ()
        return enter(state, "still-there", resume=state.resume if state.stage == "help" else state.stage), ()

    return idle


_idle = _idle_after(pace.IDLE_S)


def _prepare(state: VisitState, stage_s: float, still_s: float) -> Move:
    if state.on_deck and stage_s >= pace.PREPARE_ON_DECK_S:
        return to_deck(state)
    return _idle(state, stage_s, still_s)


def _still_there(state: VisitState, stage_s: float, _still_s: float) -> Move:
    return leave(state) if stage_s >= pace.STILL_THERE_S else (state, ())


def _centre(state: VisitState, stage_s: float, still_s: float) -> Move:
    if stage_s >= pace.CENTRE_S and still_s >= pace.HOLD_STILL_S:
        return to_deck(msgspec.structs.replace(state, centred=True))
    return _await_stillness(state, stage_s)


def _stance(state: VisitState, stage_s: float, still_s: float) -> Move:
    step = current_step(state)
    if step is not None and stage_s < step.prepare_s:
        return state, ()
    return enter(state, "countdown" if still_s >= pace.HOLD_STILL_S else "ready", waited=None), ()


def _ready(state: VisitState, stage_s: float, still_s: float) -> Move:
    if still_s >= pace.HOLD_STILL_S:
        waited = None if state.since_s is None else (state.since_s, state.stage_s)
        return enter(state, "countdown", waited=waited), ()
    return _await_stillness(state, stage_s)


def _await_stillness(state: VisitState, stage_s: float) -> Move:
    if stage_s >= pace.GIVE_UP_SETTLING_S:
        return give_up_settling(state)
    if stage_s < state.stage_s + pace.NUDGE_S:
        return state, ()
    reminded = msgspec.structs.replace(state, stage_s=state.stage_s + pace.NUDGE_S)
    return reminded, (Say(present(state).cue, state.site.language),)


def _countdown(state: VisitState, stage_s: float, _still_s: float) -> Move:
    return begin_trial(state) if stage_s >= pace.COUNTDOWN_S else (state, ())


def _measure(state: VisitState, stage_s: float, _still_s: float) -> Move:
    if stage_s < state.stage_s + 1:
        return state, ()
    # Whole seconds are kept so that a trial that is stopped by hand can say how long it lasted.
    state = msgspec.structs.replace(state, stage_s=int(stage_s))
    step = current_step(state)
    if step is None or stage_s < step.settle_s + step.window_s + pace.TRIAL_OVERDUE_S:
        return state, ()
    reason = "the measurement did not end in time"
    _, effects = interrupt_trial(state, reason)
    state, more = after_trial(state, "not assessable", 0.0, (reason,))
    return state, effects + more


def _rest(state: VisitState, stage_s: float, _still_s: float) -> Move:
    return next_trial(state) if stage_s >= pace.REST_S else (state, ())


def _retry(state: VisitState, stage_s: float, _still_s: float) -> Move:
    return to_deck(state) if stage_s >= pace.REST_S else (state, ())


def _step_off(state: VisitState, stage_s: float, _still_s: float) -> Move:
    return close(state) if stage_s >= pace.STEP_OFF_S else (state, ())


def _working(state: VisitState, stage_s: float, _still_s: float) -> Move:
    if stage_s < pace.RECORD_OVERDUE_S:
        return state, ()
    return enter(state, "no-record"), (CallStaff("the record was not made in time"), Sound("call-staff"))


def _ending(state: VisitState, stage_s: float, _still_s: float) -> Move:
    return wipe(state) if stage_s >= pace.WIPE_S and not state.on_deck else (state, ())


# Stages that are not here wait for ever: attract for a person, fault for staff.
_TIMED: Final[dict[Stage, _Timed]] = {
    "about": _idle,
    "consent": _idle,
    "question": _idle,
    "prepare": _prepare,
    "step-on": _idle_after(pace.AWAIT_WEIGHT_S),
    "centre": _centre,
    "stance": _stance,
    "ready": _ready,
    "countdown": _countdown,
    "measure": _measure,
    "rest": _rest,
    "retry": _retry,
    "step-off": _step_off,
    "working": _working,
    "result": _idle,
    "thanks": _ending,
    "goodbye": _ending,
    "no-record": _idle,
    "still-there": _still_there,
    "help": _idle,
}

# Stages in which a touch starts the wait for an idle person anew; in the others time belongs to the measurement.
IDLE_STAGES: Final = frozenset({"about", "consent", "question", "prepare", "step-on", "result", "no-record", "help"})
