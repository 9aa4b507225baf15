"""The postural model, measured by the station's own pipeline: each condition sways as real people of that kind do."""

from statistics import median

import numpy as np
import pytest

import hardware.virtual.recordings as recorded
from hardware.virtual.balance import POSTURES, Condition, Eyes, Surface
from hardware.virtual.body import Standing, cached_body
from hardware.virtual.people import MODEL_PEOPLE
from station.sway.analysis import analyse
from station.sway.norms import NormBand, load_norms
from tests.station.sway.model_people import WINDOW, measures, medians

VELOCITY, AP_VELOCITY = "mean_velocity_mm_s", "mean_velocity_ap_mm_s"
AREA, ML_RMS = "sway_area_per_second_mm2_s", "rms_ml_mm"

# Mean velocity, mm/s: 5th and 90th percentile over trials of the same 30 s window of the same recordings as the norms
# (Santos & Duarte 2016; 18-44 years n = 55, 60-85 years n = 54), by eyes and surface.
REFERENCE: dict[tuple[Condition, Eyes, Surface], tuple[float, float]] = {
    ("young", "open", "firm"): (5.2, 13.6),
    ("young", "closed", "firm"): (5.2, 15.5),
    ("young", "open", "foam"): (15.5, 32.2),
    ("young", "closed", "foam"): (18.9, 44.0),
    ("older", "open", "firm"): (6.2, 15.6),
    ("older", "closed", "firm"): (6.5, 16.2),
    ("older", "open", "foam"): (25.0, 47.5),
    ("older", "closed", "foam"): (28.4, 55.7),
}


def bands(condition: Condition) -> list[NormBand]:
    names = {"young": ["18-44"]}.get(condition, ["60-69", "70+"])
    return [load_norms().bands[name] for name in names]


@pytest.mark.parametrize("condition", ["young", "older"])
def test_young_and_older_sway_like_most_people_of_their_age(condition: Condition) -> None:
    found = medians(condition)
    for band in bands(condition):
        for key in (VELOCITY, AP_VELOCITY, AREA, ML_RMS, "ellipse_area_95_mm2"):
            reference = band.measures[key]
            assert reference.p50 / 2 < found[key] < reference.p90, key
        assert found[VELOCITY] == pytest.approx(band.measures[VELOCITY].p50, rel=0.2)


@pytest.mark.parametrize(("condition", "eyes", "surface"), REFERENCE)
def test_with_eyes_closed_and_on_foam_too(condition: Condition, eyes: Eyes, surface: Surface) -> None:
    lowest, highest = REFERENCE[condition, eyes, surface]
    assert lowest < medians(condition, "feet-apart", eyes, surface, range(1, 8))[VELOCITY] < highest


@pytest.mark.parametrize("condition", ["young", "older", "older-at-risk"])
def test_foam_is_harder_than_firm_ground_and_harder_still_without_eyes(condition: Condition) -> None:
    def velocity(eyes: Eyes, surface: Surface) -> float:
        return medians(condition, "feet-apart", eyes, surface, range(1, 8))[VELOCITY]

    assert velocity("closed", "firm") < velocity("open", "foam") < velocity("closed", "foam")
    assert 0.95 < velocity("closed", "firm") / velocity("open", "firm") < 1.3, "a Romberg ratio of the recorded size"


@pytest.mark.parametrize("seed", range(1, 13))
def test_at_risk_is_above_the_90th_percentile_in_every_realisation_and_the_others_never_are(seed: int) -> None:
    """The rule says review from two of three groups on: velocity (AP or planar), area per second, ML RMS."""

    def groups_above(condition: Condition, band: NormBand) -> int:
        found = measures(Standing(condition), seed)
        above = {key: found[key] > band.measures[key].p90 for key in (VELOCITY, AP_VELOCITY, AREA, ML_RMS)}
        return (above[VELOCITY] or above[AP_VELOCITY]) + above[AREA] + above[ML_RMS]

    assert all(groups_above("older-at-risk", band) >= 2 for band in bands("older-at-risk"))
    assert all(groups_above("older", band) < 2 for band in bands("older"))
    assert all(groups_above("young", band) < 2 for band in bands("young"))


def test_narrow_stances_are_of_the_size_that_is_reported() -> None:
    """Day 1993: sway grows as the feet come together; Oliveira 2018: one-foot 95 % area around 10 cm^2 in the old."""
    found = [medians("older", posture, seeds=range(1, 8)) for posture in POSTURES]
    velocities = [each["mean_velocity_ml_mm_s"] for each in found]
    assert velocities == sorted(velocities)
    assert 500 < found[-1]["ellipse_area_95_mm2"] < 1500
    for each, narrow in zip(found[1:], POSTURES[1:], strict=True):
        assert each["mean_velocity_mm_s"] < medians("older-at-risk", narrow, seeds=range(1, 8))["mean_velocity_mm_s"]


def spectrum(ml_mm: np.ndarray, ap_mm: np.ndarray) -> list[float]:
    """Return the frequencies under which half and 95 % of the power of 0.15 to 5 Hz lie, AP then ML."""
    found = []
    f = np.fft.rfftfreq(1000, 0.01)
    band = (f >= 0.15) & (f <= 5)
    for signal in (ap_mm, ml_mm):
        pieces = np.array([signal[start : start + 1000] for start in range(0, 2001, 500)])
        pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * np.hanning(1000)
        power = np.cumsum((np.abs(np.fft.rfft(pieces)) ** 2).mean(axis=0)[band])
        found += [float(f[band][np.searchsorted(power, share * power[-1])]) for share in (0.5, 0.95)]
    return found


def test_the_spectrum_is_that_of_the_recorded_people() -> None:
    recordings = [person.recording() for person in recorded.people()]
    real = np.median([spectrum(r.cop_ml_mm[1000:4000], r.cop_ap_mm[1000:4000]) for r in recordings], axis=0)
    bodies = [cached_body(Standing(condition), seed) for condition in ("young", "older") for seed in range(1, 7)]
    model = np.median([spectrum(*body.over(WINDOW)[1:]) for body in bodies], axis=0)
    assert model[[0, 2]] == pytest.approx(real[[0, 2]], abs=0.15)
    assert model[[1, 3]] == pytest.approx(real[[1, 3]], rel=0.35)


@pytest.mark.parametrize("model", MODEL_PEOPLE, ids=lambda person: person.name)
def test_a_model_person_on_the_deck_sways_as_their_condition_does(model) -> None:
    velocities = []
    for seed in range(1, 6):
        person = model.virtual(seed)
        person.step_on(0)
        person.stand("quiet", 3_000_000_000)
        fz, ml_mm, ap_mm = person.over(np.arange(11_000_000_000, 41_000_000_000, 10_000_000))
        analysis = analyse(np.arange(3000) / 100, ml_mm, ap_mm, 100.0, fz_n=fz)
        assert analysis.quality.assessable
        assert analysis.quality.flags == ()
        velocities.append(analysis.metrics[VELOCITY])
    assert median(velocities) == pytest.approx(medians(model.condition)[VELOCITY], rel=0.15)
