"""From loads in known places to gains and matrix: what went in comes out, and what cannot be known is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import CannotFitError
from calibration.fit import Loaded, fit_deck, residuals
from calibration.geometry import SIDES, corner_matrix, wrench_matrix

W, L = 400.0, 360.0
GRID = tuple((x, y) for x in (-150.0, 0.0, 150.0) for y in (-140.0, 0.0, 140.0))
Four = tuple[float, float, float, float]


def loads_of(counts_per_n: np.ndarray, talk: np.ndarray, forces: tuple[float, ...] = (200.0,)) -> list[Loaded]:
    """Loads on a bilinear deck: the cells feel each other by `talk`, and count by their own sensitivity."""
    loads = []
    for force in forces:
        for x, y in GRID:
            u, v = 2 * x / W, 2 * y / L
            share = force / 4 * np.array([(1 + sx * u) * (1 + sy * v) for sx, sy in SIDES])
            c = (counts_per_n * (talk @ share)).tolist()
            loads.append(Loaded(force, x, y, (c[0], c[1], c[2], c[3])))
    return loads


@given(st.lists(st.floats(3000, 9000), min_size=4, max_size=4))
def test_a_deck_that_has_only_gains_gives_them_back(sensitivity: list[float]) -> None:
    fit = fit_deck(loads_of(np.array(sensitivity), np.eye(4)), W, L)
    assert fit.gains_n_per_count == pytest.approx([1 / each for each in sensitivity], rel=1e-9)
    assert np.array(fit.matrix) == pytest.approx(wrench_matrix(W, L) * fit.gains_n_per_count, rel=1e-9, abs=1e-12)


@given(st.integers(0, 10_000))
def test_cross_talk_is_in_the_matrix_and_not_in_the_gains(seed: int) -> None:
    random = np.random.default_rng(seed)
    talk = np.eye(4) + 0.003 * random.standard_normal((4, 4))
    sensitivity = 4380 * (1 + 0.03 * random.standard_normal(4))
    loads = loads_of(sensitivity, talk)
    fit = fit_deck(loads, W, L)
    gains_only = wrench_matrix(W, L) * fit.gains_n_per_count
    worst = max(each.distance_mm for each in residuals(loads, fit.matrix))
    assert worst < 0.01
    assert worst < 0.1 * max(each.distance_mm for each in residuals(loads, gains_only))


@given(factor=st.floats(0.2, 5), cell=st.integers(0, 3))
def test_a_cell_of_another_make_changes_its_own_column_and_nothing_else(factor: float, cell: int) -> None:
    sensitivity = np.array([4300.0, 4400.0, 4500.0, 4200.0])
    changed = sensitivity.copy()
    changed[cell] *= factor
    before = np.array(fit_deck(loads_of(sensitivity, np.eye(4)), W, L).matrix)
    after = np.array(fit_deck(loads_of(changed, np.eye(4)), W, L).matrix)
    before[:, cell] /= factor
    assert after == pytest.approx(before, rel=1e-7, abs=1e-12)


def test_a_stiff_plate_is_fitted_though_its_fourth_pattern_is_never_seen() -> None:
    random = np.random.default_rng(3)
    loads = []
    for x, y in GRID:
        share = 50 * np.array([1 + sx * 2 * x / W + sy * 2 * y / L for sx, sy in SIDES])
        c = (4380 * share + 2.4 * random.standard_normal(4)).tolist()
        loads.append(Loaded(200.0, x, y, (c[0], c[1], c[2], c[3])))
    fit = fit_deck(loads, W, L)
    assert fit.twist_seen < 1e-4
    assert fit.condition_number < 5
    # the pattern that was never seen is left as the gains have it: a cell's own share of it is not blown up
    twist = np.array(fit.matrix) @ (np.array([1, -1, -1, 1]) / np.array(fit.gains_n_per_count))
    assert np.abs(twist / (1, W / 2, L / 2)).max() < 0.05


def test_the_corner_forces_say_what_the_matrix_says() -> None:
    random = np.random.default_rng(5)
    gains = (1 / (4380 * (1 + 0.03 * random.standard_normal(4)))).tolist()
    matrix = wrench_matrix(W, L) * gains * (1 + 0.01 * random.standard_normal((3, 4)))
    corners = corner_matrix(matrix, gains, W, L)
    counts = 1e6 * random.random((50, 4))
    assert wrench_matrix(W, L) @ corners @ counts.T == pytest.approx(matrix @ counts.T, rel=1e-9)


def test_too_few_loads_or_all_in_one_line_are_refused_in_words() -> None:
    loads = loads_of(np.full(4, 4380.0), np.eye(4))
    with pytest.raises(CannotFitError, match="8 loads were measured; 9 are needed"):
        fit_deck(loads[:8], W, L)
    with pytest.raises(CannotFitError, match="one line or one place"):
        fit_deck([load for load in loads if load.x_mm == load.y_mm == 0] * 9, W, L)


def test_a_cell_that_does_not_answer_is_named_as_a_cable() -> None:
    dead = [
        Loaded(each.force_n, each.x_mm, each.y_mm, (*each.counts[:3], 0.0))
        for each in loads_of(np.full(4, 4380.0), np.eye(4))
    ]
    with pytest.raises(CannotFitError, match="did not answer to any load"):
        fit_deck(dead, W, L)
