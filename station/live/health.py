"""Is the station fit to measure? Watches the ring, the corners and the certificate, and says in words what is wrong."""

from typing import Final

from station.live.deck_state import DeckState
from station.live.grid import Grid

START_GRACE_NS: Final = 3_000_000_000  # chips settle and acquire starts within this
IMPOSSIBLE_FOR_NS: Final = 1_000_000_000  # a glitch ends a trial; a corner that goes on so ends all
STILL_SO_NS: Final = 300_000_000  # rows come up to 150 ms late
CLEAR_AFTER_NS: Final = 1_000_000_000


class HealthWatch:
    """Keeps the reasons for which nobody may be measured now; empty when all is well."""

    def __init__(self, deck: DeckState) -> None:
        self._deck = deck
        self.reasons: tuple[str, ...] = ()
        self.certificate_valid = deck.certificate_problem() is None
        self._started_ns: int | None = None
        self._good_since_ns: int | None = None
        self._impossible_since_ns: int | None = None

    def look(self, now_ns: int, grid: Grid) -> str | None:
        """Return the reasons when a fault begins, an empty string when it is over, None when nothing changed."""
        if self._started_ns is None:
            self._started_ns = now_ns
        found = self._find(now_ns, grid)
        if found:
            self._good_since_ns = None
            began = not self.reasons
            self.reasons = found
            return "; ".join(found) if began else None
        if not self.reasons:
            return None
        if self._good_since_ns is None:
            self._good_since_ns = now_ns
        if now_ns - self._good_since_ns < CLEAR_AFTER_NS:
            return None
        self.reasons = ()
        self._good_since_ns = None
        return ""

    def _find(self, now_ns: int, grid: Grid) -> tuple[str, ...]:
        found: list[str] = []
        started = self._started_ns if self._started_ns is not None else now_ns
        if now_ns - started > START_GRACE_NS:
            silent = grid.silent_corners(now_ns)
            if len(silent) == 4:
                found.append("no samples arrive: is the acquire process running?")
            else:
                found += [f"load cell {name} delivers nothing" for name in silent]
            found += [f"sample rate out of 75-100: {name}" for name in grid.rates_outside_limits()]
            if grid.motion.silent(now_ns):
                found.append("the deck's IMU delivers nothing, so nobody knows whether the deck is level")
            if grid.impossible_ns is not None and now_ns - grid.impossible_ns < STILL_SO_NS:
                self._impossible_since_ns = self._impossible_since_ns or now_ns
                if now_ns - self._impossible_since_ns > IMPOSSIBLE_FOR_NS:
                    found.append("a load cell reads what nobody on the deck can cause: check the corner cables")
            else:
                self._impossible_since_ns = None
        problem = self._deck.certificate_problem()
        self.certificate_valid = problem is None
        if problem is not None:
            found.append(problem)
        found += self._deck.reasons()
        return tuple(found)
