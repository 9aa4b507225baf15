"""Whether a touch counts. Old hands touch twice, and a screen that changes under a finger must not be answered.

Pure: time comes in as seconds of any monotonic clock.
"""

from typing import Final

DEBOUNCE_S: Final = 0.4
# Whoever wants to stop, or wants help, is never told to wait: not for a new screen, not after another button.
ALWAYS_AT_ONCE: Final = frozenset({"stop", "help"})


class TouchGate:
    """Refuses a second touch within 400 ms, and any touch in the first 400 ms of a new screen.

    Of Stop and Help it refuses only a second touch of the same one.
    """

    def __init__(self) -> None:
        self._touched_s: float | None = None
        self._touched_role = ""
        self._shown_s: float | None = None

    def new_screen(self, now_s: float) -> None:
        """Take note that another screen has just appeared."""
        self._shown_s = now_s

    def accepts(self, role: str, now_s: float) -> bool:
        """Return whether a touch on a button of this role counts; one that does starts the next 400 ms."""
        at_once = role in ALWAYS_AT_ONCE
        again = self._touched_s is not None and now_s - self._touched_s < DEBOUNCE_S
        if again and not (at_once and role != self._touched_role):
            return False
        too_new = self._shown_s is not None and now_s - self._shown_s < DEBOUNCE_S
        if too_new and not at_once:
            return False
        self._touched_s, self._touched_role = now_s, role
        return True
