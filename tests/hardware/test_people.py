"""Everybody who can be named: recorded people and model people, found by the same call."""

import pytest

from hardware.errors import NotPresentError
from hardware.virtual.people import MODEL_PEOPLE, ModelPerson, everybody, find_person
from hardware.virtual.person import STANCES


def test_there_is_a_model_person_for_each_condition_and_names_are_unique() -> None:
    assert [person.name for person in MODEL_PEOPLE] == ["model-young", "model-older", "model-at-risk"]
    assert len({person.condition for person in MODEL_PEOPLE}) == 3
    names = [person.name for person in everybody()]
    assert len(set(names)) == len(names) == 15


@pytest.mark.parametrize("model", MODEL_PEOPLE, ids=lambda person: person.name)
def test_a_model_person_is_somebody_whom_a_visit_can_flow_with(model: ModelPerson) -> None:
    assert 18 <= model.age_years <= 44 or 60 <= model.age_years <= 86, "an age that there are norms for"
    assert model.recording() is None
    assert set(model.loses_after_s) <= set(STANCES)
    person = model.virtual(seed=2)
    assert person.mass_kg == model.mass_kg
    assert person.condition == model.condition
    assert person.physique.height_cm == model.height_cm


def test_recorded_people_move_as_people_of_their_age() -> None:
    assert find_person("young-1").virtual().condition == "young"
    assert find_person("older-1").virtual().condition == "older"


def test_an_unknown_name_is_answered_with_all_names() -> None:
    with pytest.raises(NotPresentError, match=r"no person 'nobody'; there are: young-1, .*older-falls-4, model-young"):
        find_person("nobody")
