"""The quality gates of one trial: what makes it not assessable, in words that staff understand.

These are the gates of the deck and its channels; those of the signal (load, stillness, length) are in
station.sway.quality, because a file that is analysed has them too. Every gate is a technical statement about the
measurement. None of them is ever a finding about the person.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from station.live.deck_motion import LEVEL_LIMIT_DEG
from station.live.grid import RowFlag

VALID_FRACTION: Final = 0.95  # design: quality gates
FLAGGED_FRACTION: Final = 0.001
# A flagged frame in a short trial is more than 0.1 % of it; one is never a reason to turn somebody away.
FLAGGED_ALLOWANCE: Final = 2
ZERO_DRIFT_N: Final = 0.49  # 50 g a cell


class TrialContext(msgspec.Struct, frozen=True):
    """What the station knew while the trial ran, beside the rows themselves."""

    frames: int  # read from the four corners during the window
    flagged: int
    rates_outside: tuple[str, ...]
    silent: tuple[str, ...]
    tilt_deg: float | None
    zero_drift_n: tuple[float, float, float, float] | None
    certificate_valid: bool
    exchanged: str | None = None  # in words, when the zeros say that two corners' plugs are exchanged


def technical_reasons(window_flags: Sequence[int], context: TrialContext) -> tuple[str, ...]:
    """Return why a trial is not assessable, from the row flags of its window; empty when it is."""
    reasons: list[str] = []
    if not window_flags:
        return ("no samples arrived in the scored window",)
    seen = 0
    for flags in window_flags:
        seen |= flags
    valid = window_flags.count(0) / len(window_flags)
    if seen & RowFlag.CHANNEL_LOST or context.silent:
        names = ", ".join(context.silent) if context.silent else "a corner"
        reasons.append(f"load cell lost: {names} delivered nothing")
    if seen & RowFlag.GAP:
        reasons.append("gap: a load cell missed more than two samples in a row")
    if seen & RowFlag.SATURATED:
        reasons.append("a load cell was at the end of its range")
    if seen & RowFlag.IMPOSSIBLE:
        reasons.append("a load cell reads what nobody on the deck can cause: check the corner cables")
    if seen & RowFlag.OUTSIDE:
        reasons.append("centre of pressure outside the deck: check the corner cables")
    if seen & RowFlag.KNOCKED:
        reasons.append("the deck was knocked")
    if valid < VALID_FRACTION:
        reasons.append(f"only {100 * valid:.0f} % of the samples are valid, 95 % are needed")
    if context.flagged > max(FLAGGED_ALLOWANCE, FLAGGED_FRACTION * context.frames):
        reasons.append(f"{context.flagged} of {context.frames} frames flagged, 0.1 % allowed")
    reasons += [f"sample rate out of 75-100: {name}" for name in context.rates_outside]
    reasons += _deck_reasons(context)
    return tuple(reasons)


def _deck_reasons(context: TrialContext) -> Sequence[str]:
    reasons = []
    if not context.certificate_valid:
        reasons.append("the calibration certificate does not hold today")
    if context.tilt_deg is None:
        reasons.append("the deck's IMU delivers nothing, so nobody knows whether the deck is level")
    elif context.tilt_deg > LEVEL_LIMIT_DEG:
        reasons.append(f"the deck is {context.tilt_deg:.1f} degrees off level, 1 degree is allowed")
    if context.exchanged is not None:
        reasons.append(context.exchanged)
    elif context.zero_drift_n is not None and max(abs(n) for n in context.zero_drift_n) > ZERO_DRIFT_N:
        reasons.append("zero drift above 50 g on a load cell: the empty deck needs a new zero")
    return reasons
