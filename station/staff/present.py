"""The screen of a staff state: `present(state) -> ScreenModel`. Pure and total; words come from the texts, by key."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from calibration.evidence import Weight
from calibration.limits import Limit, load_limits
from calibration.plan import Step, load_plan, missing_kg
from station.screens import Button, ButtonRole, DeckPicture, Progress, ScreenKind, ScreenModel, StaffPanel, TableRow
from station.staff.pin import FEWEST_DIGITS
from station.staff.rows import sentence
from station.staff.state import MOST_DIGITS, StaffState, Stage, daily_load
from station.staff.texts import span, words

NEAREST: Final = 3  # rows of a result that passes: more than these is for who asks
_PICTURED: Final = ("place", "verify")  # kinds of readings that finish a hole


def present(state: StaffState) -> ScreenModel:
    """Return what the kiosk shows now."""
    return _SCREENS[state.stage](state)


def _say(state: StaffState, key: str, **values: object) -> str:
    return words(key, state.site.language, **values)


def _button(state: StaffState, action: str, role: ButtonRole = "secondary", label: str | None = None) -> Button:
    return Button(action, label if label is not None else _say(state, f"button.{action}"), role)


def _screen(
    state: StaffState,
    name: str,
    title: str,
    body: str,
    buttons: Sequence[Button],
    *,
    kind: ScreenKind = "staff",
    panel: StaffPanel | None = None,
    progress: Progress | None = None,
) -> ScreenModel:
    return ScreenModel(
        name=name,
        kind=kind,
        title=title,
        body=body,
        buttons=tuple(buttons),
        progress=progress,
        language=state.site.language,
        staff=panel or StaffPanel(),
    )


# --- PIN and menu ----------------------------------------------------------------------------------------------------


def _keypad(state: StaffState, name: str, title: str, body: str) -> ScreenModel:
    digits = [_button(state, f"digit.{each}", label=str(each)) for each in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)]
    buttons = [*digits, _button(state, "back", label=_say(state, "button.erase")), _button(state, "cancel")]
    if state.locked_s:
        title, body = _say(state, "staff.pin.locked-title"), _say(state, "staff.pin.locked", wait=span(state.locked_s))
    if state.locked_s or state.shut:
        buttons = [_button(state, "cancel")]
    else:
        buttons.append(_button(state, "enter", "primary"))
    return _screen(state, name, title, body, buttons, kind="keypad", panel=StaffPanel(digits=len(state.digits)))


def _pin(state: StaffState) -> ScreenModel:
    body = state.pin_words or _say(state, "staff.pin.body", fewest=FEWEST_DIGITS, most=MOST_DIGITS)
    return _keypad(state, "staff.pin", _say(state, "staff.pin.title"), body)


def _approve(state: StaffState) -> ScreenModel:
    operator = state.session.begun.operator if state.session is not None else state.operator
    body = state.pin_words or _say(state, "calibrate.approve.body", operator=operator)
    return _keypad(state, "calibrate.approve", _say(state, "calibrate.approve.title"), body)


def _menu(state: StaffState) -> ScreenModel:
    session, holds = state.session, state.certificate.holds
    body = [_say(state, "staff.menu.body", operator=state.operator)]
    if session is not None:
        body.append(_say(state, "staff.menu.under-way", at=session.taken, of=len(session.steps)))
    body += _how_it_stands(state)
    if not state.blocked and session is None:
        body.append(_say(state, "staff.menu.how-long"))
    # what is most likely wanted next stands out, and nothing else
    buttons = [_button(state, "daily-check", "primary" if holds and session is None else "secondary")]
    if session is None:
        buttons.append(_button(state, "calibrate", "secondary" if holds else "primary"))
    else:
        buttons.insert(0, _button(state, "resume", "primary"))
        buttons.append(_button(state, "calibrate", label=_say(state, "button.new-calibration")))
    buttons += [_button(state, each) for each in ("certificate", "leave")]
    panel = StaffPanel(operator=state.operator)
    return _screen(state, "staff.menu", _say(state, "staff.menu.title"), " ".join(body), buttons, panel=panel)


def _how_it_stands(state: StaffState) -> list[str]:
    """Return whether people can be measured, and by which calibration and check."""
    shown = state.certificate
    if blocked := state.blocked or shown.problem:
        return [_say(state, "staff.menu.blocked", reason=blocked)]
    if not shown.holds:
        return [_say(state, "staff.menu.not-calibrated")]
    said = [_say(state, "staff.menu.calibrated", until=shown.valid_until)]
    if state.trend.points:
        said.append(_say(state, "staff.menu.checked", day=state.trend.points[-1].day))
    return said


def _certificate(state: StaffState) -> ScreenModel:
    shown = state.certificate
    body = sentence(shown.problem or "")
    rows: tuple[TableRow, ...] = ()
    if shown.number is not None:
        values = {
            "number": str(shown.number),
            "id": shown.id[:12],
            "issued": shown.issued,
            "operator": shown.operator,
            "until": shown.valid_until,
        }
        *others, until = (TableRow(_say(state, f"staff.certificate.{key}"), each, "") for key, each in values.items())
        rows = (*others, msgspec.structs.replace(until, good=shown.holds))
    elif not body:
        body = _say(state, "staff.certificate.none")
    back = [_button(state, "back", "primary")]
    title = _say(state, "staff.certificate.title")
    return _screen(state, "staff.certificate", title, body, back, panel=StaffPanel(rows=rows))


def _notice(state: StaffState) -> ScreenModel:
    back = [_button(state, "back", "primary")]
    return _screen(state, "staff.notice", _say(state, "staff.notice.title"), state.note, back)


# --- calibration -----------------------------------------------------------------------------------------------------


def _begin_anew(state: StaffState) -> ScreenModel:
    session = state.session
    buttons = [_button(state, "anew"), _button(state, "back")]
    if session is None:
        body = _say(state, "calibrate.begin-anew.broken", reason=state.journal_problem or "")
    else:
        buttons.insert(0, _button(state, "resume", "primary"))
        body = _say(
            state,
            "calibrate.begin-anew.body",
            begun=f"{session.begun.started:%Y-%m-%d}",
            operator=session.begun.operator,
            at=session.taken,
            of=len(session.steps),
        )
    return _screen(state, "calibrate.begin-anew", _say(state, "calibrate.begin-anew.title"), body, buttons)


def _discard(state: StaffState) -> ScreenModel:
    buttons = [_button(state, "yes-discard"), _button(state, "back", "primary")]
    title, body = _say(state, "calibrate.discard.title"), _say(state, "calibrate.discard.body")
    return _screen(state, "calibrate.discard", title, body, buttons)


def _weights(state: StaffState) -> ScreenModel:
    buttons = [_weight(state, each) for each in state.site.weights]
    new_parts = _say(state, "button.new-parts")
    buttons += [
        _button(state, "new-parts", "primary" if state.new_parts else "secondary", label=new_parts),
        _button(state, "back"),
    ]
    wrong = _wrong_with_weights(state)
    if not wrong:
        buttons.append(_button(state, "go", "primary"))
    body = wrong or _say(state, "calibrate.weights.good")
    return _screen(state, "calibrate.weights", _say(state, "calibrate.weights.title"), body, buttons)


def _weight(state: StaffState, weight: Weight) -> Button:
    key = "weight" if weight.valid_until >= state.site.today else "weight-expired"
    values = {"kg": f"{weight.nominal_kg:g}", "id": weight.id, "until": weight.valid_until}
    label = _say(state, f"calibrate.weights.{key}", **values)
    return _button(state, f"weight.{weight.id}", "primary" if weight.id in state.chosen else "secondary", label=label)


def _wrong_with_weights(state: StaffState) -> str:
    """Return in words why it cannot be gone on with the weights that are chosen; empty when it can."""
    chosen = [each for each in state.site.weights if each.id in state.chosen]
    if not chosen:
        return _say(state, "calibrate.weights.body")
    limit = load_limits().named("weight-uncertainty")
    for each in chosen:
        if each.valid_until < state.site.today:
            return _say(state, "calibrate.weights.expired", id=each.id)
        if not limit.judge(each.uncertainty_percent).passed:
            value = limit.with_unit(f"{each.uncertainty_percent:.2g}")
            return _say(state, "calibrate.weights.uncertain", id=each.id, value=value, allowed=limit.allowed)
    missing = missing_kg(load_plan(), chosen)
    return _say(state, "calibrate.weights.missing", kg=_listed([f"{kg:g}" for kg in missing])) if missing else ""


def _listed(items: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def _warm_up(state: StaffState) -> ScreenModel:
    of_s = state.site.warm_up_s
    limit = load_limits().named("drift")
    drift = state.drift_counts_per_min
    good = None if drift is None else drift <= limit.value
    if not state.steady:
        body = _say(state, "calibrate.warm-up.unsteady")
    elif state.on_s < of_s:
        body = _say(state, "calibrate.warm-up.waiting", of=span(of_s), left=span(of_s - state.on_s))
    elif good is False:
        body = _say(state, "calibrate.warm-up.drifts", to_do=sentence(limit.to_do))
    else:
        body = _say(state, "calibrate.warm-up.drift")
    rows = (
        TableRow(
            _say(state, "calibrate.warm-up.row-time"),
            span(state.on_s),
            _say(state, "calibrate.warm-up.at-least", time=span(of_s)),
            True if state.on_s >= of_s else None,  # waiting is no fault
        ),
        _limit_row(state, limit, "" if drift is None else f"{drift:.0f}", good),
    )
    title, pause = _say(state, "calibrate.warm-up.title"), [_button(state, "pause")]
    return _screen(state, "calibrate.warm-up", title, body, pause, panel=StaffPanel(rows=rows))


def _limit_row(state: StaffState, limit: Limit, number: str, good: bool | None) -> TableRow:
    measured = limit.with_unit(number) if number else _say(state, "calibrate.warm-up.unknown")
    return TableRow(limit.short, measured, limit.allowed, good, sentence(limit.to_do) if good is False else "")


def _level(state: StaffState) -> ScreenModel:
    limit = load_limits().named("level")
    tilt = state.tilt_deg
    good = None if tilt is None else tilt <= limit.value
    row = _limit_row(state, limit, "" if tilt is None else f"{tilt:.1f}", good)
    buttons = [_button(state, "pause")]
    if good:
        buttons.insert(0, _button(state, "go", "primary"))
    body = _say(state, "calibrate.level.unknown" if tilt is None else "calibrate.level.body")
    title = _say(state, "calibrate.level.title")
    return _screen(state, "calibrate.level", title, body, buttons, panel=StaffPanel(rows=(row,)))


def _reading(state: StaffState) -> ScreenModel:
    session, step = state.session, state.step
    if session is None or step is None:
        return _working(state)
    said = "resumed" if session.rezero else "recorded" if state.held and session.readings else "body"
    body = state.note or _say(state, f"calibrate.read.{said}")
    buttons = [_button(state, "pause")]
    if session.readings:
        buttons.insert(0, _button(state, "undo"))
    finished = session.steps[: session.taken]
    done = tuple(each.hole for each in finished if each.kind in _PICTURED and each.hole is not None)
    return _screen(
        state,
        "calibrate.read",
        _instruction(state, step),
        body,
        buttons,
        panel=StaffPanel(deck=_deck(state, step, done), bar=True),
        progress=Progress(min(session.taken + 1, len(session.steps)), len(session.steps)),
    )


def _instruction(state: StaffState, step: Step) -> str:
    if step.hole is None:
        return _say(state, "calibrate.read.empty")
    key = {"load-up": "together", "load-down": "together", "repeat": "repeat"}.get(step.kind, "place")
    return _say(state, f"calibrate.read.{key}", load=_load(step), hole=step.hole)


def _load(step: Step) -> str:
    return f"{step.mass_kg:.3g} kg"


def _deck(state: StaffState, step: Step, done: tuple[str, ...]) -> DeckPicture:
    known = {each.id: each for each in state.site.weights}
    session = state.session
    if session is not None and state.stage == "read":
        known = {**known, **{each.id: each for each in session.begun.weights}}
    weights = tuple(f"{known[each].nominal_kg:g} kg ({each})" if each in known else each for each in step.weights)
    return DeckPicture(state.site.holes, step.hole, done, weights)


def _working(state: StaffState) -> ScreenModel:
    """Return the screen while the shell is at it: it never stays, and shows where it came from."""
    return _screen(state, "staff.working", _say(state, "staff.menu.title"), "", [_button(state, "leave")])


def _result(state: StaffState) -> ScreenModel:
    buttons = [_button(state, "sign", "primary"), *(_button(state, each) for each in ("details", "undo", "pause"))]
    body = _say(state, "calibrate.result.body", place=f"{state.place_mm:.2f}", force=f"{state.force_percent:.3f}")
    title, panel = _say(state, "calibrate.result.title"), StaffPanel(rows=state.rows[:NEAREST])
    return _screen(state, "calibrate.result", title, body, buttons, panel=panel)


def _refused(state: StaffState) -> ScreenModel:
    buttons = [_button(state, "anew", "primary"), *(_button(state, each) for each in ("details", "undo", "pause"))]
    title, body = _say(state, "calibrate.refused.title"), _say(state, "calibrate.refused.body")
    panel = StaffPanel(rows=tuple(row for row in state.rows if row.good is False))
    return _screen(state, "calibrate.refused", title, body, buttons, panel=panel)


def _details(state: StaffState) -> ScreenModel:
    back = [_button(state, "back", "primary")]
    title, panel = _say(state, "calibrate.details.title"), StaffPanel(rows=state.rows)
    return _screen(state, "calibrate.details", title, "", back, panel=panel)


def _done(state: StaffState) -> ScreenModel:
    shown = state.certificate
    body = _say(state, "calibrate.done.body", number=shown.number, until=shown.valid_until)
    back = [_button(state, "back", "primary")]
    return _screen(state, "calibrate.done", _say(state, "calibrate.done.title"), body, back)


# --- daily check -----------------------------------------------------------------------------------------------------


def _daily_place(state: StaffState) -> ScreenModel:
    step = state.step
    if step is None:
        return _working(state)
    if step.hole is None:
        title = _say(state, "daily.place.empty")
        body = _say(state, "daily.place.empty-body", load=_load(daily_load(state)))
    else:
        title = _say(state, "daily.place.place", load=_load(step), hole=step.hole)
        body = _say(state, "calibrate.read.recorded" if state.held else "daily.place.body")
    panel = StaffPanel(deck=_deck(state, step, ()), bar=True)
    progress = Progress(1 if step.hole is None else 2, 2)
    buttons = [_button(state, "back")]
    return _screen(state, "daily.place", title, state.note or body, buttons, panel=panel, progress=progress)


def _daily_result(state: StaffState) -> ScreenModel:
    said = "good" if state.passed else "bad"
    force, place = (each.measured for each in state.rows[:2])
    body = _say(state, f"daily.result.{said}-body", force=force.split()[0], place=place.split()[0])
    again = _say(state, "button.check-again")
    buttons = [
        _button(state, "back", "primary" if state.passed else "secondary"),
        _button(state, "daily-check", "secondary" if state.passed else "primary", label=again),
    ]
    # the trend is the figure when all is well; what is wrong, and what to do, when it is not
    rows = tuple(sorted(state.rows, key=lambda row: row.good is not False))
    panel = StaffPanel(trend=state.trend) if state.passed else StaffPanel(rows=rows)
    return _screen(state, "daily.result", _say(state, f"daily.result.{said}"), body, buttons, panel=panel)


_SCREENS: Final[dict[Stage, Callable[[StaffState], ScreenModel]]] = {
    "pin": _pin,
    "menu": _menu,
    "certificate": _certificate,
    "notice": _notice,
    "begin-anew": _begin_anew,
    "weights": _weights,
    "warm-up": _warm_up,
    "level": _level,
    "read": _reading,
    "working": _working,
    "result": _result,
    "refused": _refused,
    "details": _details,
    "discard": _discard,
    "approve": _approve,
    "done": _done,
    "daily-place": _daily_place,
    "daily-result": _daily_result,
}
