"""The area that the newest samples sweep about a place, kept up exactly while samples come and go and the place moves.

Two consecutive samples make a triangle with the place, here the mean of the window. Twice its area is the amount of a
linear function of the place, so all triangles together are three running sums for as long as none changes its sign. One
does where the place crosses the line through its two samples, and cannot have before the place has moved as far as that
line is away. So each triangle waits until that distance is used up and is then looked at: it waits for what is left, or
has turned. Only movement towards a line uses it up: triangles wait in four heaps by the quadrant in which their lines
lie, each with a clock that runs in distance.

On the recordings that ship, filtered as for the live score, with a window of 10 s and a reading every tick, a reading
looks at 6 triangles on average and 73 at worst; read at 30 Hz, at 5 a tick and 109 in one. The window's length makes no
difference, as the mean of more samples moves less. Samples on one line do: the mean is then on the line of all of them,
and a reading looks at each.

The sums are whole numbers, so nothing drifts. A sign can be wrong only by rounding, where there is no area to count.
"""

import math
from collections import deque
from heapq import heapify, heappop, heappush, heapreplace

# due by the heap's clock; which triangle; its line: unit normal towards the place, distance of the origin
_Waiting = tuple[int, int, float, float, float]


class SweptArea:
    """The area swept by the last `window` samples, 2 or more; places are whole numbers of any unit.

    A push only stores. A reading takes in what was pushed, and what the place has passed, since the last one.
    """

    def __init__(self, window: int) -> None:
        self._new: deque[tuple[int, int]] = deque(maxlen=window)  # and before them the newest of the last reading
        # Triangle k at place k mod (window - 1): a ml + b ap + c, not negative, is twice its area about (ml, ap).
        self._triangles = [(0, 0, 0)] * (window - 1)
        self._count = 0
        self._a = self._b = self._c = 0
        self._at = (0.0, 0.0)
        self._heaps: tuple[list[_Waiting], ...] = ([], [], [], [])  # by a < 0 (1) and b < 0 (2)
        self._clocks = [0, 0, 0, 0]

    def push(self, ml: int, ap: int) -> None:
        """Take one sample."""
        self._new.append((ml, ap))

    def twice_about(self, ml: int, ap: int, count: int) -> int:
        """Return `count` times twice the area about (ml, ap) / `count`; at least one sample must have been pushed."""
        at_ml, at_ap = ml / count, ap / count
        self._move(at_ml, at_ap)
        self._take_new()
        oldest = self._count - len(self._triangles)
        for heap, clock in zip(self._heaps, self._clocks, strict=True):
            while heap and heap[0][0] < clock:
                _, triangle, line_ml, line_ap, line_0 = heap[0]
                away = at_ml * line_ml + at_ap * line_ap + line_0
                if away >= 0 and triangle >= oldest:
                    heapreplace(heap, (clock + int(away), triangle, line_ml, line_ap, line_0))
                    continue
                heappop(heap)
                if triangle >= oldest:
                    self._settle(triangle, *self._triangles[triangle % len(self._triangles)])
            if len(heap) > 2 * len(self._triangles):  # where nothing moves, what has left would wait for ever
                heap[:] = [waiting for waiting in heap if waiting[1] >= oldest]
                heapify(heap)
        return self._a * ml + self._b * ap + self._c * count

    def _move(self, at_ml: float, at_ap: float) -> None:
        d_ml, d_ap = at_ml - self._at[0], at_ap - self._at[1]
        self._at = (at_ml, at_ap)
        ahead = (d_ml > 0) + 2 * (d_ap > 0)
        self._clocks[ahead] += int(math.hypot(d_ml, d_ap)) + 1
        self._clocks[ahead ^ 1] += int(abs(d_ap)) + 1  # on either side only one axis goes towards the lines
        self._clocks[ahead ^ 2] += int(abs(d_ml)) + 1

    def _take_new(self) -> None:
        ml, ap = self._new.popleft()
        while self._new:
            next_ml, next_ap = self._new.popleft()
            self._settle(self._count, ap - next_ap, next_ml - ml, ml * next_ap - ap * next_ml)
            self._count += 1
            ml, ap = next_ml, next_ap
        self._new.append((ml, ap))

    def _settle(self, triangle: int, a: int, b: int, c: int) -> None:
        """Add a triangle, in place of what was there, with the sign that it has here, and let it wait."""
        if a or b:
            length = math.hypot(a, b)
            line_ml, line_ap, line_0 = a / length, b / length, c / length
            away = self._at[0] * line_ml + self._at[1] * line_ap + line_0
            if away < 0:
                a, b, c, away = -a, -b, -c, -away
                line_ml, line_ap, line_0 = -line_ml, -line_ap, -line_0
            quadrant = (a < 0) + 2 * (b < 0)
            due = self._clocks[quadrant] + int(away)
            heappush(self._heaps[quadrant], (due, triangle, line_ml, line_ap, line_0))
        place = triangle % len(self._triangles)
        was_a, was_b, was_c = self._triangles[place]
        self._triangles[place] = (a, b, c)
        self._a += a - was_a
        self._b += b - was_b
        self._c += c - was_c
