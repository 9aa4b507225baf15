"""The screen of a state: `present(state) -> ScreenModel`. Pure and total; words come from the texts, by key.

Laws that the tests hold: whoever stands on the deck always sees Stop and Help; a live dot only ever shows in
`centre`; every screen is spoken; title and body have at most 25 words.
"""

from collections.abc import Callable
from typing import Final

from station.screens import Button, ButtonRole, Picture, Progress, ScreenKind, ScreenModel
from station.visit import pace
from station.visit.state import (
    SKIPPED,
    Stage,
    VisitState,
    current_question,
    current_step,
    gate_closed,
    offered,
    questions_to_ask,
)
from station.visit.texts import optional_text, text

# Stages in which nothing is left to stop; Stop shows there only for somebody who still stands on the deck.
_NOTHING_TO_STOP: Final = frozenset({"attract", "working", "result", "thanks", "goodbye", "no-record", "fault"})


def present(state: VisitState) -> ScreenModel:
    """Return what a kiosk shows now."""
    return _SCREENS[state.stage](state)


def _screen(
    state: VisitState,
    kind: ScreenKind,
    key: str,
    *buttons: Button,
    name: str | None = None,
    picture: Picture = "none",
    progress: Progress | None = None,
    ring_s: float | None = None,
    show_dot: bool = False,
    stop: str = "stop",
) -> ScreenModel:
    """Return a screen whose words stand under `key`, with what every screen has: Stop, Help, Say again, a cue."""
    language = state.site.language
    title, body = text(f"{key}.title", language), optional_text(f"{key}.body", language)
    choices = ", ".join(button.label for button in buttons) + "?" if kind == "choice" else ""
    return ScreenModel(
        name=name or key,
        kind=kind,
        title=title,
        body=body,
        buttons=(*buttons, *_always(state, stop)),
        picture=picture,
        progress=progress,
        ring_s=ring_s,
        show_dot=show_dot,
        cue=optional_text(f"{key}.cue", language) or _spoken(title, body, choices),
        language=language,
    )


def _spoken(*parts: str) -> str:
    return " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part)


def _button(state: VisitState, action: str, role: ButtonRole = "primary", label: str | None = None) -> Button:
    return Button(action, text(f"button.{label or action}", state.site.language), role)


def _always(state: VisitState, stop: str) -> tuple[Button, ...]:
    buttons = [_button(state, "again", "again")]
    if state.on_deck or state.stage != "attract":
        buttons.insert(0, _button(state, "help", "help"))
    if state.on_deck or state.stage not in _NOTHING_TO_STOP:
        buttons.insert(0, _button(state, "stop", "stop", stop))
    return tuple(buttons)


def _attract(state: VisitState) -> ScreenModel:
    return _screen(state, "attract", "attract", _button(state, "start"), picture="step-on")


def _about(state: VisitState) -> ScreenModel:
    return _screen(state, "message", "about", _button(state, "continue"), stop="stop" if state.on_deck else "no-thanks")


def _consent(state: VisitState) -> ScreenModel:
    return _screen(
        state, "choice", "consent", _button(state, "yes"), _button(state, "no", "secondary", label="no-thanks")
    )


def _question(state: VisitState) -> ScreenModel:
    question = current_question(state)
    if question is None:  # the flow never stays here without a question; be safe all the same
        return _working(state)
    asked = questions_to_ask(state)
    buttons = (_button(state, action, "secondary" if action == SKIPPED else "primary") for action in question.actions)
    return _screen(
        state, "choice", question.text_key, *buttons, progress=Progress(asked.index(question) + 1, len(asked))
    )


def _prepare(state: VisitState) -> ScreenModel:
    return _screen(state, "message", "prepare", _button(state, "continue", label="ready"), picture="rail")


def _step_on(state: VisitState) -> ScreenModel:
    return _screen(state, "step_on", "step-on", picture="step-on")


def _centre(state: VisitState) -> ScreenModel:
    return _screen(state, "centre", "centre", picture="feet-apart", show_dot=True)


def _trial_screen(kind: ScreenKind, stage: str, ring_s: float | None) -> Callable[[VisitState], ScreenModel]:
    """Return the screen of a stage that stands once for every trial; its words are those of the stage."""

    def show(state: VisitState) -> ScreenModel:
        step = current_step(state)
        name = f"{stage}.{step.trial}" if step else stage
        picture = step.picture if step and kind != "rest" else "none"
        return _screen(state, kind, stage, name=name, picture=picture, progress=_trial_progress(state), ring_s=ring_s)

    return show


def _trial_progress(state: VisitState) -> Progress:
    return Progress(min(state.step + 1, len(offered(state))), len(offered(state)))


def _stance(state: VisitState) -> ScreenModel:
    step = current_step(state)
    if step is None:
        return _step_off(state)
    return _screen(
        state,
        "message",
        step.text_key,
        name=f"prepare.{step.trial}",
        picture=step.picture,
        progress=_trial_progress(state),
    )


def _measure(state: VisitState) -> ScreenModel:
    step = current_step(state)
    if step is None:
        return _step_off(state)
    return _screen(
        state,
        "measure",
        f"{step.text_key}.measure",
        name=f"measure.{step.trial}",
        progress=_trial_progress(state),
        ring_s=step.settle_s + step.window_s,
    )


def _step_off(state: VisitState) -> ScreenModel:
    calm = state.stopped is not None or any(trial.end == "lost" for trial in state.trials)
    key = "step-off-gate" if gate_closed(state) else "step-off-calm" if calm else "step-off"
    return _screen(state, "message", key, name="step-off", picture="step-off")


def _working(state: VisitState) -> ScreenModel:
    if gate_closed(state):
        return _screen(state, "message", "working-gate", name="working", picture="staff")
    return _screen(state, "message", "working")


def _result(state: VisitState) -> ScreenModel:
    view = state.view
    if view is None:
        return _working(state)
    language = state.site.language
    title = text("result.title", language)
    return ScreenModel(
        name="result",
        kind="result",
        title=title,
        buttons=(_button(state, "finish"), *_always(state, "stop")),
        result=view,
        cue=_spoken(title, view.word, *view.sentences, view.next_step),
        language=language,
    )


def _ending(stage: str) -> Callable[[VisitState], ScreenModel]:
    return lambda state: _screen(state, "message", stage, _button(state, "finish"))


def _still_there(state: VisitState) -> ScreenModel:
    return _screen(state, "message", "still-there", _button(state, "continue", label="here"), ring_s=pace.STILL_THERE_S)


def _help(state: VisitState) -> ScreenModel:
    return _screen(state, "message", "help", _button(state, "continue"), picture="staff")


def _fault(state: VisitState) -> ScreenModel:
    somebody = state.on_deck or state.protocol is not None
    return _screen(state, "message", "fault" if somebody else "fault-idle", name="fault", picture="staff")


_SCREENS: Final[dict[Stage, Callable[[VisitState], ScreenModel]]] = {
    "attract": _attract,
    "about": _about,
    "consent": _consent,
    "question": _question,
    "prepare": _prepare,
    "step-on": _step_on,
    "centre": _centre,
    "stance": _stance,
    "ready": _trial_screen("message", "ready", None),
    "countdown": _trial_screen("countdown", "countdown", pace.COUNTDOWN_S),
    "measure": _measure,
    "rest": _trial_screen("rest", "rest", pace.REST_S),
    "retry": _trial_screen("rest", "retry", pace.REST_S),
    "step-off": _step_off,
    "working": _working,
    "result": _result,
    "thanks": _ending("thanks"),
    "goodbye": _ending("goodbye"),
    "no-record": _ending("no-record"),
    "still-there": _still_there,
    "help": _help,
    "fault": _fault,
}
