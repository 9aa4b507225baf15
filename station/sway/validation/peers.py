"""Our measures beside what other programs print for the same recordings; pure comparison, nothing of theirs is run.

`peer-values/` holds their output, computed by running them unchanged: the program of Quijoux et al. 2021 (Physiol Rep
9:e15067), openbalance 0.1.5 and micromotion 1.15.0. Where a program differs, its own filter is put before our measures:
what then agrees differed by the filter alone.
"""

import csv
import math
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.errors import DataError, NoInputError
from station.sway.analysis import Analysis, analyse
from station.sway.complexity import COMPLEXITY, TOLERANCE_SD, count_matches
from station.sway.ellipse import prediction_factor
from station.sway.family import measure
from station.sway.measures import RECORDED
from station.sway.profiles import PUBLISHED, QUIJOUX2021, STATION, LowPass, smooth
from station.sway.subjects import RATE_HZ, UNITS_PER_MM, read_counts, sample_times
from station.sway.validation.people import archive_of, read_index

FloatArray = npt.NDArray[np.float64]

_EXAMPLE: Final = "quijoux_test_rows4000_7000"  # what force-plate-30s is called there
_OPENBALANCE: Final = LowPass(2, 13.0)
_CHI2: Final = 5.991464547107979  # 95 % of chi-squared with two degrees of freedom, as openbalance prints it
_HALF: Final = 3000
_WINDOWS: Final = {"first30s": _HALF, "full60s": 2 * _HALF, "": _HALF}
SAME: Final = 1e-6


class Outputs(msgspec.Struct, frozen=True):
    """The outputs of Quijoux et al.'s program, ours against theirs: how many, and the worst relative difference."""

    recordings: int
    outputs: int
    compared: int
    beyond: int
    worst: float


class OpenBalance(msgspec.Struct, frozen=True):
    """openbalance against ours: ratio of paths (theirs to ours), and the worst differences behind its filter."""

    recordings: int
    path_ratio_low: float
    path_ratio_high: float
    path_same_filter: float
    hull_same_filter: float
    ellipse_same_filter: float
    ellipse_as_printed: float


class Program(msgspec.Struct, frozen=True):
    """What one program prints for the 30 s example, mm/s and mm2."""

    name: str
    before: str
    velocity_mm_s: float
    ellipse_mm2: float


class Peers(msgspec.Struct, frozen=True):
    """Everything that is said about other programs."""

    quijoux: Outputs
    openbalance: OpenBalance
    programs: tuple[Program, ...]
    micromotion_path: float
    micromotion_ellipse: float
    micromotion_hull: float
    micromotion_entropy: float
    micromotion_dfa: tuple[float, float]  # theirs and ours


def compare(recordings: Path) -> Peers:
    """Return our measures beside those of the peer programs.

    Raises NoInputError when a folder is missing, DataError for one that is not as it should be.
    """
    subjects = {row.trial: row.subject for row in read_index(recordings / "human-balance")}
    quijoux = _json(recordings / "peer-values/quijoux2021.json")["records"]
    openbalance = _json(recordings / "peer-values/openbalance015.json")["records"]
    micromotion = _json(recordings / "peer-values/micromotion1150.json")
    values, nonlinear = micromotion["values"], micromotion["nonlinear"]
    cop = _Recordings(recordings, subjects)
    example = cop.read(_EXAMPLE)
    raw = _measured(example, PUBLISHED.name)
    ml_mm, ap_mm = example
    complexity = measure(ml_mm, ap_mm, RATE_HZ, (COMPLEXITY,)).metrics
    chi2 = _CHI2 / prediction_factor(example.shape[1])
    return Peers(
        quijoux=_quijoux(cop, quijoux, recordings / "peer-values/quijoux2021_older_eyes_open_firm_60s.csv"),
        openbalance=_openbalance(cop, openbalance),
        programs=_programs(example, quijoux[_EXAMPLE], openbalance[_EXAMPLE]["13Hz"], values),
        micromotion_path=_apart(_of(raw, "path_length_mm"), values["cop_sway_metrics"]["path_len"]),
        micromotion_ellipse=_apart(_of(raw, "ellipse_area_95_mm2") * chi2, values["ellipse"]),
        micromotion_hull=_apart(_of(raw, "hull_area_mm2"), values["hull"]),
        micromotion_entropy=_apart(_entropy_at_full_rate(ml_mm), nonlinear["sampen_ml"]),
        micromotion_dfa=(nonlinear["dfa_ml"], complexity["dfa_alpha_ml"]),
    )


class _Recordings:
    """Reads trials by name, mm."""

    def __init__(self, folder: Path, subjects: dict[str, int]) -> None:
        self._folder = folder
        self._subjects = subjects

    def __contains__(self, trial: str) -> bool:
        return trial == _EXAMPLE or trial in self._subjects

    def read(self, trial: str, count: int | None = None) -> FloatArray:
        if trial == _EXAMPLE:
            path = self._folder / "force-plate-30s/cop_30s_100hz.csv"
            try:
                table = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(1, 2))
            except (OSError, ValueError) as error:
                raise NoInputError(f"{path}: cannot be read: {error}") from None
            return np.asarray(table.T[:, :count] * 10.0, dtype=np.float64)
        archive = archive_of(self._folder / "human-balance", self._subjects[trial])
        return np.asarray(read_counts(archive, trial).T[:, :count] / UNITS_PER_MM, dtype=np.float64)


def _quijoux(cop: _Recordings, records: dict[str, Any], older: Path) -> Outputs:
    theirs = {
        (trial, window): values
        for trial, record in records.items()
        for window, values in record.items()
        if trial in cop and window.endswith(("_default", "default_25Hz_10Hz"))
    }
    try:
        with older.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["Trial"] in cop:
                    theirs.setdefault((row["Trial"], "full60s_default"), _numbers(row))
    except OSError as error:
        raise NoInputError(f"{older}: cannot be read: {error.strerror}") from None
    apart: list[float] = []
    for (trial, window), values in theirs.items():
        count = _WINDOWS[window.partition("_")[0] if trial != _EXAMPLE else ""]
        ours = _measured(cop.read(trial, count), QUIJOUX2021.name).quijoux2021 or {}
        apart += [_apart(found, values[key]) for key, found in ours.items() if key in values and found is not None]
    outputs = len(next(iter(theirs.values())))
    return Outputs(len(theirs), outputs, len(apart), sum(each > SAME for each in apart), max(apart))


def _openbalance(cop: _Recordings, records: dict[str, Any]) -> OpenBalance:
    ratios, path, hull, ellipse, printed = [], [], [], [], []
    for trial, record in records.items():
        for window, theirs in record.items():
            if trial not in cop:
                continue
            signal_mm = cop.read(trial, _WINDOWS[window.partition("_")[0] if trial != _EXAMPLE else ""])
            station = _measured(signal_mm, STATION.name)
            same = _measured(smooth(signal_mm, RATE_HZ, _OPENBALANCE), PUBLISHED.name)
            chi2 = _CHI2 / prediction_factor(signal_mm.shape[1])
            ratios.append(theirs["Path_Length"] / _of(station, "path_length_mm"))
            path.append(_apart(_of(same, "path_length_mm"), theirs["Path_Length"]))
            hull.append(_apart(_of(same, "hull_area_mm2"), theirs["Area_Hull"]))
            ellipse.append(_apart(_of(same, "ellipse_area_95_mm2") * chi2, theirs["Area_Ellipse"]))
            printed.append(_apart(_of(station, "ellipse_area_95_mm2"), theirs["Area_Ellipse"]))
    return OpenBalance(
        recordings=len(ratios),
        path_ratio_low=min(ratios),
        path_ratio_high=max(ratios),
        path_same_filter=max(path),
        hull_same_filter=max(hull),
        ellipse_same_filter=max(ellipse),
        ellipse_as_printed=max(printed),
    )


def _programs(
    example: FloatArray, quijoux: dict[str, Any], openbalance: dict[str, float], micromotion: dict[str, Any]
) -> tuple[Program, ...]:
    seconds = example.shape[1] / RATE_HZ
    paper, unsampled = quijoux["default_25Hz_10Hz"], quijoux["no_resample_100Hz_10Hz"]
    velocity, ellipse = "mean_velocity_ML_AND_AP", "confidence_ellipse_area_ML_AND_AP"
    raw = micromotion["cop_sway_metrics"]
    theirs = (
        Program("micromotion 1.15.0", "nothing, 100 Hz", raw["path_rate"], raw["area95"]),
        Program(
            "openbalance 0.1.5", "13 Hz, order 2", openbalance["Path_Length"] / seconds, openbalance["Area_Ellipse"]
        ),
        Program(
            "Quijoux 2021, without resampling",
            "10 Hz, order 4, 100 Hz",
            10 * unsampled[velocity],
            100 * unsampled[ellipse],
        ),
        Program("Quijoux 2021, default", "SWARII 25 Hz, 10 Hz, order 4", 10 * paper[velocity], 100 * paper[ellipse]),
    )
    ours = []
    for profile, before in (
        (PUBLISHED, "nothing, 100 Hz"),
        (STATION, "10 Hz, order 4, 100 Hz"),
        (QUIJOUX2021, "SWARII 25 Hz, 10 Hz, order 4"),
    ):
        found = _measured(example, profile.name)
        area, speed = _of(found, "ellipse_area_95_mm2"), _of(found, "mean_velocity_mm_s")
        ours.append(Program(f"here, profile {profile.version}", before, speed, area))
    return (*theirs, *ours)


def _entropy_at_full_rate(ml_mm: FloatArray) -> float:
    """Return the sample entropy as micromotion takes it: every sample, the drift left in, SD with N."""
    shorter, longer = count_matches(ml_mm, TOLERANCE_SD * float(ml_mm.std()))
    return math.log(shorter / longer)


def _measured(signal_mm: FloatArray, profile: str) -> Analysis:
    ml_mm, ap_mm = signal_mm
    return analyse(sample_times(len(ml_mm)), ml_mm, ap_mm, RATE_HZ, profile, families=RECORDED)


def _of(analysis: Analysis, key: str) -> float:
    value = analysis.metrics[key]
    if value is None:
        raise DataError(f"{key} could not be computed: {analysis.not_computed[key]}")
    return value


def _apart(ours: float, theirs: float) -> float:
    return abs(ours - theirs) / abs(theirs) if theirs else abs(ours)


def _numbers(row: dict[str, str]) -> dict[str, float]:
    about = ("Trial", "Subject", "Age", "Falls12m")
    return {key: float(value) for key, value in row.items() if key not in about and value}


def _json(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}; name the folder of all recordings") from None
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: not the output of a program: {error}") from None
    return document
