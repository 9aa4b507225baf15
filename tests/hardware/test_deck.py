"""The virtual deck: force and centre of pressure are kept, and every count depends on seed, channel and index alone."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import SettingError
from hardware.sensor import CORNERS, Channel
from hardware.virtual.deck import CODE_MAX, CODE_MIN, COUNTS_PER_N, TYPICAL_FLAWS, Flaws, VirtualDeck
from hardware.virtual.load import EmptyDeck, Load
from hardware.virtual.person import VirtualPerson

S = 1_000_000_000


class Weight(Load):
    """Something that just stands there."""

    def __init__(self, fz_n: float, x_mm: float, y_mm: float) -> None:
        self.values = (fz_n, x_mm, y_mm)

    def at(self, t_ns: int) -> tuple[float, float, float]:
        return self.values

    def over(
        self, t_ns: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        fz, x, y = self.values
        return np.full(t_ns.shape, fz), np.full(t_ns.shape, x), np.full(t_ns.shape, y)


def forces(deck: VirtualDeck) -> list[float]:
    """Corner forces by the deck's own true gains and zeros, N."""
    return [
        (deck.conversion(channel, 5, S) - zero) / gain
        for channel, gain, zero in zip(CORNERS, deck.gains_counts_per_n, deck.zeros_counts, strict=True)
    ]


@settings(deadline=None)
@given(
    fz_n=st.floats(100, 1500),
    x=st.floats(-1, 1),
    y=st.floats(-1, 1),
    width_mm=st.floats(200, 600),
    length_mm=st.floats(200, 600),
    seed=st.integers(0, 50),
)
def test_corner_forces_add_up_to_the_load_and_lead_back_to_its_centre(
    fz_n: float, x: float, y: float, width_mm: float, length_mm: float, seed: int
) -> None:
    x_mm, y_mm = x * width_mm / 2, y * length_mm / 2
    deck = VirtualDeck(
        Weight(fz_n, x_mm, y_mm),
        seed,
        cell_spacing_ml_mm=width_mm,
        cell_spacing_ap_mm=length_mm,
        noise_counts=0,
    )
    front_left, front_right, back_left, back_right = forces(deck)
    total = front_left + front_right + back_left + back_right
    assert total == pytest.approx(fz_n, abs=4 * 0.5 / (0.9 * COUNTS_PER_N))
    step_mm = 600 / 100 * 1e-3  # half a count a corner at 100 N
    assert width_mm / 2 * (front_right + back_right - front_left - back_left) / total == pytest.approx(
        x_mm, abs=step_mm
    )
    assert length_mm / 2 * (front_left + front_right - back_left - back_right) / total == pytest.approx(
        y_mm, abs=step_mm
    )


def test_a_load_over_one_cell_is_carried_by_that_cell() -> None:
    deck = VirtualDeck(Weight(500, 200, -200), noise_counts=0)
    assert forces(deck) == pytest.approx([0, 0, 0, 500], abs=0.01)


def test_many_conversions_at_once_are_the_same_integers_as_one_by_one() -> None:
    person = VirtualPerson(80, loses_after_s={"one-foot": 1.0})
    person.step_on(1 * S)
    person.stand("one-foot", 4 * S, lead_s=1)
    deck = VirtualDeck(person, 7)
    k = np.arange(0, 9000)
    t_ns = 1 * S + k * 1_000_003
    for channel in CORNERS:
        many = deck.conversions(channel, k, t_ns)
        assert many.tolist() == [deck.conversion(channel, int(i), int(t)) for i, t in zip(k, t_ns, strict=True)]
    motions = deck.motions(t_ns)
    assert motions.tolist() == [list(deck.motion(int(t))) for t in t_ns]


def test_a_conversion_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    deck, other = VirtualDeck(EmptyDeck(), 5), VirtualDeck(EmptyDeck(), 5)
    forward = [deck.conversion(2, k, k) for k in range(0, 5000, 13)]
    assert forward == [other.conversion(2, k, k) for k in reversed(range(0, 5000, 13))][::-1]


def test_noise_is_that_of_the_converter_and_differs_between_cells_and_seeds() -> None:
    deck = VirtualDeck(EmptyDeck(), 1)
    k = np.arange(20_000)
    noise = np.array([deck.conversions(channel, k, k) for channel in CORNERS])
    assert ((noise.std(axis=1) > 45) & (noise.std(axis=1) < 60)).all()
    correlation = np.corrcoef(noise)
    assert np.abs(correlation[np.triu_indices(4, 1)]).max() < 0.05
    other = VirtualDeck(EmptyDeck(), 2).conversions(0, k, k)
    assert abs(np.corrcoef(noise[0], other)[0, 1]) < 0.05
    assert abs(np.corrcoef(noise[0][1:], noise[0][:-1])[0, 1]) < 0.05


def test_cells_differ_by_a_few_percent_and_carry_the_decks_own_weight() -> None:
    gains = np.array([VirtualDeck(EmptyDeck(), seed).gains_counts_per_n for seed in range(100)])
    assert 0.02 < gains.std() / COUNTS_PER_N < 0.035
    assert (np.abs(gains / COUNTS_PER_N - 1) <= 0.075 + 1e-12).all()
    light = VirtualDeck(EmptyDeck(), 3, deck_mass_kg=0)
    heavy = VirtualDeck(EmptyDeck(), 3, deck_mass_kg=10)
    weight_n = sum(
        (b - a) / gain
        for a, b, gain in zip(light.zeros_counts, heavy.zeros_counts, light.gains_counts_per_n, strict=True)
    )
    assert weight_n == pytest.approx(98.0665)


def test_too_much_load_saturates_like_the_chip() -> None:
    assert VirtualDeck(Weight(20_000, 0, 0)).conversion(0, 0, 0) == CODE_MAX
    assert VirtualDeck(Weight(-20_000, 0, 0)).conversions(1, np.array([0]), np.array([0])).tolist() == [CODE_MIN]


@pytest.mark.parametrize(("tilt_deg", "ap_g", "up_g"), [(0.0, 0.0, 1.0), (2.0, 0.0349, 0.9994)])
def test_a_resting_deck_feels_gravity_where_up_is(tilt_deg: float, ap_g: float, up_g: float) -> None:
    deck = VirtualDeck(EmptyDeck(), 1, tilt_deg=tilt_deg)
    motion = deck.motions(np.arange(2000) * 5_000_000)
    assert motion.mean(axis=0) == pytest.approx([0, ap_g, up_g, 0, 0, 0], abs=0.004)
    assert 0.0005 < motion[:, 2].std() < 0.0009
    assert 0.03 < motion[:, 4].std() < 0.05


def test_stepping_on_bumps_the_deck_and_standing_does_not() -> None:
    person = VirtualPerson(70)
    person.step_on(2 * S)
    motion = VirtualDeck(person, 1).motions(np.arange(0, 8 * S, 4_800_000))
    up = np.abs(motion[:, 2] - 1)
    stepping = (np.arange(len(up)) * 4_800_000 > 2 * S) & (np.arange(len(up)) * 4_800_000 < 3 * S)
    assert up[stepping].max() > 0.02
    assert up[~stepping].max() < 0.01


def test_a_deck_without_extent_is_refused() -> None:
    with pytest.raises(SettingError, match="make no deck"):
        VirtualDeck(EmptyDeck(), cell_spacing_ml_mm=0)


def test_a_corners_place_is_where_a_person_facing_the_screen_sees_it() -> None:
    for channel, (x, y) in {
        Channel.FRONT_LEFT: (-150, 150),
        Channel.FRONT_RIGHT: (150, 150),
        Channel.BACK_LEFT: (-150, -150),
        Channel.BACK_RIGHT: (150, -150),
    }.items():
        carried = forces(VirtualDeck(Weight(700, x, y), noise_counts=0))
        assert carried.index(max(carried)) == channel


def test_flaws_of_size_nothing_but_twist_leave_the_bilinear_share() -> None:
    good = VirtualDeck(Weight(700, 37, -81), 5, noise_counts=0)
    same = VirtualDeck(Weight(700, 37, -81), 5, noise_counts=0, flaws=Flaws(non_linearity=1e-15))
    assert forces(same) == pytest.approx(forces(good), abs=0.001)


def test_a_flawed_deck_gives_the_same_counts_one_by_one_and_in_arrays_and_moves_with_its_seed() -> None:
    person = VirtualPerson(70)
    person.step_on(0)
    deck = VirtualDeck(person, 8, flaws=TYPICAL_FLAWS)
    k = np.arange(400)
    t_ns = k * 10_700_000
    for channel in CORNERS:
        assert deck.conversions(channel, k, t_ns).tolist() == [
            deck.conversion(channel, int(i), int(t)) for i, t in zip(k, t_ns, strict=True)
        ]
    assert forces(VirtualDeck(Weight(500, 0, 0), 8, flaws=TYPICAL_FLAWS)) != forces(
        VirtualDeck(Weight(500, 0, 0), 9, flaws=TYPICAL_FLAWS)
    )


@pytest.mark.parametrize("seed", range(1, 6))
def test_cells_out_of_place_carry_the_whole_load_and_its_moments(seed: int) -> None:
    """Only cross-talk and non-linearity make force; a cell in the wrong place does not."""
    deck = VirtualDeck(Weight(700, 60, -90), seed, noise_counts=0, flaws=Flaws(cell_position_mm=1.5, twist=0.2))
    assert sum(forces(deck)) == pytest.approx(700, abs=0.01)


def test_a_rigid_plate_shares_a_corner_load_as_three_one_one_minus_one() -> None:
    rigid = forces(VirtualDeck(Weight(400, 200, 200), 1, noise_counts=0, flaws=Flaws(twist=0.0)))
    assert rigid == pytest.approx([100, 300, -100, 100], abs=0.01)
