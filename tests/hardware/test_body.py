"""The postural model: upright by its feedback alone, more sway where standing is harder, the same for the same seed."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import SettingError
from hardware.virtual.balance import CONDITIONS, POSTURES, Condition, Control, Physique, Posture, steadiness
from hardware.virtual.body import FORCE_RMS_SHARE, PERIOD_S, Body, Standing, _integrate, cached_body

TIMES = np.arange(0, 80, 0.01)
FALL_HZ2 = Physique().pendulum_hz2


def integrate(control: Control, seed: int = 1) -> np.ndarray | None:
    return _integrate(control, 0.5, 120.0, FALL_HZ2, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("control", "stands"),
    [
        (Control(), True),
        (Control(feedback=0.0, feedback_rate_s=0.0), False),
        (Control(delay_s=0.6), False),
        (Control(stiffness=1.2, feedback=0.0, feedback_rate_s=0.0, damping_s=0.1), True),
    ],
    ids=["as tabled", "without feedback, passive stiffness is not enough", "feedback that comes too late", "stiff"],
)
def test_what_holds_the_pendulum_up_is_what_the_papers_say(control: Control, stands: bool) -> None:
    assert (integrate(control) is not None) is stands


def test_without_noise_nothing_moves_and_sway_grows_with_it() -> None:
    still = _integrate(Control(), 0.0, 120.0, FALL_HZ2, np.random.default_rng(1))
    assert still is not None
    assert not still.any()
    one, two = (_integrate(Control(), noise, 500.0, FALL_HZ2, np.random.default_rng(1)) for noise in (0.5, 1.0))
    assert one is not None
    assert two is not None
    assert two == pytest.approx(2 * one, rel=1e-9), "all thresholds go with the noise"


def test_the_cop_leads_the_body_so_that_it_turns_back() -> None:
    """COP minus the centre of mass is its acceleration: integrated twice it must give back a body that stays put."""
    cop = integrate(Control())
    assert cop is not None
    f = np.fft.rfftfreq(len(cop), 0.01)
    centre_of_mass = np.fft.irfft(np.fft.rfft(cop - cop.mean()) / (1 + (2 * np.pi * f) ** 2 / FALL_HZ2), len(cop))
    assert centre_of_mass.std() < cop.std(), "COP ranges beyond the centre of mass on both sides"
    assert np.corrcoef(centre_of_mass, cop)[0, 1] > 0.8


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("posture", POSTURES)
def test_sway_is_of_the_size_and_speed_of_a_standing_person_and_on_the_feet(
    posture: Posture, condition: Condition
) -> None:
    standing = Standing(condition, posture)
    body = cached_body(standing, 3)
    force, ml, ap = body.over(TIMES)
    assert 1 < ml.std() < 12
    assert 1.5 < ap.std() < 15
    speed = np.hypot(np.diff(ml), np.diff(ap)).sum() / TIMES[-1]
    assert 4 < speed < 70, "mm/s; a thing on the deck would be under 2"
    edge_ml, edge_ap = standing.physique.base_mm(posture)
    assert np.abs(ml).max() <= body.extent_mm[0] + 0.1 < edge_ml
    assert np.abs(ap).max() <= body.extent_mm[1] + 0.1 < edge_ap
    assert np.abs(force - 1).max() < 0.006, "a person who stands still keeps within 2 % of their weight"
    assert force.mean() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_sway_and_its_speed_grow_in_the_order_of_the_four_stage_balance_test(condition: Condition) -> None:
    def medians(posture: Posture) -> tuple[float, float]:
        sways = [cached_body(Standing(condition, posture), seed).over(TIMES)[1] for seed in range(1, 8)]
        return float(np.median([s.std() for s in sways])), float(np.median([np.abs(np.diff(s)).mean() for s in sways]))

    amplitudes, speeds = zip(*(medians(posture) for posture in POSTURES), strict=True)
    assert list(amplitudes) == sorted(amplitudes)
    assert list(speeds) == sorted(speeds)


def test_the_heart_beats_in_the_force_as_in_the_recorded_people() -> None:
    share = cached_body(Standing("older"), 4).over(TIMES)[0] - 1
    assert share.std() == pytest.approx(FORCE_RMS_SHARE, rel=0.05)
    power = np.abs(np.fft.rfft(share)) ** 2
    f = np.fft.rfftfreq(len(share), 0.01)
    assert power[(f >= 3) & (f <= 10)].sum() > 0.7 * power.sum()


def test_the_same_seed_sways_the_same_to_the_bit_and_another_does_not() -> None:
    one, same, other = (Body(Standing("older", "tandem"), seed).over(TIMES)[1] for seed in (5, 5, 6))
    assert (one == same).all()
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.5


def test_different_people_and_stances_of_one_seed_are_different_realisations() -> None:
    sways = [
        cached_body(standing, 5).over(TIMES)[1]
        for standing in (Standing("young"), Standing("older"), Standing("older", "side-by-side"))
    ]
    assert np.abs(np.corrcoef(sways) - np.eye(3)).max() < 0.5


def test_a_taller_body_sways_more_slowly_on_longer_feet() -> None:
    short, tall = Physique(150), Physique(190)
    assert tall.pendulum_hz2 < short.pendulum_hz2
    assert all(t > s for t, s in zip(tall.base_mm("one-foot"), short.base_mm("one-foot"), strict=True))


def test_what_a_condition_cannot_hold_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    hopeless = msgspec.structs.replace(steadiness("older", "one-foot"), noise_ml_mm=50.0)
    monkeypatch.setattr("hardware.virtual.body.steadiness", lambda *_: hopeless)
    with pytest.raises(SettingError, match=r"one-foot with eyes open on firm.*balance was lost in 10 of 10"):
        Body(Standing("older", "one-foot"), 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ancient", "tandem", "open", "firm"), "'ancient'; conditions are young, older"),
        (("young", "tandem", "half", "firm"), "eyes 'half' on 'firm'"),
        (("young", "tandem", "open", "ice"), "on 'ice'"),
    ],
)
def test_words_that_are_not_in_the_tables_are_refused(arguments: tuple, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        steadiness(*arguments)


@pytest.mark.parametrize("posture", POSTURES)
def test_there_is_no_seam_where_the_signal_repeats(posture: Posture) -> None:
    body = cached_body(Standing("older", posture), 2)
    t = np.linspace(PERIOD_S - 0.05, PERIOD_S + 0.05, 2001)
    _, ml, ap = body.over(t)
    _, usual_ml, usual_ap = body.over(np.arange(0, 80, 0.00005))
    assert np.abs(np.diff(ml)).max() <= np.abs(np.diff(usual_ml)).max() * 1.01
    assert np.abs(np.diff(ap)).max() <= np.abs(np.diff(usual_ap)).max() * 1.01
    assert body.at(1.25 + PERIOD_S) == pytest.approx(body.at(1.25), abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=30), st.sampled_from(POSTURES))
def test_one_moment_and_many_give_the_same_bits(times: list[float], posture: Posture) -> None:
    body = cached_body(Standing("older", posture), 9)
    many = body.over(np.array(times))
    assert [body.at(t) for t in times] == list(zip(*(column.tolist() for column in many), strict=True))
