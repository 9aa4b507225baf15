"""What the deck tells the staff flow: how it warms up, a reading as soon as it is steady, that a load was moved.

Rows of raw counts in, events of the flow out. Which of them are watched for hangs on the flow's state alone.
"""

from collections import deque

from calibration.capture import Capture
from calibration.evidence import Four, Reading
from calibration.steady import READING_S, ROWS_PER_S, SteadyReading
from calibration.warm_up import DriftWatch
from station.live.calibrating import Calibrating
from station.live.grid import Grid
from station.messages import StaffLive
from station.staff.events import Event, Moved, Read, Warmed
from station.staff.state import StaffState


class StaffReadings:
    """Push rows; call `follow` when the flow has gone on."""

    def __init__(self, grid: Grid, calibrating: Calibrating) -> None:
        self._grid = grid
        self._calibrating = calibrating
        self._capture = Capture()
        self._drift = DriftWatch()
        self._frames: deque[tuple[int, int]] = deque(maxlen=round(READING_S * ROWS_PER_S))  # at each row

    def begin(self) -> None:
        """Read what stands on the deck as soon as it is steady."""
        self._capture.begin()

    def follow(self, before: StaffState, after: StaffState) -> None:
        """Watch the deck as the flow now wants it."""
        if after.stage == "warm-up" and before.stage != "warm-up":
            self._drift = DriftWatch()
        if after.wants_rows:
            capture = self._capture
            if after.held and not capture.held:
                capture.hold()
            elif not after.held and (capture.held or capture.watch.reading or not before.wants_rows):
                capture.begin()

    def push(self, state: StaffState, counts: Four, good: bool) -> Event | None:
        """Take one row; return what it tells the flow in this state."""
        if state.stage == "warm-up":
            drift = self._drift
            if drift.push(counts, good) or not good:
                return Warmed(
                    self._calibrating.on_s(),
                    drift.drift_counts_per_min,
                    drift.steady,
                    self._grid.deck_temperature_c(),
                )
            return None
        if not state.wants_rows:
            return None
        self._frames.append(self._frames_now())
        got = self._capture.push(counts, good)
        if got == "moved":
            return Moved()
        if got is None:
            return None
        reading = self._reading(state, got)
        if not reading.frames:  # all came at once, after a stall: how many of its frames were flagged is not known
            self._capture.begin()
            return None
        return Read(reading)

    def live(self, state: StaffState) -> StaffLive | None:
        """Return what moves on the screen, where it has a bar."""
        if not state.wants_rows:
            return None
        steadiness = self._capture.watch.steadiness
        return StaffLive(round(steadiness.progress, 3), round(steadiness.unrest, 2))

    def _reading(self, state: StaffState, got: SteadyReading) -> Reading:
        step = state.step
        if step is None:
            raise RuntimeError("a reading came that nobody asked for")
        (frames_before, flagged_before), (frames, flagged) = self._frames[0], self._frames[-1]
        return Reading(
            kind=step.kind,
            mass_kg=step.mass_kg,
            x_mm=step.x_mm,
            y_mm=step.y_mm,
            weights=step.weights,
            counts=got.counts,
            sd_counts=got.sd_counts,
            drift_counts_per_s=got.drift_counts_per_s,
            frames=frames - frames_before,
            flagged=flagged - flagged_before,
            at_s=self._calibrating.seconds(),
        )

    def _frames_now(self) -> tuple[int, int]:
        corners = self._grid.corners
        return sum(each.frames for each in corners), sum(each.flagged for each in corners)
