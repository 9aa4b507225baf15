"""The area kept up from reading to reading is that of every triangle, whatever the samples and the place do."""

import math
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.sway import swept_area
from station.sway.streaming import StreamingSway
from station.sway.swept_area import SweptArea

from .recorded import PEOPLE, shipped_mm

# Few values, for repeats, lines, and a mean that is on a sample; and jumps. No area is so small that a double takes it
# for 0, so the sums must be the same to the last digit.
coordinate = st.integers(-3, 3) | st.integers(-1_000_000, 1_000_000)
place = st.tuples(coordinate, coordinate)
few = st.lists(place, min_size=1, max_size=4)  # repeated: a constant, two that alternate, a small circle
steps = st.lists(st.tuples(place, st.integers(1, 20)), min_size=1, max_size=8)
traces = (
    st.lists(place, min_size=30, max_size=90)
    | st.builds(lambda places, times: places * times, few, st.integers(1, 40))
    | steps.map(lambda runs: [at for at, times in runs for _ in range(times)])
)
every = st.lists(st.integers(1, 4) | st.integers(1, 60), min_size=1, max_size=5)  # samples between readings, in turn


def twice_about(samples, ml, ap, count):
    return sum(
        abs((count * ml_1 - ml) * (count * ap_2 - ap) - (count * ap_1 - ap) * (count * ml_2 - ml))
        for (ml_1, ap_1), (ml_2, ap_2) in pairwise(samples)
    )


def readings(trace, window, gaps):
    """Yield (the area, the window's samples) after each of the gaps, over and over."""
    swept, recent = SweptArea(window), deque(maxlen=window)
    due = [number for gap in gaps for number in [*[False] * (gap - 1), True]]
    for number, sample in enumerate(trace):
        swept.push(*sample)
        recent.append(sample)
        if due[number % len(due)]:
            yield swept, recent


@given(traces, st.integers(2, 40), every)
def test_it_is_the_sum_of_all_triangles_about_the_mean(trace, window, gaps):
    for swept, recent in readings(trace, window, gaps):
        ml, ap = map(sum, zip(*recent, strict=True))
        count = len(recent)
        assert swept.twice_about(ml, ap, count) * count == twice_about(recent, ml, ap, count)


@given(traces, st.integers(2, 40), every, st.lists(place, min_size=5, max_size=20))
def test_it_is_so_about_any_place_wherever_that_jumps(trace, window, gaps, places):
    for number, (swept, recent) in enumerate(readings(trace, window, gaps)):
        at = places[number % len(places)]
        assert swept.twice_about(*at, 1) == twice_about(recent, *at, 1)


@pytest.mark.parametrize("window", [250, 1000, 4000])
@pytest.mark.parametrize("person", PEOPLE[::4], ids=lambda person: person["name"])
def test_a_tick_looks_at_a_few_triangles_whatever_the_window(person, window, monkeypatch):
    looks = 0

    def counted(function):
        def call(*arguments):
            nonlocal looks
            looks += 1
            return function(*arguments)

        return call

    for name in ("heapreplace", "heappop"):
        monkeypatch.setattr(swept_area, name, counted(getattr(swept_area, name)))
    stream = StreamingSway(100.0, window)
    points = shipped_mm(person["trial"]).T.tolist()
    for point in points:
        stream.push(*point)
        stream.sliding()
    assert 1 < looks / len(points) < 10


def test_nothing_piles_up_where_the_mean_stands_still():
    swept = SweptArea(100)
    for number in range(20_000):
        turn = number * math.tau / 100
        swept.push(round(1e6 * math.cos(turn)), round(1e6 * math.sin(turn)))
        swept.twice_about(0, 0, 1)
    assert sum(map(len, swept._heaps)) <= 8 * 100
