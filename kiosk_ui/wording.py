"""The few screens that the kiosk must have itself: those for when the station, which sends all others, is away."""

from typing import Final

import msgspec

from station.screens import Button, ScreenModel

ASK_STAFF_AFTER_S: Final = 10.0


class OwnWords(msgspec.Struct, frozen=True):
    """One language."""

    wait: str
    ask_staff: str
    hold_rail: str
    go_on: str
    help: str
    stop: str
    good: str
    not_good: str
    measured: str
    allowed: str
    still: str
    moving: str
    screen: str  # the edge of the deck that faces it
    step: str  # {at}, {of}
    more: str  # to the next page of a table; {at}, {of}


OWN_WORDS: Final[dict[str, OwnWords]] = {
    "en": OwnWords(
        wait="One moment, please",
        ask_staff="Please ask our staff",
        hold_rail="If you are standing, hold the rail.",
        go_on="Go on",
        help="Help",
        stop="Stop",
        good="good",
        not_good="not good",
        measured="Measured",
        allowed="Allowed",
        still="Still",
        moving="It moves",
        screen="Screen",
        step="Step {at} of {of}",
        more="Next page ({at} of {of})",
    ),
}


def own_words(language: str) -> OwnWords:
    """Return the kiosk's own words in a language, or in English when it has none."""
    return OWN_WORDS.get(language, OWN_WORDS["en"])


def waiting_screen(without_station_s: float, language: str) -> ScreenModel:
    """Return what stands there while the station is away: calm at first, and after 10 s whom to ask."""
    words = own_words(language)
    late = without_station_s >= ASK_STAFF_AFTER_S
    title = words.ask_staff if late else words.wait
    return ScreenModel(
        name="kiosk.ask-staff" if late else "kiosk.wait",
        kind="message",
        title=title,
        body=words.hold_rail,
        picture="staff" if late else "none",
        cue=f"{title}. {words.hold_rail}",
        language=language,
    )


def safe_screen(language: str) -> ScreenModel:
    """Return what stands there when a screen could not be drawn; the station hears Stop and Help on any screen."""
    words = own_words(language)
    return ScreenModel(
        name="kiosk.safe",
        kind="message",
        title=words.ask_staff,
        body=words.hold_rail,
        buttons=(Button("help", words.help, "help"), Button("stop", words.stop, "stop")),
        picture="staff",
        cue=f"{words.ask_staff}. {words.hold_rail}",
        language=language,
    )
