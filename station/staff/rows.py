"""Limits that were applied, as rows of a staff table: what was measured beside what is allowed, and what to do."""

from collections.abc import Iterable

from calibration.evidence import Judgement
from calibration.limits import NO_NUMBER, limit_of
from station.screens import TableRow


def judged_rows(judgements: Iterable[Judgement]) -> tuple[TableRow, ...]:
    """Return one row a limit, those that refuse first."""
    return tuple(sorted(rows_in_order(judgements), key=lambda row: row.good is not False))


def rows_in_order(judgements: Iterable[Judgement]) -> tuple[TableRow, ...]:
    """Return one row a limit in the order in which they were judged, which the daily check's words rely on."""
    return tuple(_row(each) for each in judgements)


def _row(judgement: Judgement) -> TableRow:
    limit = limit_of(judgement)
    unit = "" if limit.unit == "1" else f" {limit.unit}"
    allowed = "at most" if limit.refused == "above" else "at least"
    measured = "nothing" if judgement.measured >= NO_NUMBER else f"{judgement.measured:.3g}{unit}"
    return TableRow(
        name=limit.what,
        measured=measured,
        expected=f"{allowed} {judgement.limit:g}{unit}",
        good=judgement.passed,
        to_do="" if judgement.passed else limit.to_do,
    )
