"""Weights on the virtual deck: put down and lifted as hands do it, one at a time, and never with a person on."""

import numpy as np
import pytest

from hardware.errors import SettingError
from hardware.virtual.person import VirtualPerson
from hardware.virtual.weights import HAND_NS

S = 1_000_000_000
G = 9.80665


def test_a_weight_stands_where_it_was_put_half_a_second_later() -> None:
    person = VirtualPerson(70)
    done = person.put_weight(20.0, S, 150.0, -60.0)
    assert person.at(S) == (0.0, 0.0, 0.0)
    assert done.until_ns == S + HAND_NS
    assert person.at(S + HAND_NS) == pytest.approx((20 * G, 150.0, -60.0))
    assert 0 < person.at(S + HAND_NS // 2)[0] < 20 * G


def test_the_next_weight_comes_when_the_one_before_is_off_and_no_two_are_ever_there() -> None:
    person = VirtualPerson(70)
    person.put_weight(20.0, S, 150.0, 0.0)
    person.put_weight(10.0, 3 * S, -150.0, 0.0)
    assert person.at(3 * S + HAND_NS)[0] == 0.0
    assert person.at(5 * S) == pytest.approx((10 * G, -150.0, 0.0))
    t_ns = np.arange(S, 5 * S, 7_000_000, dtype=np.int64)
    assert [person.at(int(each)) for each in t_ns] == list(zip(*(c.tolist() for c in person.over(t_ns)), strict=True))


def test_person_and_weights_keep_apart() -> None:
    person = VirtualPerson(70)
    person.put_weight(20.0, S)
    with pytest.raises(SettingError, match="a weight lies on the deck"):
        person.step_on(2 * S)
    person.put_weight(0.0, 3 * S)
    person.step_on(4 * S)
    with pytest.raises(SettingError, match="step off first"):
        person.put_weight(20.0, 5 * S)


@pytest.mark.parametrize(("mass_kg", "x_mm"), [(-1.0, 0.0), (500.0, 0.0), (20.0, 5000.0), (float("nan"), 0.0)])
def test_a_weight_that_makes_no_sense_is_refused(mass_kg: float, x_mm: float) -> None:
    with pytest.raises(SettingError, match="expected"):
        VirtualPerson(70).put_weight(mass_kg, S, x_mm)
