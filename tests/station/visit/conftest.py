"""A visitor who drives the flow by events, checks its laws at every step, and can play a whole visit."""

from collections.abc import Callable, Iterator

import pytest

from station.protocols.reader import load_protocol, protocol_names
from station.screens import ResultView, ScreenModel
from station.visit.effects import Effect, Finish, Say, StartTrial, StopTrial, Wipe
from station.visit.events import (
    Began,
    Event,
    Pressed,
    Recorded,
    Settled,
    SteppedOff,
    SteppedOn,
    Ticked,
    TrialEnd,
    TrialEnded,
)
from station.visit.present import present
from station.visit.reduce import reduce
from station.visit.state import VisitState, forgotten, start_state

ALL_STANCES = ("quiet", "side-by-side", "semi-tandem", "tandem", "one-foot")
VIEW = ResultView("Steady", ("One.", "Two."), "Next.")
TICK_S = 0.1


def station_state(allows=ALL_STANCES, default="walk-up") -> VisitState:
    return start_state({name: load_protocol(name) for name in protocol_names()}, allows, default, "en")


class Visit:
    """One station and whoever stands before it."""

    def __init__(self, allows=ALL_STANCES, default="walk-up") -> None:
        self.begin = station_state(allows, default)
        self.state = self.begin
        self.now_s = 1000.0
        self.effects: list[Effect] = []
        self.running: StartTrial | None = None

    def send(self, *events: Event) -> list[Effect]:
        """Send events; return the effects of all of them."""
        done: list[Effect] = []
        for event in events:
            done += self._send(event)
        return done

    def _send(self, event: Event) -> tuple[Effect, ...]:
        before = self.state
        self.state, effects = reduce(before, event)
        if self.state is not before:
            check_screen(self.state)
        # A trial runs from StartTrial to StopTrial or its TrialEnded, never two at once.
        if isinstance(event, TrialEnded) and self.state.stage != "measure":
            self.running = None
        for effect in effects:
            if isinstance(effect, StopTrial):
                assert self.running is not None, "StopTrial without a trial"
                self.running = None
            if isinstance(effect, StartTrial):
                assert self.running is None, "two trials at once"
                self.running = effect
            if isinstance(effect, Wipe):
                assert self.state == forgotten(self.state), "something of the person is left after a wipe"
        assert (self.running is not None) == (self.state.stage == "measure"), "a trial runs that nobody watches"
        if self.state.stage != before.stage and self.state.stage != "attract":
            assert Say(self.screen.cue) in effects, f"{self.screen.name} is not spoken"
        self.effects += effects
        return effects

    @property
    def screen(self) -> ScreenModel:
        return present(self.state)

    def press(self, action: str) -> list[Effect]:
        assert action in [button.action for button in self.screen.buttons], f"no {action} on {self.screen.name}"
        return self.send(Pressed(action))

    def wait(self, seconds: float) -> list[Effect]:
        done: list[Effect] = []
        for _ in range(round(seconds / TICK_S)):
            self.now_s += TICK_S
            done += self.send(Ticked(self.now_s))
        return done

    def wait_for(self, stage: str, at_most_s: float = 60.0) -> list[Effect]:
        done: list[Effect] = []
        waited = 0.0
        while self.state.stage != stage:
            assert waited < at_most_s, f"still at {self.screen.name} after {at_most_s} s, waiting for {stage}"
            done += self.wait(TICK_S)
            waited += TICK_S
        return done

    def end_trial(self, end: TrialEnd = "completed", held_s: float | None = None, reasons=()) -> list[Effect]:
        assert self.running is not None
        trial = self.running
        return self.send(TrialEnded(trial.trial, trial.attempt, end, held_s or trial.window_s, reasons))

    def of(self, kind: type) -> list:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    @property
    def summary(self):
        (finish,) = self.of(Finish)
        return finish.summary

    def play(self, answers=None, ends=None, protocol="walk-up") -> Iterator[str]:
        """Play a visit from attract to attract, yielding the name of each new screen before reacting to it."""
        answers, ends = dict(answers or {}), dict(ends or {})
        self.send(Began(protocol))
        while self.state.stage != "attract":
            screen = self.screen
            yield screen.name
            self._react_to(screen, answers, ends)

    def _react_to(self, screen: ScreenModel, answers: dict, ends: dict) -> None:
        match screen.kind, self.state.stage:
            case "choice", "consent":
                self.press("yes")
            case "choice", _:
                default = "age.70-86" if screen.name == "question.age-band" else "no"
                self.press(answers.get(screen.name, default))
            case "step_on", _:
                self.send(SteppedOn(), Settled(70.0))
            case "measure", _:
                self.wait(screen.ring_s or 0)
                outcomes = ends.get(self.running.trial)
                self.end_trial(*(outcomes.pop(0) if outcomes else ("completed",)))
            case _, "about" | "prepare":
                self.press("continue")
            case _, "step-off":
                self.send(SteppedOff())
            case _, "working":
                self.send(Recorded(VIEW))
            case _, "result" | "thanks" | "goodbye":
                self.press("finish")
            case _:
                stage = self.state.stage
                while self.state.stage == stage:
                    self.wait(TICK_S)


def check_screen(state: VisitState) -> None:
    """Hold the laws of every screen."""
    screen = present(state)
    assert screen.title
    assert screen.cue
    assert len(f"{screen.title} {screen.body}".split()) <= 25, screen.name
    roles = [button.role for button in screen.buttons]
    actions = [button.action for button in screen.buttons]
    assert len(set(actions)) == len(actions), screen.name
    assert "again" in roles
    if state.on_deck:
        assert "stop" in roles, screen.name
        assert "help" in roles, screen.name
    if screen.show_dot:
        assert screen.kind == "centre"
    if screen.kind == "measure":
        assert [button.role for button in screen.buttons] == ["stop", "help", "again"]
        assert screen.ring_s


@pytest.fixture
def visit() -> Visit:
    """A station that offers everything, at its attract screen."""
    return Visit()


@pytest.fixture
def new_visit() -> Callable[..., Visit]:
    """Make a station that offers what the test says."""
    return Visit


@pytest.fixture
def at(new_visit) -> Callable[..., Visit]:
    """Make a visit that stands at the screen of this name."""

    def go(name: str, protocol: str = "walk-up", **play) -> Visit:
        visit = new_visit()
        if name == "attract":
            return visit
        for screen in visit.play(protocol=protocol, **play):
            if screen == name:
                return visit
        raise AssertionError(f"the visit never comes to {name}")

    return go
