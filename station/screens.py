"""What a screen is: everything that a kiosk needs to draw one, as the flow of a visit or of staff makes it.

Types only, and no import of the sensors' rooms: the flow stays free of them. They travel inside `station.messages`.
"""

from typing import Literal

import msgspec

ButtonRole = Literal["primary", "secondary", "stop", "help", "again"]
ScreenKind = Literal[
    "attract", "message", "choice", "step_on", "centre", "countdown", "measure", "rest", "result", "keypad", "staff"
]
# Tiers of the screen, most serious first; the words are the contract (they stand in records and MQTT payloads too).
Tier = Literal["refer today", "screened at risk", "review", "not at risk", "not assessable"]
Picture = Literal[
    "none", "feet-apart", "side-by-side", "semi-tandem", "tandem", "one-foot", "step-on", "step-off", "rail", "staff"
]


class Button(msgspec.Struct, frozen=True):
    """One thing to touch. `action` is what comes back in `Press`; `label` is already in the person's language."""

    action: str
    label: str
    role: ButtonRole = "primary"


class Progress(msgspec.Struct, frozen=True):
    """Where the person is: step `at` of `of`, counted from 1."""

    at: int
    of: int


class ResultView(msgspec.Struct, frozen=True):
    """The result as the person sees it: no numbers, no tier. `marker` is 0 (left, steady) to 1 (right) on the band."""

    word: str
    sentences: tuple[str, ...]
    next_step: str
    marker: float | None = None  # None: no band is drawn (nothing was measured that has a reference)


class Hole(msgspec.Struct, frozen=True):
    """One hole of the template; x right, y towards the screen, as parts of half the distance between the cells."""

    name: str
    x: float
    y: float


class DeckPicture(msgspec.Struct, frozen=True):
    """The deck as staff see it from above, screen at the top. target: where the weights go; None: the deck is empty.

    done: holes that are finished; weights: what is to stand in the target, in words, heaviest first.
    """

    holes: tuple[Hole, ...]
    target: str | None
    done: tuple[str, ...]
    weights: tuple[str, ...]


class TableRow(msgspec.Struct, frozen=True):
    """One line of a staff table: what was measured beside what is allowed; good is None where nothing is judged."""

    name: str
    measured: str
    expected: str
    good: bool | None = None
    to_do: str = ""


class TrendPoint(msgspec.Struct, frozen=True):
    """One daily check: the day (YYYY-MM-DD) and its error in percent of the weight."""

    day: str
    error_percent: float


class Trend(msgspec.Struct, frozen=True):
    """The daily checks so far, oldest first, and the limit on either side of zero, percent."""

    points: tuple[TrendPoint, ...]
    limit_percent: float


class StaffPanel(msgspec.Struct, frozen=True):
    """What a staff screen shows beside title, body and buttons; at most one of deck, rows and trend is the figure.

    digits: how many digits are typed on a keypad; bar: whether the bar of steadiness is shown (its values are in Live);
    operator: initials of who is signed in, on the menu.
    """

    deck: DeckPicture | None = None
    rows: tuple[TableRow, ...] = ()
    trend: Trend | None = None
    digits: int = 0
    bar: bool = False
    operator: str = ""


class ScreenModel(msgspec.Struct, frozen=True):
    """Everything a kiosk needs to draw one screen. Rendering the same model twice gives the same picture.

    `name` is stable and unique in a visit (`question.unsteady`, `measure.tandem`); `cue` is what is spoken.
    `ring_s` is the length of the ring in seconds; how much is left comes in `Live`.
    `show_dot` is only ever true where nothing is scored.
    """

    name: str
    kind: ScreenKind
    title: str
    body: str = ""
    buttons: tuple[Button, ...] = ()
    picture: Picture = "none"
    progress: Progress | None = None
    ring_s: float | None = None
    show_dot: bool = False
    result: ResultView | None = None
    cue: str = ""
    language: str = "en"
    staff: StaffPanel | None = None
