"""Limits that were applied, as rows of a staff table: what was measured beside what is allowed, and what to do."""

import math
from collections.abc import Iterable

from calibration.evidence import Judgement
from calibration.limits import NO_NUMBER, NOT_MEASURED, Limit, limit_of
from station.screens import TableRow


def judged_rows(judgements: Iterable[Judgement]) -> tuple[TableRow, ...]:
    """Return one row a limit: first those that refuse, then the others, nearest to their limit first."""
    return tuple(_row(each) for each in sorted(judgements, key=lambda each: (each.passed, -_used(each))))


def rows_in_order(judgements: Iterable[Judgement]) -> tuple[TableRow, ...]:
    """Return one row a limit in the order in which they were judged, which the daily check's words rely on."""
    return tuple(_row(each) for each in judgements)


def refusals(judgements: Iterable[Judgement]) -> str:
    """Return the limits that refuse as sentences, each with what to do."""
    rows = rows_in_order(each for each in judgements if not each.passed)
    return " ".join(f"{row.name}: {row.measured}, {row.expected} allowed. {row.to_do}." for row in rows)


def sentence(text: str) -> str:
    """Return words of the calibration as a sentence on a screen begins."""
    return text[:1].upper() + text[1:]


def _used(judgement: Judgement) -> float:
    """Return how much of what is allowed was used; 0 where there must be enough of something, and there is."""
    limit = limit_of(judgement)
    if limit.refused == "below" or not limit.value:
        return 0.0
    return judgement.measured / limit.value


def _row(judgement: Judgement) -> TableRow:
    limit, measured = limit_of(judgement), judgement.measured
    return TableRow(
        name=limit.short,
        measured=NOT_MEASURED if measured >= NO_NUMBER else limit.with_unit(_number(measured, limit)),
        expected=limit.allowed,
        good=judgement.passed,
        to_do="" if judgement.passed else sentence(limit.to_do),
    )


def _number(measured: float, limit: Limit) -> str:
    """Return a number to a hundredth of its limit; finer where it would else read as the limit that it is beyond."""
    digits = max(0, 2 - math.floor(math.log10(limit.value))) if limit.value else 0
    while digits < 12 and measured != limit.value == round(measured, digits):
        digits += 1
    text = f"{measured:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
