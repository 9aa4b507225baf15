"""What stands on a virtual deck, as seen by the deck: a force and where it acts."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Load(ABC):
    """A load on the virtual deck.

    Axes: x mediolateral (right +), y anteroposterior (forward +), mm from the deck's centre; vertical force in N
    (down on the deck is positive). An implementation MUST give the same answer for the same time whether it is asked
    for one moment or for an array of moments, and MUST accept times in any order within the last 2 s.
    """

    @abstractmethod
    def at(self, t_ns: int) -> tuple[float, float, float]:
        """Return `(fz_n, cop_ml_mm, cop_ap_mm)` at one moment."""

    @abstractmethod
    def over(self, t_ns: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the same three for an array of moments, each of shape `t_ns.shape`."""


class EmptyDeck(Load):
    """Nobody is there."""

    def at(self, t_ns: int) -> tuple[float, float, float]:  # noqa: ARG002
        """Return no force at the centre."""
        return 0.0, 0.0, 0.0

    def over(self, t_ns: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return zeros of the same shape."""
        zero = np.zeros(t_ns.shape)
        return zero, zero, zero
