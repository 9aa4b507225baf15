"""Visits as the rule sees them."""

from collections.abc import Callable

import pytest

from station.protocols.reader import load_protocol
from station.records.record import SwayBand
from station.visit.effects import TrialResult, VisitSummary

REFERENCE = "70+, eyes open, firm, n=42"
ANSWERS = {
    "gate.dizzy": "no",
    "gate.chest-pain": "no",
    "gate.weakness-or-pain": "no",
    "gate.told-not-to-stand": "no",
    "question.unsteady": "no",
    "question.worried": "no",
    "question.fell": "no",
    "age_band": "70-86",
}


def make_summary(
    answers=None, trials=None, protocol="walk-up", not_offered=(), stopped=None, without=()
) -> VisitSummary:
    """Return a visit in which nothing was found, but for what the test says.

    `trials` maps a trial to (end, held_s) or None for not done.
    """
    data = load_protocol(protocol)
    told = {} if protocol == "quiet-stance" else {**ANSWERS, **(answers or {})}
    told = {key: answer for key, answer in told.items() if key not in without}
    results = []
    for step in data.stances:
        end = (trials or {}).get(step.trial, ("completed", step.window_s))
        if step.trial not in not_offered and end is not None:
            reasons = ("a gap in the samples",) if end[0] == "not assessable" else ()
            results.append(TrialResult(step.trial, step.stance, 1, end[0], end[1], reasons))
    return VisitSummary(
        protocol, data.version, told, tuple(results), tuple(not_offered), stopped, None, "70-86", None, None, 70.0
    )


def make_bands(**above) -> tuple[SwayBand, ...]:
    """Return sway bands up to P75, but for the measures that the test puts into another band."""
    values = {"up to P75": 0.5, "P75 to P90": 1.2, "above P90": 2.0}
    metrics = {
        "mean_velocity_mm_s": "mm/s",
        "mean_velocity_ap_mm_s": "mm/s",
        "sway_area_per_second_mm2_s": "mm2/s",
        "rms_ml_mm": "mm",
    }
    bands = []
    for metric, unit in metrics.items():
        band = above.get(metric, "up to P75")
        if band is not None:
            bands.append(SwayBand(metric, values[band], unit, band, 1.0, 1.5, REFERENCE, 42))
    return tuple(bands)


@pytest.fixture
def summary() -> Callable[..., VisitSummary]:
    return make_summary


@pytest.fixture
def bands() -> Callable[..., tuple[SwayBand, ...]]:
    return make_bands
