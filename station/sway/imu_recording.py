"""What a sensor at the waist recorded, from a CSV file to its measures: trunk sway and rises from a chair.

One entry, `analyse_imu_file`. The file has `time_s,acc_x_g,acc_y_g,acc_z_g` and may have `gyr_x_deg_s,gyr_y_deg_s,
gyr_z_deg_s`, which are read and checked but measure nothing yet. How the sensor is turned does not matter.

Rises are looked for by two rules. `sit_to_stands` is the station's own, and what is meant for people; the other,
`sit_to_stands_displacement`, is what another program finds, to compare with it: it may call rises what are none.
"""

from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import CorruptFrameError, NotPresentError
from hardware.recorded import COP, FEWEST_ROWS, read_table
from station.errors import DataError, NoInputError
from station.sway import sit_to_stand, sit_to_stand_displacement, trunk
from station.sway.files import CORNERS, IMU, shown
from station.sway.profiles import resample
from station.sway.quality import Findings, Quality, check_timing, refuse_clock, timing_of
from station.sway.sit_to_stand import find_sit_to_stands
from station.sway.sit_to_stand_displacement import find_by_displacement
from station.sway.trunk import trunk_sway

FloatArray = npt.NDArray[np.float64]

VERSION: Final = f"{trunk.VERSION}, {sit_to_stand.VERSION}, {sit_to_stand_displacement.VERSION}"
# What unevenly spaced samples are brought to, by their times; evenly spaced ones keep their rate.
_RATE_HZ: Final = 100.0
# A trunk that rises, walks or bends is not in quiet stance; sway says nothing then.
_QUIET_M_S2: Final = 1.0


class FoundRise(msgspec.Struct, frozen=True):
    """A rise as it is printed: start and end in the file's own time."""

    start_s: float
    end_s: float
    duration_s: float
    rise_m: float
    peak_velocity_m_s: float
    lean_deg: float


class FoundByDisplacement(msgspec.Struct, frozen=True):
    """A rise of the displacement method as it is printed: start and end in the file's own time."""

    start_s: float
    end_s: float
    duration_s: float
    rise_m: float


class ImuAnalysis(msgspec.Struct, frozen=True):
    """The measures of one recording of a worn sensor, in the shape of every analysis.

    `metrics` has every key of `trunk.UNITS`, None where `not_computed` says why. Either list of rises is None
    where the signal cannot be searched, with the reason under its name; an empty list is "none found".
    """

    file: str
    profile: str
    fs_hz: float
    duration_s: float
    metrics: dict[str, float | None]
    sit_to_stands: tuple[FoundRise, ...] | None
    sit_to_stands_displacement: tuple[FoundByDisplacement, ...] | None
    not_computed: dict[str, str]
    quality: Quality


def is_imu_file(path: Path) -> bool:
    """Return whether a CSV file has the columns of a worn sensor; False for whatever cannot be opened or read.

    Not one that has those of the deck as well, and never a pipe, which can be read once only.
    """
    try:
        if not path.is_file():
            return False
        with path.open(encoding="utf-8-sig") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    names = {name.strip().strip('"') for name in line.split(",")}
                    return [layout for layout in (COP, CORNERS, IMU) if names.issuperset(layout.columns)] == [IMU]
    except (OSError, UnicodeDecodeError):
        pass
    return False


def analyse_imu_file(path: Path) -> ImuAnalysis:
    """Return the measures of a CSV file of a worn sensor.

    Raises NoInputError for a file that cannot be opened, DataError for one that is not what it should be.
    """
    try:
        table = read_table(path, (IMU,))
    except NotPresentError as error:
        raise NoInputError(str(error)) from None
    except CorruptFrameError as error:
        raise DataError(str(error)) from None
    time_s, *acc_g = (table.columns[name] for name in IMU.columns)
    return analyse_imu(time_s, np.stack(acc_g), shown(path))


def analyse_imu(time_s: FloatArray, acc_g: FloatArray, file: str = "") -> ImuAnalysis:
    """Return the measures of accelerations of shape (3, N), g, at ascending times, s.

    Raises DataError for arrays that cannot be accelerations over time.
    """
    if acc_g.shape != (3, len(time_s)) or len(time_s) < FEWEST_ROWS:
        raise DataError(f"{file or 'recording'}: three axes of at least {FEWEST_ROWS} samples are needed")
    if not (np.isfinite(acc_g).all() and np.isfinite(time_s).all() and (np.diff(time_s) > 0).all()):
        raise DataError(f"{file or 'recording'}: times must ascend, and every value must be a finite number")
    timing = timing_of(time_s)
    refuse_clock(file or "recording", time_s, timing)
    rate_hz = timing.rate_hz
    if not timing.regular:
        rate_hz = _RATE_HZ
        acc_g = resample(time_s, acc_g, rate_hz)
    sway = trunk_sway(acc_g, rate_hz)
    rises = find_sit_to_stands(acc_g, rate_hz)
    displaced = find_by_displacement(acc_g, rate_hz)
    unsearched = {"sit_to_stands": rises.not_computed, "sit_to_stands_displacement": displaced.not_computed}
    findings = Findings()
    check_timing(findings, timing, None if timing.regular else rate_hz)
    if sway.not_computed:
        findings.close(next(iter(sway.not_computed.values())))
    elif sway.metrics["trunk_rms_m_s2"] > _QUIET_M_S2 or rises.rises:
        findings.note(_moving(sway.metrics["trunk_rms_m_s2"], len(rises.rises or ())))
    return ImuAnalysis(
        file=file,
        profile=VERSION,
        fs_hz=rate_hz,
        duration_s=acc_g.shape[1] / rate_hz,
        metrics={key: sway.metrics.get(key) for key in trunk.UNITS},
        sit_to_stands=_printed(rises.rises, float(time_s[0])),
        sit_to_stands_displacement=_printed_displaced(displaced.rises, float(time_s[0])),
        not_computed=sway.not_computed | {name: reason for name, reason in unsearched.items() if reason is not None},
        quality=findings.quality(),
    )


def to_builtins(analysis: ImuAnalysis) -> dict[str, Any]:
    """Return an analysis as the plain dict that is printed."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(analysis))
    return plain


def _printed(rises: tuple[sit_to_stand.SitToStand, ...] | None, first_s: float) -> tuple[FoundRise, ...] | None:
    if rises is None:
        return None
    return tuple(
        FoundRise(
            start_s=first_s + rise.start_s,
            end_s=first_s + rise.end_s,
            duration_s=rise.duration_s,
            rise_m=rise.rise_m,
            peak_velocity_m_s=rise.peak_velocity_m_s,
            lean_deg=rise.lean_deg,
        )
        for rise in rises
    )


def _printed_displaced(
    rises: tuple[sit_to_stand_displacement.DisplacementRise, ...] | None, first_s: float
) -> tuple[FoundByDisplacement, ...] | None:
    if rises is None:
        return None
    return tuple(
        FoundByDisplacement(first_s + rise.start_s, first_s + rise.end_s, rise.duration_s, rise.rise_m)
        for rise in rises
    )


def _moving(rms_m_s2: float, rises: int) -> str:
    found = f"{rises} rise{'' if rises == 1 else 's'} from a chair found" if rises else f"{rms_m_s2:.2g} m/s2 RMS"
    return f"not quiet standing ({found}): the trunk's measures are of all that happened, not of sway"
