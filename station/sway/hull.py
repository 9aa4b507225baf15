"""The convex hull of a trace and what follows from it: its area, and the largest distance between two points.

Pure geometry, any unit. Points on one line, equal points and a single point are ordinary input.
"""

import math
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Point = tuple[float, float]

# Akl & Toussaint 1978, Inf Process Lett 7:219: nothing inside the polygon of a few extreme points can be on the hull.
# Eight directions over half a turn, and their opposites.
_DIRECTIONS: Final = [(math.cos(k * math.pi / 8), math.sin(k * math.pi / 8)) for k in range(8)]
_WORTH_DISCARDING: Final = 64


def convex_hull(x: FloatArray, y: FloatArray) -> list[Point]:
    """Return the corners of the convex hull, counter-clockwise, without repeats or points on an edge.

    One corner when all points are equal, two when they are on one line. Andrew's monotone chain (1979) on what
    is left after the inner points are discarded; O(N log N) at worst.
    """
    if len(x) > _WORTH_DISCARDING:
        x, y = _discard_inner(x, y)
    points: list[Point] = sorted(set(zip(x.tolist(), y.tolist(), strict=True)))
    if len(points) < 3:
        return points
    return _half(points) + _half(points[::-1])


def hull_area(corners: list[Point]) -> float:
    """Return the area inside the corners of a hull; 0.0 for fewer than three."""
    if len(corners) < 3:
        return 0.0
    x0, y0 = corners[0]  # the shoelace sum about a corner: no cancellation far from the origin
    local = [(x - x0, y - y0) for x, y in corners[1:]]
    return 0.5 * sum(ax * by - ay * bx for (ax, ay), (bx, by) in pairwise(local))


def largest_distance(corners: list[Point]) -> float:
    """Return the largest distance between two corners of a hull, by rotating calipers (Shamos 1978), O(corners)."""
    count = len(corners)
    if count < 2:
        return 0.0
    if count == 2:
        return math.dist(*corners)
    best = 0.0
    far = 1
    for near in range(count):
        a, b = corners[near], corners[(near + 1) % count]
        for _ in range(count):
            c, d = corners[far % count], corners[(far + 1) % count]
            if (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]) <= 0.0:
                break
            far += 1
        # Where rounding decides which of two nearly parallel edges turns further, the pair is one corner on or back.
        for other in (far - 1, far, far + 1):
            e = corners[other % count]
            best = max(best, _distance_squared(a, e), _distance_squared(b, e))
    return math.sqrt(best)


def _distance_squared(a: Point, b: Point) -> float:
    x, y = a[0] - b[0], a[1] - b[1]
    return x * x + y * y


def _half(points: list[Point]) -> list[Point]:
    chain: list[Point] = []
    for x, y in points:
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2], chain[-1]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0:
                break
            chain.pop()
        chain.append((x, y))
    return chain[:-1]  # the last point begins the other half


def _discard_inner(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    # one direction at a time: all at once would be eight times the trace
    along = (along_x * x + along_y * y for along_x, along_y in _DIRECTIONS)
    ahead, behind = zip(*((int(place.argmax()), int(place.argmin())) for place in along), strict=True)
    keep = np.zeros(len(x), dtype=np.bool_)
    for start, end in pairwise((*ahead, *behind, ahead[0])):
        if start != end:
            dx, dy = x[end] - x[start], y[end] - y[start]
            keep |= dx * (y - y[start]) <= dy * (x - x[start])
    return (x[keep], y[keep]) if keep.any() else (x, y)  # no edge at all: all points are equal
