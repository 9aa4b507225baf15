"""Is somebody on the deck, and do they stand still enough to start? Turns rows of the grid into the visit's events."""

from collections import deque
from typing import Final

from station.live.grid import Row
from station.visit.events import Event, Settled, SteppedOff, SteppedOn, Unsettled

ON_N: Final = 150.0  # nobody who can step up alone weighs less than 15 kg
OFF_N: Final = 50.0
ON_ROWS: Final = 10  # 0.1 s: a bag that is dropped bounces
OFF_ROWS: Final = 30
STILL_ROWS: Final = 100  # one second
LOOK_EVERY_ROWS: Final = 10  # stillness is looked at ten times a second
STILL_FZ_FRACTION: Final = 0.06  # of the mean, peak to peak, to become settled
MOVING_FZ_FRACTION: Final = 0.12  # and to lose it again
STILL_COP_MM: Final = 45.0  # peak to peak per axis; one-foot stance of older people stays below
MOVING_COP_MM: Final = 90.0
EMPTY_ROWS: Final = 100
ZERO_WAIT: Final = 3  # an empty second counts when as many have followed: before a step come a toe, a cane, a hand


class Presence:
    """Watches the load.

    `zero_drift_n` holds each corner's mean force in an empty second that was well before anybody stepped on;
    `body_weight_n` the load of the last second in which the person stood still.
    """

    def __init__(self, local_g_m_s2: float) -> None:
        self.local_g_m_s2 = local_g_m_s2
        self.on_deck = False
        self.settled = False
        self.body_weight_n: float | None = None
        self.zero_drift_n: tuple[float, float, float, float] | None = None
        self._count = 0
        self._rows = 0
        self._recent: deque[tuple[float, float, float]] = deque(maxlen=STILL_ROWS)
        self._empty: deque[tuple[float, float, float, float]] = deque(maxlen=EMPTY_ROWS)
        self._zeros: deque[tuple[float, float, float, float]] = deque(maxlen=ZERO_WAIT)

    def rezeroed(self) -> None:
        """Take it that the empty deck reads nothing: its zero has just been set."""
        self.zero_drift_n = (0.0, 0.0, 0.0, 0.0)
        self._forget_empty()

    @property
    def load_fraction(self) -> float:
        """Return the present load as a part of the settled body weight (0..1.2); 1 while no weight is known."""
        if not self.on_deck or not self._recent:
            return 0.0
        if not self.body_weight_n:
            return 1.0
        return min(1.2, self._recent[-1][0] / self.body_weight_n)

    def push(self, row: Row) -> Event | None:
        """Take one row and return what it changes, if anything. Rows without forces are passed over."""
        fz = row.fz_n
        if fz != fz:
            return None
        if not self.on_deck:
            if fz > ON_N:
                self._count += 1
                if self._count >= ON_ROWS:
                    self._count = 0
                    self.on_deck = True
                    self._recent.clear()
                    self._forget_empty()
                    return SteppedOn()
            else:
                self._count = 0
                self._watch_zero(row)
            return None
        if fz < OFF_N:
            self._count += 1
            if self._count >= OFF_ROWS:
                self._leave()
                return SteppedOff()
            return None
        self._count = 0
        self._recent.append((fz, row.cop_ml_mm, row.cop_ap_mm))
        return self._stillness()

    def _leave(self) -> None:
        self._count = 0
        self.on_deck = self.settled = False
        self.body_weight_n = None
        self._recent.clear()
        self._forget_empty()

    def _forget_empty(self) -> None:
        self._empty.clear()
        self._zeros.clear()

    def _watch_zero(self, row: Row) -> None:
        empty = self._empty
        if abs(row.fz_n) > OFF_N:
            self._forget_empty()
            return
        empty.append((row.front_left_n, row.front_right_n, row.back_left_n, row.back_right_n))
        if len(empty) == EMPTY_ROWS:
            means = [sum(column) / EMPTY_ROWS for column in zip(*empty, strict=True)]
            if len(self._zeros) == ZERO_WAIT:
                self.zero_drift_n = self._zeros[0]
            self._zeros.append((means[0], means[1], means[2], means[3]))
            empty.clear()

    def _stillness(self) -> Event | None:
        recent = self._recent
        self._rows += 1
        if len(recent) < STILL_ROWS or self._rows % LOOK_EVERY_ROWS:
            return None
        loads, mls, aps = zip(*recent, strict=True)
        mean = sum(loads) / STILL_ROWS
        fz_spread = (max(loads) - min(loads)) / mean
        cop_spread = max(max(mls) - min(mls), max(aps) - min(aps))
        if fz_spread < STILL_FZ_FRACTION and cop_spread < STILL_COP_MM:
            # always the newest: what was carried is put down, the rail is let go
            self.body_weight_n = mean
            if not self.settled:
                self.settled = True
                return Settled(body_mass_kg=mean / self.local_g_m_s2)
        if self.settled and (fz_spread > MOVING_FZ_FRACTION or cop_spread > MOVING_COP_MM):
            self.settled = False
            return Unsettled()
        return None
