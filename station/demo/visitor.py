"""Who stands on the virtual deck during a demo: reads the screens, touches the buttons, moves the virtual body.

The visitor is a client like any other: it sees `ScreenModel`s and answers with deeds. It reads no clock.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from hardware.virtual.control import Command, Stand, StepOff, StepOn
from hardware.virtual.movements import CAUGHT_S
from station.errors import DataError
from station.messages import Show
from station.protocols.reader import Protocol
from station.records.record import Sex
from station.screens import ScreenModel

# Seconds after a screen appears: long enough for somebody who watches the window to read along.
READING_S: Final = 2.0
LOOKING_S: Final = 6.0
REACTION_S: Final = 0.6
HELP_S: Final = 8.0
GIVE_UP_S: Final = 15.0


class Touch(msgspec.Struct, frozen=True):
    """Press this button of the screen with this serial."""

    action: str
    serial: int


class Move(msgspec.Struct, frozen=True):
    """Move the virtual body."""

    command: Command


class Start(msgspec.Struct, frozen=True):
    """Begin the visit."""


class Leave(msgspec.Struct, frozen=True):
    """Go: staff have come, and the visit is over for this person."""


Deed = Touch | Move | Start


class Visitor:
    """One visit of one person. `observe` what is shown, then do what is `due`.

    With `hands=False` a real person touches the window and the visitor only moves the virtual body.
    """

    def __init__(
        self,
        protocol: Protocol,
        answers: Mapping[str, str],
        age_years: int | None,
        sex: Sex | None,
        *,
        hands: bool = True,
    ) -> None:
        self.protocol = protocol
        self.age_years = age_years
        self.sex = sex
        self._answers = answers
        self._hands = hands
        self._planned: list[tuple[float, Deed | Leave]] = []
        self._started = self._on_deck = False
        self.seen: list[str] = []
        self.finished = False

    def observe(self, show: Show, now_s: float) -> None:
        """Plan what to do about the screen that has just appeared; plans for the one before are dropped."""
        model = show.model
        self.seen.append(model.name)
        self._planned = [(now_s + after_s, deed) for after_s, deed in self._plan(model, show.serial)]

    def due(self, now_s: float) -> list[Deed]:
        """Return the deeds whose time has come."""
        if not self._planned or self._planned[0][0] > now_s:
            return []
        ready = [deed for at_s, deed in self._planned if at_s <= now_s]
        self._planned = self._planned[len(ready) :]
        deeds = []
        for deed in ready:
            if isinstance(deed, Leave):
                self.finished = True
                continue
            if isinstance(deed, Move):
                self._note(deed.command)
            deeds.append(deed)
        return deeds

    def _note(self, command: Command) -> None:
        self._on_deck = isinstance(command, StepOn) or (self._on_deck and not isinstance(command, StepOff))

    def _plan(self, model: ScreenModel, serial: int) -> list[tuple[float, Deed | Leave]]:
        if model.name == "fault":
            return self._help_comes()
        if model.kind == "attract":
            if self._started:
                self.finished = True
                return []
            return [(READING_S, Start())] if self._hands else []
        self._started = True
        moves: list[tuple[float, Deed | Leave]] = [*self._moves(model)]
        touch = self._touch(model) if self._hands else None
        if touch is not None:
            after_s = LOOKING_S if model.kind == "result" else READING_S
            moves.append((after_s, Touch(touch, serial)))
        return sorted(moves, key=lambda each: each[0])

    def _help_comes(self) -> list[tuple[float, Deed | Leave]]:
        """Hold the rail, be helped off the deck, and go; a station that is well again shows its welcome before that."""
        helped: list[tuple[float, Deed | Leave]] = [(HELP_S, Move(StepOff()))] if self._on_deck else []
        return [*helped, (GIVE_UP_S, Leave())]

    def _moves(self, model: ScreenModel) -> list[tuple[float, Deed]]:
        if model.kind == "step_on":
            return [(REACTION_S, Move(StepOn()))]
        if model.picture == "step-off":
            return [(CAUGHT_S, Move(StepOff()))]  # not before: it may be a lost balance that has ended the stance
        trial = next((each for each in self.protocol.stances if model.name.endswith(f".{each.trial}")), None)
        if trial is None:
            return []
        # The stance is taken up with the countdown: then it is known when the scored window begins, so that a
        # recording's own window is the one that is scored, and a stance is lost at the second that was asked for.
        if model.kind != "countdown":
            return []
        lead_s = (model.ring_s or 0.0) + trial.settle_s
        return [(0.0, Move(Stand(trial.stance, lead_s, trial.window_s)))]

    def _touch(self, model: ScreenModel) -> str | None:
        actions = [button.action for button in model.buttons if button.role in ("primary", "secondary")]
        answer = self._answers.get(model.name)
        if answer is not None:
            return answer
        if model.kind == "choice" and "no" in actions and model.name.startswith(("gate.", "question.")):
            return "no"
        primary = [button.action for button in model.buttons if button.role == "primary"]
        return primary[0] if primary else None


def truthful_answers(falls_12_months: int, given: Mapping[str, str]) -> dict[str, str]:
    """Return what somebody with this many falls in the past year would say, overridden by what is given."""
    answers = {}
    if falls_12_months:
        answers["question.fell"] = "yes"
        answers["question.falls"] = "one" if falls_12_months == 1 else "two-or-more"
    return {**answers, **given}


def parse_answers(text: bytes, where: str) -> dict[str, str]:
    """Return the answers in a JSON document `{"question.fell": "yes", ...}`; raises DataError naming the file."""
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f'{where}: not a JSON object of answers like {{"question.fell": "yes"}}: {error}') from error
