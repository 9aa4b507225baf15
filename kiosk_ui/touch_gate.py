"""Whether a touch counts. Old hands touch twice, and a screen that changes under a finger must not be answered.

Pure: time comes in as seconds of any monotonic clock.
"""

from typing import Final

DEBOUNCE_S: Final = 0.4
# Staff type a PIN faster than that, and a digit that is lost costs a try. Double reports of one finger come within
# a few ms, the fastest typists' keys 120 ms apart.
KEY_DEBOUNCE_S: Final = 0.1
ONCE_KEYS: Final = frozenset({"enter", "cancel"})  # of a keypad; what nobody means twice
HOLD_S: Final = 3.0  # the corner that staff hold; nobody rests a hand there so long by chance
# Whoever wants to stop, or wants help, is never told to wait: not for a new screen, not after another button.
ALWAYS_AT_ONCE: Final = frozenset({"stop", "help"})


class TouchGate:
    """Refuses a second touch within 400 ms, and any touch in the first 400 ms of a new screen.

    Of Stop and Help it refuses only a second touch of the same one.
    """

    def __init__(self) -> None:
        self._touched_s: float | None = None
        self._touched_role = self._touched_key = ""
        self._shown_s: float | None = None

    def new_screen(self, now_s: float) -> None:
        """Take note that another screen has just appeared."""
        self._shown_s = now_s

    def accepts(self, role: str, now_s: float, *, key: str = "") -> bool:
        """Return whether a touch on a button of this role counts; one that does starts the next 400 ms.

        key: the action, if it is a key of a keypad: there the next touch follows sooner, unless it is Enter again.
        """
        at_once = role in ALWAYS_AT_ONCE
        once = key if key in ONCE_KEYS else ""  # which digit it was is not kept
        wait_s = KEY_DEBOUNCE_S if key and not (once and once == self._touched_key) else DEBOUNCE_S
        again = self._touched_s is not None and now_s - self._touched_s < wait_s
        if again and not (at_once and role != self._touched_role):
            return False
        too_new = self._shown_s is not None and now_s - self._shown_s < DEBOUNCE_S
        if too_new and not at_once:
            return False
        self._touched_s, self._touched_role, self._touched_key = now_s, role, once
        return True


class Hold:
    """A place that has to be held: due once, after three seconds without letting go. Time comes with `tick`."""

    def __init__(self) -> None:
        self._down = False
        self._since_s: float | None = None

    def down(self) -> None:
        """Take note of a finger."""
        self._down, self._since_s = True, None

    def up(self) -> None:
        """Take note that the finger has left, or that the place has gone."""
        self._down, self._since_s = False, None

    def tick(self, now_s: float) -> bool:
        """Return True at the moment at which it has been held for long enough."""
        if not self._down:
            return False
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s < HOLD_S:
            return False
        self.up()
        return True
