"""The daily check: one known weight at the centre. What it says of the deck, and the file that keeps all of them.

Judging is pure. The file is only ever added to, a line a check (`line_file`).
"""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from calibration.evidence import Four, Judgement
from calibration.limits import RUNNING, explain, load_limits
from calibration.line_file import add_line, read_lines

SCHEMA: Final = "balance-station/daily-check/1"
WHAT_TO_DO: Final = "the daily check failed"


class DailyCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check. force_n and x_mm, y_mm: of the weight, by the certificate, above the empty deck that was read first.

    zero_n: what the empty deck's corners read, from their zeros at the calibration. at: UTC. temperature_c: of the
    deck's IMU itself, None where that gives none.
    """

    schema: str
    at: datetime
    calibration_id: str
    operator: str
    weights: tuple[str, ...]
    mass_kg: float
    force_n: float
    force_error_percent: float
    x_mm: float
    y_mm: float
    zero_n: Four
    judgements: tuple[Judgement, ...]
    temperature_c: float | None = None

    @property
    def passed(self) -> bool:
        """Return whether the deck is within every limit."""
        return all(each.passed for each in self.judgements)

    @property
    def place_error_mm(self) -> float:
        """Return how far from the centre the weight seems to stand."""
        return math.hypot(self.x_mm, self.y_mm)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return every limit that refuses, in words."""
        return tuple(explain(each) for each in self.judgements if not each.passed)


def check_deck(
    *,
    at: datetime,
    calibration_id: str,
    operator: str,
    weights: tuple[str, ...],
    mass_kg: float,
    gravity_m_s2: float,
    empty_n: Four,
    loaded_n: Four,
    cop_mm: tuple[float, float],
    temperature_c: float | None = None,
) -> DailyCheck:
    """Return the check. empty_n, loaded_n: corner forces from the calibrated zero; cop_mm: of their difference."""
    force_n = sum(loaded_n) - sum(empty_n)
    wanted_n = mass_kg * gravity_m_s2
    error_percent = (force_n / wanted_n - 1) * 100
    named = load_limits(RUNNING).named
    judgements = (
        named("daily-force").judge(abs(error_percent)),
        named("daily-place").judge(math.hypot(*cop_mm)),
        named("daily-zero").judge(max(abs(each) for each in empty_n)),
    )
    return DailyCheck(
        schema=SCHEMA,
        at=at,
        calibration_id=calibration_id,
        operator=operator,
        weights=weights,
        mass_kg=mass_kg,
        force_n=force_n,
        force_error_percent=error_percent,
        x_mm=cop_mm[0],
        y_mm=cop_mm[1],
        zero_n=empty_n,
        judgements=judgements,
        temperature_c=temperature_c,
    )


def blocked_by(checks: Sequence[DailyCheck], calibration_id: str) -> str | None:
    """Return in words why nobody may be measured: the last check of this calibration did not pass; else None."""
    ours = [check for check in checks if check.calibration_id == calibration_id]
    if not ours or ours[-1].passed:
        return None
    return f"{WHAT_TO_DO}: {'; '.join(ours[-1].reasons)}"


_decoder: msgspec.json.Decoder[DailyCheck] = msgspec.json.Decoder(DailyCheck)


def read_checks(path: Path) -> tuple[DailyCheck, ...]:
    """Return all checks of a station, oldest first; raises ProcedureError naming the line that is not one."""
    return tuple(read_lines(path, _decoder, "a daily check", "move the file away to begin a new one"))


def keep_check(check: DailyCheck, path: Path) -> None:
    """Add a check to those in a file, which are looked at first; durable on return.

    Raises what `read_checks` raises; OSError comes through when the disk does not take it.
    """
    read_checks(path)
    add_line(path, check)
