"""A member of staff on a virtual deck: reads what the staff screens ask for, and puts the weights there.

Only the hands: buttons are for whoever is tried out (a kiosk, the command line, a test).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from calibration.evidence import Weight
from hardware.virtual.control import PutWeight
from station.screens import ScreenModel

READINGS: Final = ("calibrate.read", "daily.place")


class StaffHands:
    """Give it each screen; it says what to put where, or None when nothing is to be moved.

    weights: the register, whose masses are put down; half_mm: half the distances between the cells (ML, AP).
    """

    def __init__(self, weights: Sequence[Weight], half_mm: tuple[float, float]) -> None:
        self._mass_kg: Mapping[str, float] = {each.id: each.mass_kg for each in weights}
        self._half_mm = half_mm
        self._last: tuple[str, tuple[str, ...], object] | None = None

    def asked(self, screen: ScreenModel) -> PutWeight | None:
        """Return the load that this screen asks for, once for each step of the procedure."""
        panel = screen.staff
        if screen.name not in READINGS or panel is None or panel.deck is None:
            self._last = None
            return None
        deck = panel.deck
        step = (deck.target or "", deck.weights, screen.progress)
        if step == self._last:
            return None
        self._last = step
        if deck.target is None:
            return PutWeight(0.0)
        hole = next(each for each in deck.holes if each.name == deck.target)
        mass_kg = sum(self._mass_kg[_id(each)] for each in deck.weights)
        return PutWeight(mass_kg, hole.x * self._half_mm[0], hole.y * self._half_mm[1])


def _id(shown: str) -> str:
    """Return the id in `20 kg (20-1)`."""
    return shown.rpartition("(")[2].rstrip(")")
