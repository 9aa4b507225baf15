"""The recorded people who come with the station (`hardware.virtual.people` finds them by name).

Data and attribution: README.md beside this file; `people.json` is the index; `hardware.virtual.make_recordings` made
both from the public data set.
"""

import functools
from pathlib import Path
from typing import Final, Literal

import msgspec

from hardware.errors import CorruptFrameError, NotPresentError
from hardware.virtual.balance import Condition, Physique
from hardware.virtual.person import VirtualPerson
from hardware.virtual.playback import RecordedStance, read_recorded_stance

FOLDER: Final = Path(__file__).parent
INDEX: Final = "people.json"
YOUNG_BELOW_YEARS: Final = 45


class ShippedPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One recorded person.

    falls_12_months: falls in the year before the recording; trial, subject: ids in the data set; loses_after_s: stances
    that this person cannot hold, and for how long they hold them. The latter is made up: the data set has none.
    """

    name: str
    age_years: int
    sex: Literal["female", "male"]
    mass_kg: float
    height_cm: float
    falls_12_months: int
    trial: str
    subject: int
    loses_after_s: dict[str, float]

    @property
    def path(self) -> Path:
        """Return where the recording is."""
        return FOLDER / f"{self.name}.csv"

    def recording(self) -> RecordedStance:
        """Read the recording: 60 s of quiet stance, eyes open, firm surface, 100 Hz."""
        return read_recorded_stance(self.path)

    @property
    def condition(self) -> Condition:
        """Return the postural model for what is not recorded of them: their age's."""
        return "young" if self.age_years < YOUNG_BELOW_YEARS else "older"

    def virtual(self, seed: int = 1) -> VirtualPerson:
        """Return the person as a load for a virtual deck."""
        return VirtualPerson(
            self.mass_kg, self.recording(), self.loses_after_s, seed, self.condition, Physique(self.height_cm)
        )


@functools.cache
def people() -> tuple[ShippedPerson, ...]:
    """Return everybody, in the order of the index: young, older, older with falls."""
    index = FOLDER / INDEX
    try:
        return msgspec.json.decode(index.read_bytes(), type=tuple[ShippedPerson, ...])
    except OSError as error:
        raise NotPresentError(f"{index}: the index of recorded people is missing; install the station anew") from error
    except msgspec.MsgspecError as error:
        raise CorruptFrameError(f"{index}: not an index of recorded people: {error}; install anew") from error
