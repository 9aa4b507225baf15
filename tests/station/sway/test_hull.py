"""The convex hull and the largest distance, against trying every pair and against Qhull."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from station.sway.hull import convex_hull, hull_area, largest_distance

small = st.integers(-8, 8).map(float)  # a coarse grid: many ties, parallel edges and equal points
fine = st.floats(-100, 100, allow_nan=False).map(lambda value: round(value, 5))


def hull_of(points):
    x, y = np.array(points, dtype=float).T
    return convex_hull(x, y)


def farthest_pair(points):
    return max((math.dist(a, b) for a, b in combinations(points, 2)), default=0.0)


@given(st.lists(st.tuples(small, small), min_size=1, max_size=150))
def test_largest_distance_is_that_of_the_farthest_pair_even_with_ties(points):
    assert largest_distance(hull_of(points)) == pytest.approx(farthest_pair(points), rel=1e-12)


@given(st.lists(st.tuples(fine, fine), min_size=1, max_size=100))
def test_largest_distance_is_that_of_the_farthest_pair(points):
    assert largest_distance(hull_of(points)) == pytest.approx(farthest_pair(points), rel=1e-12)


@given(st.lists(st.tuples(fine, fine), min_size=3, max_size=100))
def test_the_area_is_the_one_qhull_finds(points):
    corners = hull_of(points)
    assume(hull_area(corners) > 1e-3)
    assert hull_area(corners) == pytest.approx(ConvexHull(points).volume, rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(small, small), min_size=3, max_size=150))
def test_every_point_is_inside_the_hull_and_every_corner_is_a_point(points):
    corners = hull_of(points)
    assert set(corners) <= set(points)
    assume(len(corners) > 2)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        assert all((bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0 for x, y in points)


def test_points_on_a_line_have_two_corners_and_no_area():
    corners = hull_of([(t, 2 * t) for t in range(500)])
    assert corners == [(0.0, 0.0), (499.0, 998.0)]
    assert hull_area(corners) == 0.0


def test_equal_points_are_one_corner():
    assert hull_of([(2.0, 3.0)] * 500) == [(2.0, 3.0)]
    assert largest_distance([(2.0, 3.0)]) == 0.0


def test_a_thousand_points_on_a_circle_are_all_corners():
    angle = 2 * np.pi * np.arange(1000) / 1000
    corners = convex_hull(np.cos(angle), np.sin(angle))
    assert len(corners) == 1000
    assert largest_distance(corners) == pytest.approx(2.0)


def test_two_corners_a_rounding_apart_do_not_lead_the_calipers_astray():
    points = [
        (1.6485425258952824, -3.2066037392098825),
        (3.206603739209883, 1.6485425258952826),
        (1.6485425258952826, -3.206603739209883),
        (3.974429621360066, -0.4515630463796671),
        (-1.874324049085116, 1.21938892852985),
    ]
    assert largest_distance(hull_of(points)) == pytest.approx(farthest_pair(points), rel=1e-12)
