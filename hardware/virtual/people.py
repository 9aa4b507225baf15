"""Everybody who can stand on a virtual deck by name: the recorded people who come with the station, and model people.

A model person is a condition of the postural model in a body of some age; what they are and can do is made up. Their
seed makes them another realisation: another day of the same person.
"""

from typing import Final, Literal

import msgspec

from hardware.errors import NotPresentError
from hardware.virtual.balance import Condition, Physique
from hardware.virtual.person import VirtualPerson
from hardware.virtual.playback import RecordedStance
from hardware.virtual.recordings import ShippedPerson, people


class ModelPerson(msgspec.Struct, frozen=True):
    """One model person. `loses_after_s`: stances that they cannot hold, and for how many seconds they hold them."""

    name: str
    condition: Condition
    age_years: int
    sex: Literal["female", "male"]
    mass_kg: float
    height_cm: float
    falls_12_months: int
    loses_after_s: dict[str, float]

    def recording(self) -> RecordedStance | None:
        """Return None: nothing of a model person is recorded."""
        return None

    def virtual(self, seed: int = 1) -> VirtualPerson:
        """Return the person as a load for a virtual deck."""
        return VirtualPerson(self.mass_kg, None, self.loses_after_s, seed, self.condition, Physique(self.height_cm))


Person = ShippedPerson | ModelPerson

# At risk by sway alone: no fall so far, so that all that the screen has to go by is how they stand.
MODEL_PEOPLE: Final[tuple[ModelPerson, ...]] = (
    ModelPerson("model-young", "young", 28, "female", 64.0, 168.0, 0, {}),
    ModelPerson("model-older", "older", 68, "male", 76.0, 172.0, 0, {}),
    ModelPerson("model-at-risk", "older-at-risk", 78, "female", 62.0, 160.0, 0, {"one-foot": 3.0}),
)


def everybody() -> tuple[Person, ...]:
    """Return the recorded people, then the model people."""
    return (*people(), *MODEL_PEOPLE)


def find_person(name: str) -> Person:
    """Return the person of this name; raises NotPresentError that lists the names there are."""
    for person in everybody():
        if person.name == name:
            return person
    names = ", ".join(person.name for person in everybody())
    raise NotPresentError(f"there is no person {name!r}; there are: {names}")
