"""The empty deck after a visit: does it read nothing again? If not, what was measured on it cannot be relied on.

The zero before a visit says nothing about a cell that shifted, or a plug that moved, while somebody stood on the deck.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

import msgspec

from station.live.finish import TrialAnalysis
from station.live.grid import Row
from station.live.trial_quality import ZERO_DRIFT_N
from station.sway.quality import Quality
from station.visit.effects import VisitSummary

_ROWS: Final = 40  # 0.4 s
LONGEST_ROWS: Final = 500  # a foot or a cane may linger at the edge; after five seconds it is the deck
NOT_BACK: Final = "the empty deck did not come back to zero (50 g on a load cell) after the measurement"


class ZeroReturn:
    """Takes rows from when a person has stepped off until it is known whether the deck is back at zero."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, ...]] = deque(maxlen=_ROWS)
        self._rows = 0

    def push(self, row: Row) -> bool | None:
        """Take one row; return whether the deck is back, or None as long as that is open, five seconds at most."""
        self._rows += 1
        if row.fz_n == row.fz_n:
            self._recent.append(row[1:5])
        if len(self._recent) == _ROWS:
            means = (sum(column) / _ROWS for column in zip(*self._recent, strict=True))
            if max(abs(mean) for mean in means) <= ZERO_DRIFT_N:
                return True
        return False if self._rows >= LONGEST_ROWS else None


def without_trials(summary: VisitSummary, reason: str) -> VisitSummary:
    """Return the visit with every trial that was measured made not assessable: neither passed nor a finding."""
    trials = tuple(
        each
        if each.end == "not assessable"
        else msgspec.structs.replace(each, end="not assessable", reasons=(*each.reasons, reason))
        for each in summary.trials
    )
    return msgspec.structs.replace(summary, trials=trials)


def doubted(trials: Mapping[str, TrialAnalysis], reason: str) -> dict[str, TrialAnalysis]:
    """Return the sway of these trials marked as not assessable."""
    result = {}
    for name, trial in trials.items():
        analysis = trial.analysis
        if analysis is not None:
            quality = Quality(assessable=False, flags=(*analysis.quality.flags, reason))
            analysis = msgspec.structs.replace(analysis, quality=quality)
        result[name] = TrialAnalysis(analysis, (*trial.reasons, reason))
    return result
