"""Did the stance hold? Looks for the three ways in which it ends: stepping off, the rail, a foot that moved."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from station.live.grid import Row
from station.visit.effects import Stance

_REFERENCE_ROWS: Final = 100  # the first second of a stance says where its centre is
_TICK_S: Final = 0.01


class _Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    below_fraction: float
    for_s: float


class _FootMoved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    for_s: float
    limits_mm: dict[Stance, tuple[float, float]]


class BalanceRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits in balance_events.toml."""

    version: str
    stepped_off: _Drop
    rail: _Drop
    foot_moved: _FootMoved


@cache
def balance_rules() -> BalanceRules:
    """Return the shipped limits."""
    text = files("station.live").joinpath("balance_events.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), BalanceRules)


class BalanceWatch:
    """Watches one stance. `push` returns in words what ended it and when it began, or None while it holds."""

    def __init__(self, stance: Stance, body_weight_n: float) -> None:
        rules = balance_rules()
        self._off_n = rules.stepped_off.below_fraction * body_weight_n
        self._off_rows = round(rules.stepped_off.for_s / _TICK_S)
        self._rail_n = rules.rail.below_fraction * body_weight_n
        self._rail_rows = round(rules.rail.for_s / _TICK_S)
        self._ml_mm, self._ap_mm = rules.foot_moved.limits_mm[stance]
        self._moved_rows = round(rules.foot_moved.for_s / _TICK_S)
        self._seen = 0
        self._sum_ml = self._sum_ap = 0.0
        self._off = self._rail = self._moved = 0

    def push(self, row: Row, *, settling: bool = False) -> tuple[str, float] | None:
        """Take one row; return `(what, seconds ago it began)` once it is certain, else None.

        While `settling` feet and hands may still move; only stepping off ends the stance.
        """
        fz = row.fz_n
        if row.flags:  # the measurement is in doubt: it says nothing about the person
            self._off = self._rail = self._moved = 0
            return None
        self._off = self._off + 1 if fz < self._off_n else 0
        if self._off >= self._off_rows:
            return "stepped off", self._off * _TICK_S
        if settling:
            return None
        self._rail = self._rail + 1 if fz < self._rail_n else 0
        if self._rail >= self._rail_rows:
            return "weight taken off the feet, as by holding the rail", self._rail * _TICK_S
        ml, ap = row.cop_ml_mm, row.cop_ap_mm
        if ml != ml:  # nobody is on the deck
            return None
        if self._seen < _REFERENCE_ROWS:
            self._seen += 1
            self._sum_ml += ml
            self._sum_ap += ap
        away_ml = abs(ml - self._sum_ml / self._seen)
        away_ap = abs(ap - self._sum_ap / self._seen)
        self._moved = self._moved + 1 if away_ml > self._ml_mm or away_ap > self._ap_mm else 0
        if self._moved >= self._moved_rows:
            return "a foot moved", self._moved * _TICK_S
        return None
