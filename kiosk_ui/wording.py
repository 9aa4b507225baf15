"""The few words that the kiosk must have itself, because the station that sends all others is not there to send them."""

from typing import Final

import msgspec


class OwnWords(msgspec.Struct, frozen=True):
    """One language."""

    wait: str
    ask_staff: str
    hold_rail: str
    staff_coming: str
    go_on: str


OWN_WORDS: Final[dict[str, OwnWords]] = {
    "en": OwnWords(
        wait="One moment, please",
        ask_staff="Please ask our staff",
        hold_rail="If you are standing, hold the rail.",
        staff_coming="Please ask our staff to come.",
        go_on="Go on",
    ),
}


def own_words(language: str) -> OwnWords:
    """Return the kiosk's own words in a language, or in English when it has none."""
    return OWN_WORDS.get(language, OWN_WORDS["en"])
