"""The screen of a staff state: `present(state) -> ScreenModel`. Pure and total; words come from the texts, by key."""

from collections.abc import Callable, Sequence
from typing import Final

from calibration.limits import load_limits
from calibration.plan import Step
from station.screens import Button, ButtonRole, DeckPicture, Progress, ScreenKind, ScreenModel, StaffPanel, TableRow
from station.staff.state import StaffState, Stage
from station.staff.texts import span, words

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
        body = _say(state, "staff.pin.locked", wait=span(state.locked_s))
    if state.locked_s or state.shut:
        buttons = [_button(state, "cancel")]
    else:
        buttons.append(_button(state, "enter", "primary"))
    return _screen(state, name, title, body, buttons, kind="keypad", panel=StaffPanel(digits=len(state.digits)))


def _pin(state: StaffState) -> ScreenModel:
    body = state.pin_words or _say(state, "staff.pin.body")
    return _keypad(state, "staff.pin", _say(state, "staff.pin.title"), body)


def _approve(state: StaffState) -> ScreenModel:
    operator = state.session.begun.operator if state.session is not None else state.operator
    body = state.pin_words or _say(state, "calibrate.approve.body", operator=operator)
    return _keypad(state, "calibrate.approve", _say(state, "calibrate.approve.title"), body)


def _menu(state: StaffState) -> ScreenModel:
    session = state.session
    body = [_say(state, "staff.menu.body", operator=state.operator)]
    buttons = [_button(state, "daily-check", "primary")]
    if session is not None:
        body.append(_say(state, "staff.menu.under-way", at=session.taken, of=len(session.steps)))
        buttons.append(_button(state, "resume", "primary"))
    if state.blocked:
        body.append(_say(state, "staff.menu.blocked", reason=state.blocked))
    buttons += [_button(state, each) for each in ("calibrate", "certificate", "leave")]
    panel = StaffPanel(operator=state.operator)
    return _screen(state, "staff.menu", _say(state, "staff.menu.title"), " ".join(body), buttons, panel=panel)


def _certificate(state: StaffState) -> ScreenModel:
    shown = state.certificate
    body = shown.problem or ""
    rows: tuple[TableRow, ...] = ()
    if shown.number is not None:
        rows = (
            TableRow("number", str(shown.number), ""),
            TableRow("id", shown.id[:12], ""),
            TableRow("calibrated", shown.issued, ""),
            TableRow("by", shown.operator, ""),
            TableRow("valid until", shown.valid_until, str(state.site.today), shown.problem is None),
        )
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
    buttons = [
        _button(
            state,
            f"weight.{each.id}",
            "primary" if each.id in state.chosen else "secondary",
            label=f"{each.nominal_kg:g} kg ({each.id})",
        )
        for each in state.site.weights
    ]
    chosen = [each for each in state.site.weights if each.id in state.chosen]
    rows = [
        TableRow(
            f"{each.nominal_kg:g} kg ({each.id})",
            f"certificate {each.certificate_number}, until {each.valid_until}",
            f"{state.site.today}",
            each.valid_until >= state.site.today,
        )
        for each in chosen
    ]
    new_parts = _say(state, "button.new-parts")
    buttons += [
        _button(state, "new-parts", "primary" if state.new_parts else "secondary", label=new_parts),
        _button(state, "back"),
    ]
    if chosen:
        buttons.append(_button(state, "go", "primary"))
    body = state.note or _say(state, "calibrate.weights.body")
    title = _say(state, "calibrate.weights.title")
    return _screen(state, "calibrate.weights", title, body, buttons, panel=StaffPanel(rows=tuple(rows)))


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
        body = _say(state, "calibrate.warm-up.drifts", to_do=limit.to_do)
    else:
        body = _say(state, "calibrate.warm-up.drift")
    rows = (
        TableRow(
            _say(state, "calibrate.warm-up.row-time"), span(state.on_s), f"at least {span(of_s)}", state.on_s >= of_s
        ),
        TableRow(
            _say(state, "calibrate.warm-up.row-drift"),
            "not known yet" if drift is None else f"{drift:.0f} counts/min",
            f"at most {limit.value:g} counts/min",
            good,
            limit.to_do if good is False else "",
        ),
    )
    title, pause = _say(state, "calibrate.warm-up.title"), [_button(state, "pause")]
    return _screen(state, "calibrate.warm-up", title, body, pause, panel=StaffPanel(rows=rows))


def _level(state: StaffState) -> ScreenModel:
    limit = load_limits().named("level")
    tilt = state.tilt_deg
    good = None if tilt is None else tilt <= limit.value
    row = TableRow(
        _say(state, "calibrate.level.row"),
        "not known" if tilt is None else f"{tilt:.1f} deg",
        f"at most {limit.value:g} deg",
        good,
        limit.to_do if good is False else "",
    )
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
    body = state.note or _say(state, "calibrate.read.body")
    if state.held and not state.note and session.readings:
        body = f"{_say(state, 'calibrate.read.recorded')} {body}"
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
    buttons = [_button(state, "sign", "primary"), *(_button(state, each) for each in ("undo", "discard", "pause"))]
    body = _say(state, "calibrate.result.body", place=f"{state.place_mm:.2f}", force=f"{state.force_percent:.3f}")
    title = _say(state, "calibrate.result.title")
    return _screen(state, "calibrate.result", title, body, buttons, panel=StaffPanel(rows=state.rows))


def _refused(state: StaffState) -> ScreenModel:
    buttons = [_button(state, "undo", "primary"), *(_button(state, each) for each in ("discard", "pause"))]
    title, body = _say(state, "calibrate.refused.title"), _say(state, "calibrate.refused.body")
    return _screen(state, "calibrate.refused", title, body, buttons, panel=StaffPanel(rows=state.rows))


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
    title = (
        _say(state, "daily.place.empty")
        if step.hole is None
        else _say(state, "daily.place.place", load=_load(step), hole=step.hole)
    )
    panel = StaffPanel(deck=_deck(state, step, ()), bar=True)
    body = state.note or _say(state, "daily.place.body")
    progress = Progress(1 if step.hole is None else 2, 2)
    return _screen(state, "daily.place", title, body, [_button(state, "back")], panel=panel, progress=progress)


def _daily_result(state: StaffState) -> ScreenModel:
    said = "good" if state.passed else "bad"
    force, place = (each.measured for each in state.rows[:2])
    body = _say(state, f"daily.result.{said}-body", force=force.split()[0], place=place.split()[0])
    buttons = [_button(state, "back", "primary"), _button(state, "daily-check")]
    # the trend is the figure when all is well; what is wrong, and what to do, when it is not
    panel = StaffPanel(trend=state.trend) if state.passed else StaffPanel(rows=state.rows)
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
    "discard": _discard,
    "approve": _approve,
    "done": _done,
    "daily-place": _daily_place,
    "daily-result": _daily_result,
}
