"""What a screen is: everything that a kiosk needs to draw one, as the flow of a visit or of staff makes it.

Types only, and no import of the sensors' rooms: the flow stays free of them. They travel inside `station.messages`.
"""

from typing import Literal

import msgspec

ButtonRole = Literal["primary", "secondary", "stop", "help", "again"]
ScreenKind = Literal["attract", "message", "choice", "step_on", "centre", "countdown", "measure", "rest", "result"]
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
