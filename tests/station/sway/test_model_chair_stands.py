"""Chair stands of model people, counted by the station from the force alone: as many as their condition can do."""

import numpy as np
import pytest

from hardware.virtual.people import MODEL_PEOPLE, ModelPerson
from station.sway.chair_stand import chair_stand

S = 1_000_000_000
IN_30_S = {"young": 19, "older": 14, "older-at-risk": 9}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("model", MODEL_PEOPLE, ids=lambda person: person.name)
def test_the_station_counts_what_a_model_person_does(model: ModelPerson, seed: int) -> None:
    person = model.virtual(seed)
    person.step_on(0)
    person.sit(5 * S)
    person.chair_stands(10 * S, 30)
    fz = person.over(np.arange(9 * S, 40 * S, 10_000_000))[0]
    counted = chair_stand(fz, 100.0, person.weight_n, None)
    cut_short = [each for each in counted.not_counted if "not finished" in each]  # by the end of the 30 s
    assert list(counted.not_counted) == cut_short[:1]
    assert abs(counted.metrics["repetitions"] - IN_30_S[model.condition]) <= 1


@pytest.mark.parametrize("model", MODEL_PEOPLE, ids=lambda person: person.name)
def test_five_chair_stands_are_five_and_slowest_at_risk(model: ModelPerson) -> None:
    person = model.virtual()
    person.step_on(0)
    person.sit(5 * S)
    done = person.chair_stands(10 * S, 5)
    fz = person.over(np.arange(9 * S, (done.until_ns or 0) + 2 * S, 10_000_000))[0]
    counted = chair_stand(fz, 100.0, person.weight_n, None)
    assert counted.metrics["repetitions"] == 5
    slow = counted.five_times_s is not None and counted.five_times_s > 12
    assert slow is (model.condition == "older-at-risk")
