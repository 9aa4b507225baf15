"""A hand that presses somewhere on the virtual deck for a moment, beside whoever stands on it."""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.virtual.load import FloatArray

RAMP_NS: Final = 150_000_000
_KEPT_NS: Final = 3_000_000_000  # a load may be asked for times up to 2 s ago

Point = tuple[float, float, float]


class Press(msgspec.Struct, frozen=True):
    """A force in N at a place in mm, from `start_ns` to `end_ns`, with a ramp at either end."""

    start_ns: int
    end_ns: int
    force_n: float
    ml_mm: float
    ap_mm: float


class Presses:
    """All presses of one deck; adds them to a load, the same numbers for one moment and for many."""

    def __init__(self) -> None:
        self._presses: list[Press] = []

    def add(self, press: Press) -> None:
        """Take another press, which starts later than those before it."""
        self._presses = [each for each in self._presses if each.end_ns + _KEPT_NS > press.start_ns]
        self._presses.append(press)

    def at(self, t_ns: int, load: Point) -> Point:
        """Return the load with what is pressed at this moment."""
        for press in self._presses:
            if press.start_ns < t_ns < press.end_ns:
                fz, ml, ap = self.over(np.array([t_ns]), tuple(np.array([value]) for value in load))
                return float(fz[0]), float(ml[0]), float(ap[0])
        return load

    def over(
        self, t_ns: npt.NDArray[np.int64], load: tuple[FloatArray, ...]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the same for an array of moments."""
        fz, ml, ap = load
        for press in self._presses:
            edge_ns = np.minimum(t_ns - press.start_ns, press.end_ns - t_ns)
            acts = edge_ns > 0
            if not acts.any():
                continue
            more = press.force_n * np.clip(edge_ns / RAMP_NS, 0.0, 1.0)
            total = np.where(acts, fz + more, 1.0)
            # where forces meet, their moments add up; where nothing is pressed, not a bit may change
            ml = np.where(acts, (fz * ml + more * press.ml_mm) / total, ml)
            ap = np.where(acts, (fz * ap + more * press.ap_mm) / total, ap)
            fz = np.where(acts, total, fz)
        return fz, ml, ap
