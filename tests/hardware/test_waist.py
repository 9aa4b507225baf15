"""The waist's IMU leans with the person, and feels nothing else than gravity, the lean's change and its own noise."""

import numpy as np
import numpy.typing as npt
import pytest

from hardware.virtual.load import EmptyDeck, FloatArray, Load
from hardware.virtual.waist import HEIGHT_MM, MEAN_OVER_NS, WaistMotion

S = 1_000_000_000


class Moving(Load):
    """A centre of pressure that stands still, then walks forward at 100 mm/s, 50 mm to the right."""

    def at(self, t_ns: int) -> tuple[float, float, float]:
        return 700.0, 50.0, max(0.0, (t_ns - 10 * S) / S * 100)

    def over(self, t_ns: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray, FloatArray]:
        rows = np.array([self.at(int(t)) for t in t_ns])
        return rows[:, 0], rows[:, 1], rows[:, 2]


def test_one_by_one_and_in_arrays_are_the_same_numbers() -> None:
    waist = WaistMotion(Moving(), 4)
    t_ns = np.arange(9 * S, 12 * S, 4_800_000)
    assert waist.motions(t_ns).tolist() == [list(waist.motion(int(t))) for t in t_ns]


def test_somebody_upright_feels_one_g_along_the_trunk_and_no_rotation() -> None:
    values = WaistMotion(EmptyDeck(), 1).motions(np.arange(S, 6 * S, 5_000_000)).mean(axis=0)
    assert values == pytest.approx([0, 0, 1, 0, 0, 0], abs=0.005)


def test_a_lean_shows_as_gravity_and_its_change_as_rotation() -> None:
    still = WaistMotion(Moving(), 1).motions(np.arange(5 * S, 9 * S, 5_000_000)).mean(axis=0)
    assert still[0] == pytest.approx(np.sin(50 / HEIGHT_MM), abs=0.0005)
    assert still[3:] == pytest.approx([0, 0, 0], abs=0.01)
    walking = WaistMotion(Moving(), 1).motions(np.arange(11 * S, 12 * S, 5_000_000))
    assert walking[:, 3].mean() == pytest.approx(-np.degrees(100 / HEIGHT_MM), abs=0.02)
    lag_s = MEAN_OVER_NS * (3 / 8) / S  # the middle of the four places that are averaged
    assert walking[:, 1].mean() == pytest.approx(np.sin((150 - 100 * lag_s) / HEIGHT_MM), abs=0.001)


def test_the_same_seed_gives_the_same_noise_and_another_seed_another() -> None:
    t_ns = np.arange(S, 2 * S, 5_000_000)
    assert np.array_equal(WaistMotion(EmptyDeck(), 1).motions(t_ns), WaistMotion(EmptyDeck(), 1).motions(t_ns))
    assert not np.array_equal(WaistMotion(EmptyDeck(), 1).motions(t_ns), WaistMotion(EmptyDeck(), 2).motions(t_ns))
