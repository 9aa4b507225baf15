"""The staff's calibration walked through as a client: which button comes next on which screen, and whom to ask.

It knows the names of screens and buttons and nothing of how a deck is calibrated. Text goes to and comes from a
`Talker`, so that it can be a terminal or a test.
"""

import os
import time
from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec

from station.client import StationClient
from station.errors import TryAgainError, UnavailableError, UsageError
from station.messages import Live, Refused, Show
from station.screens import ScreenModel, TableRow

ANSWER_WITHIN_S: Final = 10.0
LEAVE_WITHIN_S: Final = 5.0
DISCARDED: Final = "no calibration is under way any more"
STOP: Final = "s"
_LEVEL: Final = "Press Enter when nothing rocks; s and Enter to stop."
_READ: Final = "Type u and Enter to undo the last reading, s and Enter to stop."
End = Literal["calibrated", "refused", "stopped", "discarded", "cannot"]


class Wishes(msgspec.Struct, frozen=True):
    """What the command line asked for."""

    weights: tuple[str, ...] = ()
    operator: str | None = None
    new_parts: bool = False
    yes: bool = False
    discard: bool = False
    take_over: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """How it ended; rows: every limit, where it came to a result."""

    end: End
    said: str
    rows: tuple[TableRow, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return what the command ends with."""
        return {"refused": os.EX_DATAERR, "cannot": os.EX_UNAVAILABLE, "stopped": os.EX_TEMPFAIL}.get(self.end, 0)


class Talker(Protocol):
    """Whoever is told and asked."""

    @property
    def interactive(self) -> bool:
        """Return whether somebody can be asked."""

    def say(self, screen: str, text: str, **values: object) -> None:
        """Tell."""

    def steadiness(self, progress: float, unrest: float) -> None:
        """Show the bar of steadiness."""

    def pin(self, what: str) -> str:
        """Ask for a PIN."""

    def ask(self, question: str) -> str:
        """Ask for a word."""

    def typed(self) -> str | None:
        """Return what was typed meanwhile."""


class Hands(Protocol):
    """Who moves the weights on a virtual deck."""

    def see(self, model: ScreenModel) -> None:
        """Do what the screen asks."""


class StaffWalk:
    """One calibration, from the attract screen and back to it."""

    def __init__(self, client: StationClient, wishes: Wishes, talker: Talker, hands: Hands | None = None) -> None:
        self._client = client
        self._wishes = wishes
        self._talker = talker
        self._hands = hands
        self._serial = 0
        self._screen: ScreenModel | None = None
        self._pin: list[str] = []
        self._tried: set[str] = set()  # screens on which the one thing that can be tried was tried
        self._inside = False
        self._said = ""
        self._limits: tuple[TableRow, ...] = ()  # every limit of the result that is shown
        self._outcome: Outcome | None = None

    def run(self) -> Outcome:
        """Walk to the end; raises UnavailableError, UsageError, TryAgainError in words when it cannot even begin."""
        waited_until_s = time.monotonic() + ANSWER_WITHIN_S
        while self._outcome is None:
            message = self._client.receive(0.1)
            if isinstance(message, Show):
                self._serial, self._screen = message.serial, message.model
                if self._hands is not None:
                    self._hands.see(message.model)
                self._see(message.model)
            elif isinstance(message, Live) and message.staff is not None:
                self._talker.steadiness(message.staff.progress, message.staff.unrest)
            elif isinstance(message, Refused):
                raise UnavailableError(f"the station refused: {message.reason}")
            if self._screen is None and time.monotonic() > waited_until_s:
                raise UnavailableError(f"the station has shown nothing for {ANSWER_WITHIN_S:.0f} s")
            self._hear()
        return self._outcome

    def leave(self) -> None:
        """Give the screen back, from wherever this is; what was read stays in the journal."""
        until_s = time.monotonic() + LEAVE_WITHIN_S
        while self._inside and self._screen is not None and time.monotonic() < until_s:
            way_out = next((each for each in ("leave", "pause", "cancel", "back") if self._offers(each)), None)
            if way_out is None:
                return
            self._press(way_out)
            serial = self._serial
            while time.monotonic() < until_s:
                message = self._client.receive(0.1)
                if isinstance(message, Show) and message.serial > serial:
                    self._serial, self._screen = message.serial, message.model
                    self._inside = _is_staff(message.model)
                    break

    def _hear(self) -> None:
        word = self._talker.typed()
        if word is None or self._screen is None:
            return
        levelling = self._screen.name == "calibrate.level"
        if word.lower() in (STOP, "stop", "q"):
            self._end("stopped", "the calibration is paused; start the same command to go on")
        elif word.lower() in ("u", "undo") and self._offers("undo"):
            self._press("undo")
        elif word == "" and levelling:
            if self._offers("go"):
                self._press("go")
            else:
                self._talker.say(self._screen.name, f"Not yet: {self._screen.body}")
        elif word:
            self._talker.say(self._screen.name, f"{word!r} means nothing here. {_LEVEL if levelling else _READ}")

    # --- screens -----------------------------------------------------------------------------------------------------

    def _see(self, screen: ScreenModel) -> None:
        if not _is_staff(screen):
            self._outside(screen)
            return
        if not self._inside and screen.name != "staff.pin":
            if not self._wishes.take_over:
                raise TryAgainError("staff are at the screen; wait, or pause what they do with --take-over")
            self._inside = True
            self.leave()
            if self._screen is not None and not _is_staff(self._screen):
                self._outside(self._screen)
            return
        self._inside = True
        _SCREENS.get(screen.name, StaffWalk._instruct)(self, screen)

    def _outside(self, screen: ScreenModel) -> None:
        if self._inside:
            self._end("stopped", "the staff mode was left")
        elif screen.kind == "attract" or screen.name == "fault":
            self._press("staff")
        else:
            raise TryAgainError(f"the station is not free: it shows {screen.name!r}; try again when it is")

    def _keypad(self, screen: ScreenModel) -> None:
        typed = screen.staff.digits if screen.staff is not None else 0
        if not self._offers("enter"):
            self._end("cannot", screen.body)
        elif self._pin:
            self._press(self._pin.pop(0))
        elif typed == 0 and screen.name in self._tried:
            if screen.body != self._said:  # the empty keypad comes once more before the answer does
                self._end("cannot", screen.body)
        elif typed == 0:
            self._tried.add(screen.name)
            self._said = screen.body
            pin = self._talker.pin(screen.title)
            if not (pin.isascii() and pin.isdigit()):
                raise UsageError("a PIN has digits and nothing else")
            self._pin = [*(f"digit.{digit}" for digit in pin), "enter"]
            self._press(self._pin.pop(0))

    def _menu(self, screen: ScreenModel) -> None:
        signed_in = "" if screen.staff is None else screen.staff.operator
        wanted = self._wishes.operator
        if wanted is not None and signed_in.lower() != wanted.strip().lower():
            self._end("cannot", f"this is the PIN of {signed_in}, not of {wanted}")
        elif self._wishes.discard:
            self._press("calibrate")
        elif self._offers("resume"):
            self._talker.say(screen.name, "Going on with the calibration that is under way.")
            self._press("resume")
        else:
            self._press("calibrate")

    def _begin_anew(self, screen: ScreenModel) -> None:
        if self._wishes.discard:
            self._tried.add(screen.name)
            self._press("anew")
        elif self._offers("resume"):
            self._press("resume")
        else:
            self._end("cannot", screen.body)

    def _discard(self, _screen: ScreenModel) -> None:
        self._press("yes-discard" if self._wishes.discard else "back")

    def _weights(self, screen: ScreenModel) -> None:
        if self._wishes.discard:
            self._end("discarded", DISCARDED)
            return
        buttons = {button.action: button for button in screen.buttons}
        offered = [action.partition(".")[2] for action in buttons if action.startswith("weight.")]
        wanted = self._wishes.weights
        if not wanted:
            wanted = self._ask_weights(offered)
        unknown = [each for each in wanted if each not in offered]
        if unknown:
            names = ", ".join(offered)
            self._other_weights(screen, f"there is no weight {unknown[0]!r} in the register; there are: {names}")
            return
        for each in offered:
            if (buttons[f"weight.{each}"].role == "primary") != (each in wanted):
                self._press(f"weight.{each}")
                return
        if (buttons["new-parts"].role == "primary") != self._wishes.new_parts:
            self._press("new-parts")
        elif self._offers("go"):
            self._press("go")
        else:
            self._other_weights(screen, screen.body)

    def _other_weights(self, screen: ScreenModel, wrong: str) -> None:
        """Say what is wrong with the weights and ask again; raises UsageError when nobody can be asked."""
        if not self._talker.interactive:
            raise UsageError(wrong)
        self._talker.say(screen.name, wrong)
        self._wishes = msgspec.structs.replace(self._wishes, weights=())
        self._weights(screen)

    def _ask_weights(self, offered: list[str]) -> tuple[str, ...]:
        if not self._talker.interactive:
            raise UsageError(f"--weights is needed: which of these stand ready? {', '.join(offered)}")
        answer = self._talker.ask(f"Which weights stand ready ({', '.join(offered)})? Enter for all")
        chosen = tuple(each.strip() for each in answer.split(",") if each.strip()) or tuple(offered)
        self._wishes = msgspec.structs.replace(self._wishes, weights=chosen)
        return chosen

    def _instruct(self, screen: ScreenModel) -> None:
        stop = "" if screen.title.endswith("?") else "."
        text = f"{screen.title}{stop} {screen.body}"
        if screen.progress is not None:
            text = f"[{screen.progress.at}/{screen.progress.of}] {text}"
        if text != self._said and screen.name != "staff.working":
            self._said = text
            deck = screen.staff.deck if screen.staff is not None else None
            extra: dict[str, object] = {} if deck is None else {"hole": deck.target, "weights": deck.weights}
            if screen.progress is not None:
                extra |= {"at": screen.progress.at, "of": screen.progress.of}
            self._talker.say(screen.name, text, **extra)

    def _level(self, screen: ScreenModel) -> None:
        self._instruct(screen)
        if self._offers("go") and self._wishes.yes:
            self._press("go")
        elif self._offers("go") and screen.name not in self._tried and self._talker.interactive:
            self._tried.add(screen.name)
            self._talker.say(screen.name, _LEVEL)

    def _read(self, screen: ScreenModel) -> None:
        if screen.name not in self._tried and self._talker.interactive:
            self._tried.add(screen.name)
            self._talker.say(screen.name, _READ)
        self._instruct(screen)

    def _result(self, screen: ScreenModel) -> None:
        if self._looks_at_every_limit():
            return
        if screen.name in self._tried:
            return
        self._tried.add(screen.name)
        if self._wishes.yes or (self._talker.interactive and self._yes("Sign? y or Enter", "y")):
            self._press("sign")
        else:
            self._end("stopped", "the deck passes and nobody has signed; start the same command to sign")

    def _refused(self, screen: ScreenModel) -> None:
        if self._looks_at_every_limit():
            return
        wrong = "; ".join(f"{row.name}: {row.measured}; {row.to_do}" for row in _rows(screen) if row.good is False)
        if self._talker.interactive and self._yes("Undo the last reading? u or Enter", "u"):
            self._limits = ()
            self._press("undo")
        else:
            self._end("refused", wrong)

    def _looks_at_every_limit(self) -> bool:
        """Turn to the table with all of them, unless it was told already."""
        if self._limits:
            return False
        self._press("details")
        return True

    def _details(self, screen: ScreenModel) -> None:
        self._limits = _rows(screen)
        for row in self._limits:
            mark = "     " if row.good is None else "good " if row.good else "BAD  "
            to_do = f"; to do: {row.to_do}" if row.to_do else ""
            self._talker.say(screen.name, f"{mark}{row.name}: {row.measured} ({row.expected}){to_do}")
        self._press("back")

    def _done(self, screen: ScreenModel) -> None:
        self._end("calibrated", screen.body)

    def _notice(self, screen: ScreenModel) -> None:
        if self._wishes.discard:  # what cannot be done now is to begin another
            self._end("discarded", DISCARDED)
        else:
            self._end("cannot", screen.body)

    # --- shared ------------------------------------------------------------------------------------------------------

    def _end(self, end: End, said: str) -> None:
        self._outcome = Outcome(end, said, self._limits)

    def _yes(self, question: str, word: str) -> bool:
        return self._talker.ask(question).lower().startswith(word)

    def _offers(self, action: str) -> bool:
        return self._screen is not None and any(button.action == action for button in self._screen.buttons)

    def _press(self, action: str) -> None:
        self._client.press(action, self._serial)


def _is_staff(screen: ScreenModel) -> bool:
    return screen.kind in ("keypad", "staff")


def _rows(screen: ScreenModel | None) -> tuple[TableRow, ...]:
    return () if screen is None or screen.staff is None else screen.staff.rows


_SCREENS: Final[dict[str, Callable[[StaffWalk, ScreenModel], None]]] = {
    "staff.pin": StaffWalk._keypad,
    "calibrate.approve": StaffWalk._keypad,
    "staff.menu": StaffWalk._menu,
    "staff.notice": StaffWalk._notice,
    "calibrate.begin-anew": StaffWalk._begin_anew,
    "calibrate.discard": StaffWalk._discard,
    "calibrate.weights": StaffWalk._weights,
    "calibrate.level": StaffWalk._level,
    "calibrate.read": StaffWalk._read,
    "calibrate.result": StaffWalk._result,
    "calibrate.refused": StaffWalk._refused,
    "calibrate.details": StaffWalk._details,
    "calibrate.done": StaffWalk._done,
}
