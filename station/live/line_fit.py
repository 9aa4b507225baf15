"""A straight line through the last N points of a counter against time, exact and O(1) a point.

The conversions of a load cell's converter run at a steady rate of its own; when each was ready is known with jitter.
The line through many such moments has the rate, and puts every conversion at its own time with a fraction of the jitter
(2 / sqrt(N) at the newest point).

Sums are whole numbers, so nothing is lost to rounding however long it runs. Refusing outliers is the caller's business.
"""

from collections import deque
from typing import Final

FEWEST: Final = 2


class SlidingLine:
    """The least-squares line of y (ns) over x (counts) through the newest `window` points; both whole numbers."""

    __slots__ = ("_n", "_points", "_sx", "_sxx", "_sxy", "_sy", "_window", "_x0", "_y0")

    def __init__(self, window: int) -> None:
        if window < FEWEST:
            raise ValueError(f"a line needs {FEWEST} points; the window is {window}")
        self._window = window
        self._points: deque[tuple[int, int]] = deque()
        self.restart()

    def restart(self) -> None:
        """Forget every point."""
        self._points.clear()
        self._n = self._sx = self._sy = self._sxx = self._sxy = self._x0 = self._y0 = 0

    def __len__(self) -> int:
        return self._n

    def push(self, x: int, y: int) -> None:
        """Take one point; x must be above the last one's. The oldest one leaves when the window is full."""
        points = self._points
        if not points:
            self._x0, self._y0 = x, y
        if self._n == self._window:
            old_x, old_y = points.popleft()
            self._n -= 1
            self._sx -= old_x
            self._sy -= old_y
            self._sxx -= old_x * old_x
            self._sxy -= old_x * old_y
        x -= self._x0
        y -= self._y0
        points.append((x, y))
        self._n += 1
        self._sx += x
        self._sy += y
        self._sxx += x * x
        self._sxy += x * y

    @property
    def slope(self) -> float | None:
        """Return ns a count, None before there are two points."""
        n = self._n
        spread = n * self._sxx - self._sx * self._sx
        return (n * self._sxy - self._sx * self._sy) / spread if spread else None

    def at(self, x: int) -> int:
        """Return the line's time at a count, ns; exact to the nanosecond near the points. Needs two points."""
        n, sx, sy = self._n, self._sx, self._sy
        spread = n * self._sxx - sx * sx
        if not spread:
            raise ValueError(f"a line needs {FEWEST} points; there are {n}")
        # (sy + slope * (n x - sx)) / n with one division of whole numbers: no digit is lost
        numerator = sy * spread + (n * self._sxy - sx * sy) * (n * (x - self._x0) - sx)
        return self._y0 + (2 * numerator + n * spread) // (2 * n * spread)
