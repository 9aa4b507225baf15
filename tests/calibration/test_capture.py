"""Reading after reading without a touch, and whether it is the load that was asked for; no certificate is needed."""

import pytest

from calibration.capture import Capture, mismatch
from calibration.evidence import Four
from calibration.plan import load_plan
from calibration.procedure import Session
from calibration.steady import SteadyReading
from calibration.warm_up import DRIFT_S, DriftWatch
from tests.calibration.doing import Bench

HOLES = load_plan().holes


def at(level: float) -> Four:
    return (level, level, level, level)


def fed(capture: Capture, counts: Four, seconds: float, good: bool = True) -> list[object]:
    return [got for _ in range(round(seconds * 100)) if (got := capture.push(counts, good)) is not None]


def test_a_still_load_is_read_within_six_seconds_and_a_held_one_not_again() -> None:
    capture = Capture()
    got = fed(capture, at(1000.0), 6.0)
    assert isinstance(got[0], SteadyReading)
    capture.hold()
    assert fed(capture, at(1000.0), 60.0) == []


def test_when_the_load_has_been_moved_the_next_is_read() -> None:
    capture = Capture()
    fed(capture, at(1000.0), 6.0)
    capture.hold()
    assert fed(capture, at(90_000.0), 0.5) == ["moved"]
    assert isinstance(fed(capture, at(90_000.0), 6.0)[0], SteadyReading)


def test_a_row_that_is_bad_begins_a_reading_anew() -> None:
    capture = Capture()
    fed(capture, at(1000.0), 4.0)
    fed(capture, at(1000.0), 0.01, good=False)
    assert fed(capture, at(1000.0), 4.5) == []


@pytest.fixture(scope="module", params=[1, 2, 3, 4, 5])
def done(request: pytest.FixtureRequest) -> tuple[Session, Bench]:
    bench = Bench(request.param)
    return bench.perform(sign=False), bench


def test_no_reading_of_a_calibration_by_the_book_is_taken_for_another(done: tuple[Session, Bench]) -> None:
    session, _ = done
    for number, (step, reading) in enumerate(zip(session.steps, session.readings, strict=True)):
        assert mismatch(step, reading.counts, session.readings[:number], HOLES) is None


def test_every_other_hole_is_told_from_the_one_that_was_asked_for(done: tuple[Session, Bench]) -> None:
    session, bench = done
    step = session.steps[1]
    before = session.readings[:3]
    for hole in HOLES:
        if hole == step.hole:
            continue
        x_mm, y_mm = load_plan().place_mm(hole, 400.0, 400.0)
        counts, _ = bench.counts(step.mass_kg, x_mm, y_mm)
        found = mismatch(step, counts, before, HOLES)
        assert found is not None
        assert (found.what, found.hole) == ("other-hole", hole)


def test_another_load_and_none_are_told_from_the_one_that_was_asked_for(done: tuple[Session, Bench]) -> None:
    session, bench = done
    step, before = session.steps[2], session.readings[:2]
    light, _ = bench.counts(10.0, step.x_mm, step.y_mm)
    found = mismatch(step, light, before, HOLES)
    assert found is not None
    assert found.what == "other-load"
    assert found.kg == pytest.approx(10.0, rel=0.05)
    none, _ = bench.counts(0.0, 0.0, 0.0)
    assert getattr(mismatch(step, none, before, HOLES), "what", None) == "not-loaded"
    still_there = mismatch(session.steps[0], light, before, HOLES)
    assert still_there is not None
    assert (still_there.what, round(still_there.kg)) == ("not-empty", 10)


def test_a_deck_that_drifts_is_measured_and_one_that_is_stepped_on_begins_anew() -> None:
    watch = DriftWatch()
    for row in range(DRIFT_S * 100):
        watch.push((row / 100 * 2.0, 0.0, 0.0, -row / 100), True)
    assert watch.drift_counts_per_min == pytest.approx(120.0)
    for _ in range(100):
        watch.push((50_000.0, 0.0, 0.0, 0.0), True)
    assert not watch.steady
    assert watch.drift_counts_per_min is None
