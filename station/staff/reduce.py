"""The staff flow: `reduce(state, event) -> (state, effects)`. Pure; never raises; time comes in as `Ticked`.

An event that means nothing now returns the same state object and no effects. Whatever happens, there is a way out:
every screen can be left by touch, and all of them are left by themselves.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from calibration.capture import mismatch
from calibration.errors import RegisterError
from calibration.evidence import Reading
from calibration.judge import look_at_reading
from calibration.limits import load_limits
from calibration.plan import load_plan
from calibration.procedure import Levelled, Session, Taken, Undone, WarmedUp, apply
from station.staff.effects import Add, Begin, CheckDaily, CheckPin, Chime, Discard, Effect, GoOn, Judge, Leave, Sign
from station.staff.events import (
    Certified,
    DailyChecked,
    Entered,
    Event,
    Failed,
    Journaled,
    Judged,
    Moved,
    PinChecked,
    Pressed,
    Read,
    Ticked,
    Tilted,
    Warmed,
)
from station.staff.present import present
from station.staff.rows import refusals
from station.staff.state import IDLE_OF, IDLE_S, MOST_DIGITS, StaffState, Stage, daily_load
from station.staff.texts import words

Move = tuple[StaffState, tuple[Effect, ...]]
_replace = msgspec.structs.replace
DRIFT_COUNTS_PER_MIN: Final = load_limits().named("drift").value


def enter(event: Entered) -> StaffState:
    """Return the state that the staff corner opens: the PIN's keypad."""
    state = StaffState(
        site=event.site,
        certificate=event.certificate,
        trend=event.trend,
        session=event.session,
        journal_problem=event.journal_problem,
        locked_s=event.lock_s,
    )
    if event.pin_problem is not None:
        return _replace(state, shut=True, pin_words=_say(state, "staff.pin.broken", reason=event.pin_problem))
    if event.pin == "none":
        return _replace(state, shut=True, pin_words=_say(state, "staff.pin.none"))
    return state


def reduce(state: StaffState, event: Event) -> Move:
    """Return the state after an event, and what the shell shall do, in this order."""
    match event:
        case Ticked():
            return _ticked(state, event)
        case Pressed(action):
            if action not in {button.action for button in present(state).buttons}:
                return state, ()
            return _pressed(_replace(state, touched_s=None), action)
        case PinChecked():
            return _pin_checked(state, event)
        case Warmed():
            return _warmed(state, event)
        case Tilted(tilt_deg):
            return (_replace(state, tilt_deg=tilt_deg) if state.stage == "level" else state), ()
        case Moved():
            return (_replace(state, held=False, note="", touched_s=None) if state.wants_rows else state), ()
        case Read():
            return _read(_replace(state, touched_s=None), event) if state.wants_rows else (state, ())
        case Journaled(session):
            return _journaled(state, session)
        case Failed(reason):
            return _replace(state, stage="notice", note=reason, touched_s=None), ()
        case Judged():
            return _judged(state, event)
        case Certified(certificate):
            return _replace(state, stage="done", certificate=certificate, session=None, journal_problem=None), ()
        case DailyChecked(check, rows, trend):
            return _replace(state, stage="daily-result", rows=rows, trend=trend, passed=check.passed, empty=None), ()
        case Entered():
            return state, ()


def _say(state: StaffState, key: str, **values: object) -> str:
    return words(key, state.site.language, **values)


# --- time ------------------------------------------------------------------------------------------------------------


def _ticked(state: StaffState, event: Ticked) -> Move:
    now_s = event.now_s
    locked_s = max(0.0, state.locked_s - max(0.0, now_s - state.now_s)) if state.now_s else state.locked_s
    state = _replace(
        state,
        now_s=now_s,
        locked_s=locked_s,
        blocked=event.blocked,
        touched_s=now_s if state.touched_s is None else state.touched_s,
    )
    if now_s - (state.touched_s or now_s) >= IDLE_OF.get(state.stage, IDLE_S):
        return state, (Leave(),)
    return state, ()


# --- touch -----------------------------------------------------------------------------------------------------------


def _pressed(state: StaffState, action: str) -> Move:
    kind, _, rest = action.partition(".")
    if kind == "digit":
        return _replace(state, digits=(state.digits + rest)[:MOST_DIGITS], pin_words=""), ()
    if kind == "weight":
        return _toggle(state, rest), ()
    return _ACTIONS[action](state)


def _enter_pin(state: StaffState) -> Move:
    return _replace(state, digits=""), (CheckPin(state.digits),) if state.digits else ()


def _cancel(state: StaffState) -> Move:
    if state.stage == "approve":
        return _replace(state, stage="result", digits="", pin_words=""), ()
    return state, (Leave(),)


def _pin_checked(state: StaffState, event: PinChecked) -> Move:
    if state.stage not in ("pin", "approve"):
        return state, ()
    if event.initials is None:
        tries = "1 try" if event.tries_left == 1 else f"{event.tries_left} tries"
        said = "" if event.lock_s else _say(state, "staff.pin.wrong", left=tries)
        return _replace(state, digits="", pin_words=said, locked_s=event.lock_s), ()
    if state.stage == "pin":
        return _to_menu(_replace(state, operator=event.initials, digits="", pin_words=""))
    begun_by = state.session.begun.operator if state.session is not None else state.operator
    if event.initials.strip().lower() == begun_by.strip().lower():
        return _replace(state, digits="", pin_words=_say(state, "calibrate.approve.same", operator=begun_by)), ()
    return _replace(state, stage="working", digits="", pin_words=""), (Sign(event.initials),)


def _to_menu(state: StaffState) -> Move:
    return _replace(state, stage="menu", note="", rows=(), empty=None, held=False), ()


def _toggle(state: StaffState, weight: str) -> StaffState:
    chosen = tuple(each for each in state.chosen if each != weight)
    return _replace(state, chosen=chosen if len(chosen) < len(state.chosen) else (*chosen, weight))


def _calibrate(state: StaffState) -> Move:
    if state.session is not None or state.journal_problem is not None:
        return _replace(state, stage="begin-anew"), ()
    return _choose_weights(state)


def _choose_weights(state: StaffState) -> Move:
    if state.site.weights_problem is not None:
        return _replace(state, stage="notice", note=state.site.weights_problem), ()
    if not state.site.weights:
        return _replace(state, stage="notice", note=_say(state, "calibrate.weights.none")), ()
    return _replace(state, stage="weights", note="", new_parts=False), ()


def _go(state: StaffState) -> Move:
    if state.stage == "weights":
        return _replace(state, stage="working"), (Begin(state.operator, state.chosen, state.new_parts),)
    if state.stage == "level" and state.tilt_deg is not None:
        return state, (Add(Levelled(round(state.tilt_deg, 3))),)
    return state, ()


def _pause(state: StaffState) -> Move:
    return _to_menu(state)


def _undo(state: StaffState) -> Move:
    if state.session is None or not state.session.readings:
        return state, ()
    again = apply(state.session, Undone()).step
    # what stands there now is what was read; an empty deck is read at once
    held = again is not None and again.hole is not None
    said = _say(state, "calibrate.read.undone" if held else "calibrate.read.undone-empty")
    return _replace(state, stage="read", note=said, held=held), (Add(Undone()),)


def _sign(state: StaffState) -> Move:
    if state.site.two_people:
        return _replace(state, stage="approve", digits="", pin_words=""), ()
    return _replace(state, stage="working"), (Sign(None),)


def _ask_discard(state: StaffState) -> Move:
    return _replace(state, stage="discard", came_from=state.stage), ()


def _details(state: StaffState) -> Move:
    return _replace(state, stage="details", came_from=state.stage), ()


def _back(state: StaffState) -> Move:
    if state.stage in ("pin", "approve"):
        return _replace(state, digits=state.digits[:-1]), ()
    return (_replace(state, stage=state.came_from), ()) if state.stage in ("discard", "details") else _to_menu(state)


def _discard(state: StaffState) -> Move:
    return _replace(state, stage="working"), (Discard(),)


def _daily(state: StaffState) -> Move:
    if state.site.weights_problem is not None:
        return _replace(state, stage="notice", note=state.site.weights_problem), ()
    if not state.certificate.holds:
        return _replace(state, stage="notice", note=_say(state, "daily.place.no-certificate")), ()
    try:
        daily_load(state)
    except RegisterError:
        kg = f"{load_plan().place_kg:g}"
        return _replace(state, stage="notice", note=_say(state, "daily.place.no-weights", kg=kg)), ()
    return _replace(state, stage="daily-place", empty=None, held=False, note=""), ()


_ACTIONS: Final[dict[str, Callable[[StaffState], Move]]] = {
    "enter": _enter_pin,
    "cancel": _cancel,
    "back": _back,
    "leave": lambda state: (state, (Leave(),)),
    "certificate": lambda state: (_replace(state, stage="certificate"), ()),
    "calibrate": _calibrate,
    "resume": lambda state: (_replace(state, stage="working"), (GoOn(),)),
    "go": _go,
    "new-parts": lambda state: (_replace(state, new_parts=not state.new_parts), ()),
    "pause": _pause,
    "undo": _undo,
    "sign": _sign,
    "details": _details,
    "yes-discard": _discard,
    "anew": _ask_discard,
    "daily-check": _daily,
}


# --- the calibration -------------------------------------------------------------------------------------------------


def _warmed(state: StaffState, event: Warmed) -> Move:
    if state.stage != "warm-up":
        return state, ()
    drift = event.drift_counts_per_min
    state = _replace(state, on_s=event.on_s, drift_counts_per_min=drift, steady=event.steady)
    if event.on_s < state.site.warm_up_s or drift is None or not drift <= DRIFT_COUNTS_PER_MIN:
        return state, ()
    return state, (Chime(), Add(WarmedUp(round(event.on_s, 1), round(drift, 2), event.temperature_c)))


def _read(state: StaffState, event: Read) -> Move:
    step = state.step
    if step is None or state.held:
        return state, ()
    if state.stage == "daily-place":
        return _read_daily(state, event)
    if state.session is None:
        return state, ()
    wrong = _wrong(state, event.reading, state.session.readings)
    if wrong:
        return _replace(state, note=wrong, held=True), ()
    coming = state.session.steps[state.session.taken :][:1]
    # read empty after an interruption, and once more because that comes next: there is nothing to be moved
    empty_again = state.session.rezero and any(each.hole is None for each in coming)
    return _replace(state, note="", held=not empty_again), (Chime(), Add(Taken(event.reading)))


def _wrong(state: StaffState, reading: Reading, before: tuple[Reading, ...]) -> str:
    """Return in words why a reading is not taken, and what to do; empty when it is."""
    step = state.step
    if step is None:
        return ""
    zeros = [each for each in before if each.kind in ("zero", "zero-return")]
    found = mismatch(step, reading.counts, before, {hole.name: (hole.x, hole.y) for hole in state.site.holes})
    if found is not None:
        values = {"kg": f"{found.kg:g}", "wanted": f"{step.mass_kg:.4g}", "seen": found.hole, "hole": step.hole}
        return _say(state, f"calibrate.read.{found.what}", **values)
    return refusals(look_at_reading(reading, zeros[-1] if zeros else None))


def _read_daily(state: StaffState, event: Read) -> Move:
    reading = event.reading
    if state.empty is None:
        wrong = refusals(look_at_reading(reading, None))
        if wrong:
            return _replace(state, note=wrong, held=True), ()
        return _replace(state, empty=reading, held=True, note=""), (Chime(),)
    wrong = _wrong(state, reading, (state.empty,))
    if wrong:
        return _replace(state, note=wrong, held=True), ()
    return _replace(state, stage="working"), (Chime(), CheckDaily(state.operator, state.empty, reading))


def _journaled(state: StaffState, session: Session | None) -> Move:
    state = _replace(state, session=session, journal_problem=None)
    if session is None:
        if state.came_from in ("begin-anew", "refused"):
            return _choose_weights(_replace(state, came_from="menu"))
        return _to_menu(state)
    return _on(state, session)


def _on(state: StaffState, session: Session) -> Move:
    """Go to where a session is."""
    stage: Stage
    match session.phase:
        case "warm-up":
            stage = "warm-up"
        case "level":
            stage = "level"
        case "readings":
            stage = "read"
        case "sign" | "done":
            return _replace(state, stage="working"), (Judge() if session.signed is None else Sign(None),)
    if stage != state.stage:
        state = _replace(state, stage=stage, tilt_deg=None, drift_counts_per_min=None, on_s=0.0)
    return state, ()


def _judged(state: StaffState, event: Judged) -> Move:
    stage: Stage = "result" if event.passed else "refused"
    return _replace(
        state,
        stage=stage,
        rows=event.rows,
        passed=event.passed,
        place_mm=event.place_mm,
        force_percent=event.force_percent,
    ), ()
