"""One trial while it runs: collects rows, watches for balance events, and ends in an outcome with its raw data."""

from typing import Final

import numpy as np

from station.config import DeckConfig
from station.live.balance_events import BalanceWatch
from station.live.grid import Row, RowFlag
from station.live.loop import TICK_HZ, TICK_NS
from station.trials import RawTrial
from station.visit.effects import StartTrial

_CHANNEL_LOST: Final = int(RowFlag.CHANNEL_LOST)
MOST_OF_BODY_WEIGHT: Final = 2.0  # a stumble lands with less; a cell that leaps reads more
LOST_ROWS_TO_GIVE_UP: Final = TICK_HZ // 2  # a corner that is silent for half a second will not come back in time


class RunningTrial:
    """A trial from `StartTrial` to its end. The window begins on the first grid tick after the settling time."""

    def __init__(self, request: StartTrial, body_weight_n: float, now_ns: int) -> None:
        self.request = request
        self._body_weight_n = body_weight_n
        self._watch = BalanceWatch(request.stance, body_weight_n)
        self.start_ns = now_ns
        self.window_start_ns = -(-(now_ns + round(request.settle_s * 1e9)) // TICK_NS) * TICK_NS
        self.window_rows = round(request.window_s * TICK_HZ)
        self.window_end_ns = self.window_start_ns + self.window_rows * TICK_NS
        self.rows: list[Row] = []
        self.lost: str | None = None  # balance event in words
        self.held_s = 0.0
        self.broken: str | None = None  # technical end in words
        self.over = False
        self._lost_rows = 0
        self.window_open = request.settle_s == 0

    def push(self, row: Row) -> bool:
        """Take one row; return whether this one opens the window. Rows from before the start are not ours."""
        if self.over or row.t_ns < self.start_ns:
            return False
        if row.fz_n > MOST_OF_BODY_WEIGHT * self._body_weight_n:
            row = row._replace(flags=row.flags | RowFlag.IMPOSSIBLE)
        self.rows.append(row)
        opened = not self.window_open and row.t_ns >= self.window_start_ns
        self.window_open = self.window_open or opened
        if row.flags & _CHANNEL_LOST:
            self._lost_rows += 1
            if self._lost_rows >= LOST_ROWS_TO_GIVE_UP:
                self._end(row.t_ns)
                self.broken = "a load cell stopped delivering"
            return opened
        self._lost_rows = 0
        if event := self._watch.push(row, settling=row.t_ns < self.window_start_ns):
            what, ago_s = event
            self.lost = what
            self._end(row.t_ns - round(ago_s * 1e9))
        elif row.t_ns >= self.window_end_ns - TICK_NS:
            self._end(self.window_end_ns)
        return opened

    def _end(self, t_ns: int) -> None:
        self.over = True
        self.held_s = min(self.request.window_s, max(0.0, (t_ns - self.window_start_ns) / 1e9))

    def ring_left_s(self, now_ns: int) -> float:
        """Return how many seconds the person still has to stand, settling included."""
        return max(0.0, (self.window_end_ns - now_ns) / 1e9)

    def window_flags(self) -> list[int]:
        """Return the row flags of the scored window, as far as it came."""
        return [row.flags for row in self.rows if self.window_start_ns <= row.t_ns < self.window_end_ns]

    def raw(self, deck: DeckConfig, calibration_id: str, boot_id: str) -> RawTrial:
        """Return everything that was collected, settling included, with the window marked."""
        columns = np.array([row[1:5] for row in self.rows], dtype=np.float64).reshape(-1, 4)
        return RawTrial(
            name=f"{self.request.trial}-{self.request.attempt}",
            stance=self.request.stance,
            t_ns=np.array([row.t_ns for row in self.rows], dtype=np.int64),
            front_left_n=columns[:, 0].copy(),
            front_right_n=columns[:, 1].copy(),
            back_left_n=columns[:, 2].copy(),
            back_right_n=columns[:, 3].copy(),
            valid=np.array([row.flags == 0 for row in self.rows], dtype=np.uint8),
            window_start_ns=self.window_start_ns,
            window_end_ns=self.window_end_ns,
            calibration_id=calibration_id,
            boot_id=boot_id,
            cell_spacing_ml_mm=deck.cell_spacing_ml_mm,
            cell_spacing_ap_mm=deck.cell_spacing_ap_mm,
        )
