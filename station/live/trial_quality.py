"""The quality gates of one trial: what makes it not assessable, in words that staff understand.

Every gate is a technical statement about the measurement. None of them is ever a finding about the person.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from station.live.deck_motion import LEVEL_LIMIT_DEG
from station.live.grid import RowFlag
from station.trials import RawTrial

VALID_FRACTION: Final = 0.95  # design: quality gates
FZ_FRACTION: Final = 0.02
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
    level_required: bool  # a deck IMU is configured, so its silence is itself a finding


def technical_reasons(trial: RawTrial, context: TrialContext, *, still: bool) -> tuple[str, ...]:
    """Return why the trial is not assessable; empty when it is. `still` adds the gates of quiet standing."""
    reasons: list[str] = []
    window = trial.window()
    flags = window.flags
    count = len(flags)
    if count == 0:
        return ("no samples arrived",)
    lost = int(np.count_nonzero(flags & RowFlag.CHANNEL_LOST))
    valid = int(np.count_nonzero(flags == 0)) / count
    if lost or context.silent:
        names = ", ".join(context.silent) if context.silent else "a corner"
        reasons.append(f"load cell lost: {names} delivered nothing")
    if np.any(flags & RowFlag.GAP):
        reasons.append("gap: a load cell missed more than two samples in a row")
    if np.any(flags & RowFlag.SATURATED):
        reasons.append("a load cell was at the end of its range")
    if np.any(flags & RowFlag.OUTSIDE):
        reasons.append("centre of pressure outside the deck: check the corner cables")
    if np.any(flags & RowFlag.KNOCKED):
        reasons.append("the deck was knocked")
    if valid < VALID_FRACTION:
        reasons.append(f"only {100 * valid:.0f} % of the samples are valid, 95 % are needed")
    if context.flagged > max(FLAGGED_ALLOWANCE, FLAGGED_FRACTION * context.frames):
        reasons.append(f"{context.flagged} of {context.frames} frames flagged, 0.1 % allowed")
    reasons += [f"sample rate out of 75-100: {name}" for name in context.rates_outside]
    reasons += _deck_reasons(context)
    if still and not lost:
        reasons += _stillness_reasons(window.fz_n)
    return tuple(reasons)


def _deck_reasons(context: TrialContext) -> Sequence[str]:
    reasons = []
    if not context.certificate_valid:
        reasons.append("the calibration certificate has expired")
    if context.tilt_deg is None:
        if context.level_required:
            reasons.append("the deck's IMU delivers nothing, so nobody knows whether the deck is level")
    elif context.tilt_deg > LEVEL_LIMIT_DEG:
        reasons.append(f"the deck is {context.tilt_deg:.1f} degrees off level, 1 degree is allowed")
    if context.zero_drift_n is not None and max(abs(n) for n in context.zero_drift_n) > ZERO_DRIFT_N:
        reasons.append("zero drift above 50 g on a load cell: the empty deck needs a new zero")
    return reasons


def _stillness_reasons(fz_n: "np.typing.NDArray[np.float64]") -> Sequence[str]:
    """Vertical force that varies or drifts by 2 % of body weight: moved, or held the rail."""
    fz = fz_n[np.isfinite(fz_n)]
    if fz.size < 10 or fz.mean() <= 0:
        return ["no steady weight on the deck"]
    mean = float(fz.mean())
    variation = float(fz.std()) / mean
    x = np.linspace(-0.5, 0.5, fz.size)
    drift = abs(float(np.dot(x, fz - mean) / np.dot(x, x))) / mean
    if variation > FZ_FRACTION or drift > FZ_FRACTION:
        return [
            "weight on the feet changed by more than 2 % "
            f"(variation {100 * variation:.1f} %, drift {100 * drift:.1f} %): moved, or held the rail"
        ]
    return []
