"""The live score: sway over the last ten seconds while somebody stands, O(1) a tick.

For staff and for the record's reader, never for the screen of the person who is measured: seeing it would change it.
"""

from typing import Final

from station.live.loop import TICK_HZ
from station.messages import LiveScore
from station.sway.causal import CausalLowPass
from station.sway.streaming import StreamingSway

WINDOW_S: Final = 10.0


class LiveSway:
    """Takes the centre of pressure tick by tick."""

    def __init__(self) -> None:
        self._filter = CausalLowPass(TICK_HZ)
        self._sway = StreamingSway(TICK_HZ, round(WINDOW_S * TICK_HZ))
        self.dot: tuple[float, float] | None = None

    def restart(self) -> None:
        """Begin anew: somebody else will stand, or the same person in another way."""
        self._filter.reset()
        self._sway.reset()
        self.dot = None

    def push(self, ml_mm: float, ap_mm: float) -> None:
        """Take one tick of somebody who stands; rows without a centre of pressure are not pushed."""
        self.dot = self._filter.step(ml_mm, ap_mm)
        self._sway.push(*self.dot)

    def score(self) -> LiveScore | None:
        """Return the score of the last ten seconds, or None in the first second."""
        if self._sway.count < TICK_HZ:
            return None
        recent = self._sway.sliding()
        return LiveScore(
            window_s=recent.duration_s,
            mean_velocity_mm_s=round(recent.mean_velocity_mm_s, 3),
            mean_velocity_ap_mm_s=round(recent.mean_velocity_ap_mm_s, 3),
            ellipse_area_95_mm2=round(recent.ellipse_area_95_mm2, 3),
            rms_ml_mm=round(recent.rms_ml_mm, 4),
            sway_area_per_second_mm2_s=round(recent.sway_area_per_second_mm2_s or 0.0, 3),
        )
