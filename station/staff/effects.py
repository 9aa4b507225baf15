"""What the staff mode asks its shell to do. Data only; the shell does it and answers with events."""

import msgspec

from calibration.evidence import Reading
from calibration.procedure import Levelled, Taken, Undone, WarmedUp


class CheckPin(msgspec.Struct, frozen=True, tag=True):
    """Whose PIN is this? Answered by `PinChecked`."""

    pin: str


class Chime(msgspec.Struct, frozen=True, tag=True):
    """Sound that a reading was taken."""


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Begin a calibration with these weights. Answered by `Journaled` or `Failed`, like the next four."""

    operator: str
    weights: tuple[str, ...]
    new_parts: bool = False


class Add(msgspec.Struct, frozen=True, tag=True):
    """Write this entry into the journal."""

    entry: WarmedUp | Levelled | Taken | Undone


class GoOn(msgspec.Struct, frozen=True, tag=True):
    """The calibration that was left goes on."""


class Discard(msgspec.Struct, frozen=True, tag=True):
    """Forget the calibration that is under way."""


class Judge(msgspec.Struct, frozen=True, tag=True):
    """All readings are there: what are they worth? Answered by `Judged`."""


class Sign(msgspec.Struct, frozen=True, tag=True):
    """Sign, certify, put into use. Answered by `Certified`, `Judged` (refused) or `Failed`."""

    approver: str | None


class CheckDaily(msgspec.Struct, frozen=True, tag=True):
    """Judge the daily check and write it down. Answered by `DailyChecked` or `Failed`."""

    operator: str
    empty: Reading
    loaded: Reading


class Leave(msgspec.Struct, frozen=True, tag=True):
    """Close the staff mode."""


Effect = CheckPin | Chime | Begin | Add | GoOn | Discard | Judge | Sign | CheckDaily | Leave
