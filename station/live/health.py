"""Is the station fit to measure? Watches the ring, the corners and the certificate, and says in words what is wrong."""

from collections.abc import Sequence
from typing import Final

from station.live.corner_health import FEWEST_GOOD_PER_S, DeliveryWatch, exchanged_plugs, exchanged_words, why_silent
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
        self._delivery = DeliveryWatch()
        self._zero_drift_n: Sequence[float] | None = None

    def look(self, now_ns: int, grid: Grid, zero_drift_n: Sequence[float] | None = None) -> str | None:
        """Return the reasons when a fault begins, an empty string when it is over, None when nothing changed.

        zero_drift_n: what the empty deck last read at each corner, N.
        """
        self._zero_drift_n = zero_drift_n
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

    def exchanged(self, zero_drift_n: Sequence[float] | None) -> str | None:
        """Return in words that two plugs are exchanged, if the empty deck says so."""
        certificate = self._deck.certificate
        corners = None if certificate is None else exchanged_plugs(zero_drift_n, certificate)
        return None if corners is None else exchanged_words(corners)

    def _find(self, now_ns: int, grid: Grid) -> tuple[str, ...]:
        found: list[str] = []
        started = self._started_ns if self._started_ns is not None else now_ns
        if now_ns - started > START_GRACE_NS:
            silent = grid.silent_corners(now_ns)
            if len(silent) == 4:
                found.append("no samples arrive: is the acquire process running?")
            else:
                found += [why_silent(name, now_ns, grid) for name in silent]
            rates = grid.rates_outside_limits()
            found += [f"sample rate out of 75-100: {name}" for name in rates]
            found += [
                f"load cell {name} delivers fewer than {FEWEST_GOOD_PER_S} good samples a second, 75-100 are expected"
                for name in self._delivery.too_few(now_ns, grid)
                if name not in silent and not any(each.startswith(name) for each in rates)
            ]
            if words := self.exchanged(self._zero_drift_n):
                found.append(words)
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
