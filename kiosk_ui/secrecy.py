"""Which digit of a PIN was touched goes to the station and nowhere else: not into a log, a trace, a sound."""

from typing import Final

DIGIT: Final = "digit."


def without_digit(action: str) -> str:
    """Return an action as it may be written down."""
    return DIGIT.rstrip(".") if action.startswith(DIGIT) else action
