"""The zero of the empty deck while the station runs: when it may follow a slow drift, and when it says stop.

Pure: rows of corner forces in, a decision out. It moves only when the deck is empty, still for three seconds, near its
present zero and within the range around the calibrated one. Never with a person on: whoever stands there weighs more
than half a kilogram, and the three seconds begin anew with every row that says so.
"""

import math
from typing import Final

import msgspec

from calibration.evidence import Four
from calibration.limits import RUNNING, load_limits

ROWS_PER_S: Final = 100
STILL_ROWS: Final = 3 * ROWS_PER_S
# Still: the means of its three seconds agree within this, each corner. An honest board's mean of a second has 1.3 mN.
STILL_N: Final = 0.05
WORTH_N: Final = 0.02  # below this a new zero changes nothing that anybody measures
EMPTY_N: Final = load_limits(RUNNING).named("zero-empty").value
STEP_N: Final = load_limits(RUNNING).named("zero-step").value
RANGE_N: Final = load_limits(RUNNING).named("zero-range").value
# Between empty and a person: a bag, a stool, or a zero that has gone. Above, somebody may be about to step up.
SOMETHING_N: Final = 150.0


class ZeroMoved(msgspec.Struct, frozen=True):
    """Take this as the empty deck from now on: N at each corner, from the calibrated zero."""

    offset_n: Four


class ZeroBlocked(msgspec.Struct, frozen=True):
    """The empty deck is not where it was, or something stands on it; in words what, and what to do."""

    reason: str


class ZeroGood(msgspec.Struct, frozen=True):
    """The deck is empty and at its zero."""


Verdict = ZeroMoved | ZeroBlocked | ZeroGood


class ZeroWatch:
    """Push every row while nobody is served; a verdict comes after each three seconds of stillness.

    offset_n: the zero in force, N at each corner from the calibrated one.
    """

    def __init__(self, offset_n: Four = (0.0, 0.0, 0.0, 0.0)) -> None:
        self.offset_n = offset_n
        self._sums: list[list[float]] = []
        self._rows = 0
        self._empty = True  # so far, row by row: a mean may be small while somebody bounces

    def restart(self) -> None:
        """Forget the rows so far: somebody came, or a row could not be trusted."""
        self._sums.clear()
        self._rows = 0
        self._empty = True

    def push(self, forces_n: Four, good: bool, free: bool) -> Verdict | None:
        """Take one row: corner forces above the zero in force. free: nobody is on the deck or being served."""
        total_n = sum(forces_n)
        if not (good and free and total_n < SOMETHING_N):  # below nothing stands nobody: that is a zero that has gone
            self.restart()
            return None
        if self._rows % ROWS_PER_S == 0:
            self._sums.append([0.0, 0.0, 0.0, 0.0])
        second = self._sums[-1]
        for corner, each in enumerate(forces_n):
            second[corner] += each
        self._rows += 1
        self._empty = self._empty and abs(total_n) < EMPTY_N
        if self._rows < STILL_ROWS:
            return None
        means, empty = [[each / ROWS_PER_S for each in second] for second in self._sums], self._empty
        self.restart()
        return self._judge(means, empty)

    def _judge(self, means: list[list[float]], empty: bool) -> Verdict | None:
        for corner in zip(*means, strict=True):
            if not max(corner) - min(corner) <= STILL_N:
                return None
        a, b, c, d = (sum(column) / len(column) for column in zip(*means, strict=True))
        found = (a, b, c, d)
        worst_n = max(abs(each) for each in found)
        total_n = sum(found)
        if not abs(total_n) < EMPTY_N:
            return ZeroBlocked(
                f"the deck should be empty and reads {total_n / 9.80665:.2f} kg: take everything off it; "
                "if nothing is on it, do the daily check, which sets the zero anew"
            )
        if not empty:
            return None
        if worst_n > STEP_N:
            return ZeroBlocked(
                f"the zero of a load cell has drifted by {worst_n / 9.80665 * 1000:.0f} g, "
                f"{STEP_N / 9.80665 * 1000:.0f} g are allowed: take everything off the deck; "
                "if nothing is on it, do the daily check, which sets the zero anew"
            )
        if worst_n < WORTH_N:
            return ZeroGood()
        return moved(self.offset_n, found)


def moved(offset_n: Four, found_n: Four) -> ZeroMoved | ZeroBlocked:
    """Return the zero that takes `found_n`, above the one in force, as nothing; refused outside its range."""
    a, b, c, d = (old + new for old, new in zip(offset_n, found_n, strict=True))
    worst_n = max(abs(each) for each in (a, b, c, d))
    if not (math.isfinite(worst_n) and worst_n <= RANGE_N):
        return ZeroBlocked(
            f"the zero of a load cell is {worst_n / 9.80665:.1f} kg from where it was calibrated, "
            f"{RANGE_N / 9.80665:.1f} kg are allowed: see that the deck stands on its four feet and touches nothing, "
            "then calibrate"
        )
    return ZeroMoved((a, b, c, d))
