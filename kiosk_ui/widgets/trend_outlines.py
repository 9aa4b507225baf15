"""The daily checks over time as data: a line with a dot a check, the limits on either side. No Kivy here."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from kiosk_ui.layout import Rect
from kiosk_ui.widgets.outlines import Disc, Fill, Point, Shape, Stroke
from station.screens import Trend, TrendPoint

HEADROOM: Final = 1.6  # the figure reaches so far beyond the limits, or beyond the largest error
DOT_MM: Final = 1.5  # radius, where they do not touch each other
LEAST_DOT_MM: Final = 0.6  # smaller ones are not drawn: then only the last check has a dot, and those outside
LINE_MM: Final = 0.7


class TrendPlaces(msgspec.Struct, frozen=True):
    """Where things are in the figure, mm. points: of the checks, in their order."""

    field: Rect
    points: tuple[Point, ...]
    zero: float
    upper: float
    lower: float


def places(trend: Trend, field: Rect) -> TrendPlaces:
    """Return where the checks and the limits are in a field; time runs to the right, by the day."""
    errors = [point.error_percent for point in trend.points]
    reach = HEADROOM * max([trend.limit_percent, *(abs(each) / 1.3 for each in errors)], default=1.0)
    reach = reach or 1.0
    zero = field.y + field.height / 2

    def height(percent: float) -> float:
        return zero + percent / reach * field.height / 2

    inner = field.inset(2 * DOT_MM)
    points = tuple(
        (inner.x + along * inner.width, height(error))
        for along, error in zip(_along(trend.points), errors, strict=True)
    )
    return TrendPlaces(field, points, zero, height(trend.limit_percent), height(-trend.limit_percent))


def _along(points: Sequence[TrendPoint]) -> list[float]:
    days = [date.fromisoformat(point.day).toordinal() for point in points]
    if not days or days[0] == days[-1]:
        return [(at + 0.5) / len(days) for at in range(len(days))]
    return [(day - days[0]) / (days[-1] - days[0]) for day in days]


def trend_shapes(trend: Trend, at: TrendPlaces) -> tuple[Shape, ...]:
    """Return field, limits, line and dots, from back to front; a check outside its limit is a diamond."""
    field = at.field
    corners = ((field.x, field.y), (field.right, field.y), (field.right, field.top), (field.x, field.top))
    within = ((field.x, at.lower), (field.right, at.lower), (field.right, at.upper), (field.x, at.upper))
    shapes: list[Shape] = [
        Fill(corners, "card"),
        Fill(within, "tint"),
        Stroke(((field.x, at.zero), (field.right, at.zero)), "line", 0.3),
    ]
    for y in (at.upper, at.lower):
        shapes += [Stroke(dash, "ink", 0.5) for dash in _dashes(field.x, field.right, y)]
    shapes.append(Stroke(corners, "line", 0.3, closed=True))
    if len(at.points) > 1:
        shapes.append(Stroke(at.points, "ring", LINE_MM))
    last = len(at.points) - 1
    dot = min(DOT_MM, 0.35 * field.width / max(len(at.points), 1))
    for index, ((x, y), point) in enumerate(zip(at.points, trend.points, strict=True)):
        outside = abs(point.error_percent) > trend.limit_percent
        size = DOT_MM * 1.3 if index == last else dot
        if outside:
            reach = max(size, DOT_MM) * 1.5
            shapes.append(Fill(((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)), "dot"))
        elif index == last or dot >= LEAST_DOT_MM:
            shapes.append(Disc((x, y), size, "action"))
    return tuple(shapes)


def _dashes(left: float, right: float, y: float, dash: float = 3.0, gap: float = 2.0) -> list[tuple[Point, Point]]:
    count = max(1, round((right - left + gap) / (dash + gap)))
    step = (right - left + gap) / count
    return [((left + at * step, y), (left + at * step + step - gap, y)) for at in range(count)]
