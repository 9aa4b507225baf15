"""The result in the person's words: one word, two sentences, one next step. Plain and kind; no tier, no numbers.

The words are data (station/visit/texts_<language>.toml); this file only picks the table that fits what the result
rests on: answers, standing, or both.
"""

from typing import Final

from station.screening.rule import Screening
from station.screens import ResultView, Tier
from station.visit.texts import text

_TABLES: Final[dict[Tier, str]] = {
    "refer today": "refer",
    "screened at risk": "at-risk",
    "review": "review",
    "not at risk": "steady",
    "not assessable": "unfinished",
}
_ASKED: Final = frozenset({"start-gate", "key-questions"})


def result_view(screening: Screening, language: str) -> ResultView:
    """Return what the person sees. Raises UsageError for a language that the station does not speak."""
    table = f"result.{_TABLES[screening.tier]}.{_basis(screening)}"
    return ResultView(
        word=text(f"{table}.word", language),
        sentences=(text(f"{table}.first", language), text(f"{table}.second", language)),
        next_step=text(f"{table}.next", language),
        # a marker on the steady side must not contradict a finding that comes from answers or stances
        marker=screening.sway_position if screening.tier in ("not at risk", "review") else None,
    )


def _basis(screening: Screening) -> str:
    """Return what the result rests on: of the findings, only those that reach its tier count."""
    if screening.tier == "not assessable":
        return screening.unfinished or "technical"
    if screening.tier == "review":
        return "standing"
    if screening.tier == "not at risk":
        return "both" if any(part.name in _ASKED for part in screening.parts) else "standing"
    parts = {reason.part for reason in screening.reasons if reason.tier == screening.tier}
    if "start-gate" in parts:
        return "gate"
    if parts <= _ASKED:
        return "answers"
    return "both" if parts & _ASKED else "standing"
