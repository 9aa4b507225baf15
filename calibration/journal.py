"""The journal of a calibration that is under way: one entry a line (`line_file`), on the disk before it counts.

Whoever finishes or discards the calibration removes the file.
"""

from pathlib import Path
from typing import Final

import msgspec

from calibration.errors import ProcedureError
from calibration.line_file import add_line, read_lines
from calibration.plan import Plan
from calibration.procedure import Begun, Entry, Session, apply, begin, replay

ADVICE: Final = "discard it (`balance-station calibrate --discard`)"

_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


class Journal:
    """A session and its file. `session` is None while no calibration is under way."""

    def __init__(self, path: Path, plan: Plan, cell_spacing_ml_mm: float, cell_spacing_ap_mm: float) -> None:
        """Open the journal at `path`, with what an interrupted calibration has left there.

        Raises ProcedureError naming the line when the file is not a journal, or of another deck or plan.
        """
        self.path = path
        self._plan = plan
        self._spacing = (cell_spacing_ml_mm, cell_spacing_ap_mm)
        entries = read_lines(path, _decoder, "an entry of a calibration's journal", ADVICE)
        try:
            self.session: Session | None = replay(entries, plan, *self._spacing)
        except ProcedureError as error:
            raise ProcedureError(f"{path}: {error}; {ADVICE}") from error

    def add(self, entry: Entry) -> Session:
        """Let an entry happen: first as a line on the disk, then in the session, which is returned.

        Raises ProcedureError for an entry that does not come now (nothing is written), RegisterError for a beginning
        with weights that do not do, OSError when the disk does not take it.
        """
        if self.session is None:
            if not isinstance(entry, Begun):
                raise ProcedureError("no calibration is under way; begin one")
            session = begin(entry, self._plan, *self._spacing)
        else:
            session = apply(self.session, entry)
        add_line(self.path, entry)
        self.session = session
        return session
