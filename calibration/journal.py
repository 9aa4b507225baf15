"""The journal of a calibration that is under way: one entry a line, on the disk before it counts.

A power cut loses nothing but a line that was being written; that line is dropped when the journal is opened again. When
the calibration is finished or discarded the file is removed.
"""

import os
from pathlib import Path

import msgspec

from calibration.errors import ProcedureError
from calibration.plan import Plan
from calibration.procedure import Begun, Entry, Session, apply, begin, replay

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
        entries = self._read()
        try:
            self.session: Session | None = replay(entries, plan, *self._spacing)
        except ProcedureError as error:
            raise ProcedureError(f"{path}: {error}; discard it (`balance-station calibrate --discard`)") from error

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
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.session = session
        return session

    def discard(self) -> None:
        """Forget the calibration that is under way. Safe to call when there is none."""
        self.path.unlink(missing_ok=True)
        self.session = None

    def _read(self) -> list[Entry]:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ProcedureError(f"{self.path}: the journal cannot be read: {error.strerror}") from error
        whole, _, torn = raw.rpartition(b"\n")
        if torn:
            os.truncate(self.path, len(raw) - len(torn))
        entries: list[Entry] = []
        for number, line in enumerate(whole.split(b"\n") if whole else (), 1):
            try:
                entries.append(_decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise ProcedureError(
                    f"{self.path}:{number}: not an entry of a calibration's journal: {error}; "
                    "discard it (`balance-station calibrate --discard`)"
                ) from error
        return entries
