"""What calibrations of many random decks are worth: error for a person of 70 kg near the middle, and false refusals."""

import statistics
from collections.abc import Sequence

import msgspec
import numpy as np

from calibration.fit import Loaded, residuals
from calibration.geometry import wrench_matrix
from calibration.judge import judge
from tests.calibration.doing import DECK, NOW, Bench, G

PERSON_KG = 70.0
WITHIN_MM = 60.0
PLACES = 12


class DeckError(msgspec.Struct, frozen=True):
    """One deck after its calibration. RMS of the centre of pressure over twelve places, mm; worst force, percent.

    one_gain_mm: the same with one gain for all cells, as a bathroom scale is calibrated.
    """

    place_mm: float
    force_percent: float
    one_gain_mm: float
    refused: tuple[str, ...]


def calibrated(seed: int, place_sd_mm: float) -> DeckError:
    """Calibrate one random deck by the book, and try it with a person."""
    bench = Bench(seed, place_sd_mm)
    session = bench.perform()
    found = judge(session, DECK, None, NOW.date())
    random = np.random.default_rng([seed, 5])
    tried = []
    for x_mm, y_mm in random.uniform(-WITHIN_MM, WITHIN_MM, (PLACES, 2)).tolist():
        counts, _ = bench.counts(PERSON_KG, x_mm, y_mm)
        a, b, c, d = (each - zero for each, zero in zip(counts, found.zero_counts, strict=True))
        tried.append(Loaded(PERSON_KG * G, x_mm, y_mm, (a, b, c, d)))
    placed = [reading for reading in session.readings if reading.kind == "place"]
    zero = session.readings[0].counts
    total = sum(sum(reading.counts) - sum(zero) for reading in placed)
    one_gain = sum(reading.mass_kg * G for reading in placed) / total
    spacing = (DECK.cell_spacing_ml_mm, DECK.cell_spacing_ap_mm)
    off = residuals(tried, found.fit.matrix)
    simple = residuals(tried, wrench_matrix(*spacing) * one_gain)
    return DeckError(
        place_mm=float(np.sqrt(np.mean([each.distance_mm**2 for each in off]))),
        force_percent=max(abs(each.force_n) for each in off) / (PERSON_KG * G) * 100,
        one_gain_mm=float(np.sqrt(np.mean([each.distance_mm**2 for each in simple]))),
        refused=tuple(each.limit_name for each in found.judgements if not each.passed),
    )


def table(errors: Sequence[DeckError]) -> dict[str, float]:
    """Return what is stated of many decks."""
    places = [each.place_mm for each in errors]
    return {
        "decks": len(errors),
        "COP RMS mm, median": round(statistics.median(places), 4),
        "COP RMS mm, 95th percentile": round(float(np.percentile(places, 95)), 4),
        "force %, median of the worst": round(statistics.median(each.force_percent for each in errors), 4),
        "force %, largest": round(max(each.force_percent for each in errors), 4),
        "refused %": round(100 * sum(bool(each.refused) for each in errors) / len(errors), 2),
        "one gain for all: COP RMS mm, median": round(statistics.median(each.one_gain_mm for each in errors), 3),
    }
