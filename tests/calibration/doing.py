"""A calibration done by the book on a virtual deck, without window or wall time: what its readings would be."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec
import numpy as np
import numpy.typing as npt

from calibration.evidence import Four, Reading, Weight
from calibration.judge import Deck
from calibration.plan import Plan, Step, load_plan
from calibration.procedure import Begun, Levelled, Session, Signed, Taken, WarmedUp, apply, begin
from hardware.sensor import CORNERS
from hardware.virtual.deck import TYPICAL_FLAWS, Flaws, VirtualDeck
from hardware.virtual.load import Load

G = 9.80665
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
FRAMES = 467  # five seconds of one corner
WEIGHTS = (
    Weight("20-1", 20.0, 20.0004, 1.0, "K-1", date(2027, 6, 30)),
    Weight("20-2", 20.0, 19.9996, 1.0, "K-2", date(2027, 6, 30)),
    Weight("10-1", 10.0, 10.0001, 0.5, "K-3", date(2027, 6, 30)),
)
DECK = Deck(
    station="st-0001",
    cell_spacing_ml_mm=400.0,
    cell_spacing_ap_mm=400.0,
    gravity_m_s2=G,
    channels=(0, 1, 2, 3),
    serials=("c-1", "c-2", "c-3", "c-4"),
    rates_hz=(92.1, 94.0, 95.5, 90.8),
    template="standard-1 400x400",
    software_version="test",
)


class Still(Load):
    """A load that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = (0.0, 0.0, 0.0)

    def at(self, t_ns: int) -> tuple[float, float, float]:
        return self.now

    def over(self, t_ns: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], ...]:  # type: ignore[override]
        return tuple(np.full(t_ns.shape, value) for value in self.now)


class Bench:
    """A virtual deck and somebody who puts weights on it, each `place_sd_mm` off the hole that was meant.

    `spoil` may change what a step reads, to make a deck that deserves to be refused.
    """

    def __init__(self, seed: int, place_sd_mm: float = 0.3, flaws: Flaws = TYPICAL_FLAWS) -> None:
        self.load = Still()
        self.deck = VirtualDeck(self.load, seed, flaws=flaws)
        self._random = np.random.default_rng([seed, 77])
        self._place_sd_mm = place_sd_mm
        # the holes are where the template has them: wrong in the same way each time
        self._holes: dict[tuple[float, float], npt.NDArray[np.float64]] = {}
        self._k = 0
        self.spoil: Callable[[Step, Four], Four] = lambda step, counts: counts

    def counts(self, mass_kg: float, x_mm: float, y_mm: float) -> tuple[Four, Four]:
        """Return means and standard deviations over five seconds of one load exactly there."""
        self.load.now = (mass_kg * G, x_mm, y_mm)
        k = np.arange(self._k, self._k + FRAMES)
        self._k += FRAMES
        codes = [self.deck.conversions(int(channel), k, k) for channel in CORNERS]
        a, b, c, d = (float(each.mean()) for each in codes)
        e, f, g, h = (float(each.std()) for each in codes)
        return (a, b, c, d), (e, f, g, h)

    def read(self, step: Step) -> Reading:
        """Do a step and return its reading."""
        off = self._holes.setdefault((step.x_mm, step.y_mm), self._random.normal(0, self._place_sd_mm, 2))
        counts, sd = self.counts(step.mass_kg, step.x_mm + off[0], step.y_mm + off[1])
        return Reading(
            kind=step.kind,
            mass_kg=step.mass_kg,
            x_mm=step.x_mm,
            y_mm=step.y_mm,
            weights=step.weights,
            counts=self.spoil(step, counts),
            sd_counts=sd,
            drift_counts_per_s=(0.0, 0.0, 0.0, 0.0),
            frames=4 * FRAMES,
            flagged=0,
            at_s=self._k / 93.0,
        )

    def perform(self, weights: tuple[Weight, ...] = WEIGHTS, plan: Plan | None = None, *, sign: bool = True) -> Session:
        """Go through the whole procedure."""
        plan = plan or load_plan()
        session = begin(Begun("AB", weights, plan.version, NOW), plan, 400.0, 400.0)
        session = apply(session, WarmedUp(900.0, 2.0))
        session = apply(session, Levelled(0.2))
        while (step := session.step) is not None:
            session = apply(session, Taken(self.read(step)))
        return apply(session, Signed("CD", NOW)) if sign else session


def spoiled(**changes: object) -> Deck:
    """The deck with something about it changed."""
    return msgspec.structs.replace(DECK, **changes)
