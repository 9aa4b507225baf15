"""The simple body: sways plausibly, more in narrower stances, the same for the same seed, without seams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.virtual.body import PERIOD_S, SWAY, Body, Posture

POSTURES: list[Posture] = ["feet-apart", "side-by-side", "semi-tandem", "tandem", "one-foot"]
TIMES = np.arange(0, 80, 0.01)


@pytest.mark.parametrize("posture", POSTURES)
def test_sway_is_of_the_size_and_speed_of_a_standing_person(posture: Posture) -> None:
    force, ml, ap = Body(posture, 3).over(TIMES)
    assert 1.5 < ml.std() < 8
    assert 3 < ap.std() < 8
    speed = np.hypot(np.diff(ml), np.diff(ap)).sum() / TIMES[-1]
    assert 4 < speed < 60, "mm/s; a thing on the deck would be under 2"
    assert np.abs(ml).max() < 40
    assert np.abs(force - 1).max() < 0.006, "a person who stands still keeps within 2 % of their weight"


def test_ml_sway_and_its_speed_grow_as_the_base_narrows() -> None:
    ml = [Body(posture, 1).over(TIMES)[1] for posture in POSTURES]
    amplitudes = [signal.std() for signal in ml]
    speeds = [np.abs(np.diff(signal)).mean() for signal in ml]
    assert amplitudes == sorted(amplitudes)
    assert speeds == sorted(speeds)


def test_the_same_seed_sways_the_same_and_another_does_not() -> None:
    one, same, other = (Body("tandem", seed).over(TIMES)[1] for seed in (5, 5, 6))
    assert (one == same).all()
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.5


def test_unsteadiness_scales_the_sway_and_not_the_weight() -> None:
    force, ml, ap = Body("semi-tandem", 1).over(TIMES)
    force_2, ml_2, ap_2 = Body("semi-tandem", 1, unsteadiness=2).over(TIMES)
    assert ml_2 == pytest.approx(2 * ml)
    assert ap_2 == pytest.approx(2 * ap)
    assert (force == force_2).all()


@pytest.mark.parametrize("posture", POSTURES)
def test_there_is_no_seam_where_the_signal_repeats(posture: Posture) -> None:
    body = Body(posture, 2)
    t = np.linspace(PERIOD_S - 0.05, PERIOD_S + 0.05, 2001)
    _, ml, _ = body.over(t)
    assert np.abs(np.diff(ml)).max() < 3 * np.abs(np.diff(body.over(t - 20)[1])).max() + 0.01
    assert body.at(1.25 + PERIOD_S) == pytest.approx(body.at(1.25), abs=1e-6)


@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=30), st.sampled_from(sorted(SWAY)))
def test_one_moment_and_many_give_the_same_bits(times: list[float], posture: Posture) -> None:
    body = BODIES[posture]
    many = body.over(np.array(times))
    assert [body.at(t) for t in times] == list(zip(*(column.tolist() for column in many), strict=True))


BODIES = {posture: Body(posture, 9) for posture in POSTURES}
