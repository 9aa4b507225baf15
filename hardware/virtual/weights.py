"""Weights that somebody puts on the virtual deck by hand: one load at a time, taken away before the next is put down.

For playing the member of staff who calibrates. A weight is set down within half a second, as hands do it.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.virtual.track import FloatArray, Point

HAND_NS: Final = 500_000_000
_FORGET_NS: Final = 3_000_000_000


class _Put(msgspec.Struct, frozen=True):
    """A load that is set down from `start_ns` on, and lifted from `end_ns` on."""

    start_ns: int
    force_n: float
    x_mm: float
    y_mm: float
    end_ns: int | None = None

    def share(self, t_ns: npt.NDArray[np.int64]) -> FloatArray:
        """Return how much of it the deck carries, 0 to 1, while hands set it down or lift it."""
        up = np.clip((t_ns - self.start_ns) / HAND_NS, 0.0, 1.0)
        if self.end_ns is None:
            return up
        return np.asarray(np.minimum(up, np.clip((self.end_ns + HAND_NS - t_ns) / HAND_NS, 0.0, 1.0)))


class Weights:
    """What lies on the deck, and what has just been lifted off it."""

    def __init__(self) -> None:
        self._puts: list[_Put] = []

    def __bool__(self) -> bool:
        """Return whether a weight lies there, or may still be asked for."""
        return bool(self._puts)

    def lie_at(self, t_ns: int) -> bool:
        """Return whether the deck carries a weight, or a part of one, at this moment or later."""
        return any(each.end_ns is None or each.end_ns + HAND_NS > t_ns for each in self._puts)

    def put(self, at_ns: int, force_n: float, x_mm: float, y_mm: float) -> int:
        """Lift what lies there, then set this down (no force: only lift); return when that is done.

        A hand that is still at the weight before ends what it does: it is set down whole, then lifted.
        """
        start_ns = at_ns
        if self._puts:
            last = self._puts[-1]
            at_ns = start_ns = max(at_ns, last.start_ns + HAND_NS if last.end_ns is None else last.end_ns + HAND_NS)
        if self._puts and self._puts[-1].end_ns is None:
            self._puts[-1] = msgspec.structs.replace(self._puts[-1], end_ns=at_ns)
            start_ns += HAND_NS
        self._puts = [each for each in self._puts if each.end_ns is None or each.end_ns > at_ns - _FORGET_NS]
        if force_n > 0:
            self._puts.append(_Put(start_ns, force_n, x_mm, y_mm))
        return start_ns + HAND_NS if force_n > 0 else start_ns

    def at(self, t_ns: int) -> Point:
        """Return `(fz_n, x_mm, y_mm)` at one moment."""
        fz, x, y = self.over(np.array([t_ns], dtype=np.int64))
        return float(fz[0]), float(x[0]), float(y[0])

    def over(self, t_ns: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the same three for an array of moments. No two loads are ever on the deck at the same moment."""
        fz, x, y = np.zeros(t_ns.shape), np.zeros(t_ns.shape), np.zeros(t_ns.shape)
        for each in self._puts:
            share = each.share(t_ns)
            mask = share > 0
            fz[mask] = each.force_n * share[mask]
            x[mask], y[mask] = each.x_mm, each.y_mm
        return fz, x, y
