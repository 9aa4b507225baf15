"""One screen as an example: for the gallery of pictures, and for tests."""

import msgspec

from station.messages import Live
from station.screens import ScreenModel


class Example(msgspec.Struct, frozen=True):
    """One screen, and what moves on it at the moment of the picture."""

    model: ScreenModel
    live: Live | None = None
