"""From a COP over time to the measures of it: a profile's pipeline, the measures, and whether they can be trusted.

The result has the shape that `analyze --json` prints, that stands in the record and that goes out over MQTT.
"""

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.recorded import FEWEST_ROWS
from station.errors import DataError
from station.sway import loading, quijoux2021
from station.sway.family import Family, Measures, measure, nothing, sorted_out, units_of
from station.sway.files import Recording, recording_of_trial
from station.sway.measures import FAMILIES
from station.sway.profiles import QUIJOUX2021, Profile, profile_named, resample, shortest_filtered, smooth
from station.sway.quality import (
    Findings,
    Quality,
    Timing,
    check_load,
    check_person,
    check_range,
    check_timing,
    check_window,
    refuse_clock,
    timing_of,
)
from station.sway.swarii import swarii
from station.trials import RawTrial

FloatArray = npt.NDArray[np.float64]

MM_A_CM: Final = 10.0


class Analysis(msgspec.Struct, frozen=True, omit_defaults=True):
    """The measures of one recording.

    `profile` is the version of the pipeline; `fs_hz` and `duration_s` (N / fs) are of the signal that was measured.
    `metrics` has every key of the families that were asked for; None where `not_computed` says why. `quijoux2021` has
    the outputs of that paper's program, in its names and units, and is there with that profile only; what it could not
    compute is None, and stands in `not_computed` under `quijoux2021.` and its name.
    """

    file: str
    profile: str
    fs_hz: float
    duration_s: float
    metrics: dict[str, float | None]
    not_computed: dict[str, str]
    quality: Quality
    quijoux2021: dict[str, float | None] | None = None


def analyse(
    time_s: FloatArray,
    ml_mm: FloatArray,
    ap_mm: FloatArray,
    fs_hz: float | None = None,
    profile: str = "station",
    file: str = "",
    *,
    fz_n: FloatArray | None = None,
    window_s: tuple[float, float] | None = None,
    families: tuple[Family, ...] = FAMILIES,
) -> Analysis:
    """Return the measures of a COP, N samples at ascending times, s and mm; already cropped to what is to be measured.

    `fs_hz` is the rate of evenly spaced samples where it is known better than their times say; None takes it from them.
    `fz_n` (N) and `window_s` (the stretch that should have been covered) only feed the quality gates; the gate of
    stillness needs the time domain to be among the `families`.
    Raises UsageError for a profile that does not exist, DataError for arrays that cannot be a COP over time.
    """
    rules = profile_named(profile)
    timing = _timing(file, time_s, ml_mm, ap_mm)
    if fs_hz is not None:
        timing = _with_rate(file, timing, fs_hz)
    cop_mm = np.stack([ml_mm, ap_mm])
    signal_mm, rate_hz = _prepare(rules, timing, time_s, cop_mm)
    duration_s = signal_mm.shape[1] / rate_hz
    too_short = _too_short(rules, signal_mm)
    if too_short is None:
        signal_mm = smooth(signal_mm, rate_hz, rules.low_pass)
        measures = measure(signal_mm[0], signal_mm[1], rate_hz, families)
    else:
        measures = nothing(units_of(families), too_short)

    findings = Findings()
    check_timing(findings, timing, rules.rate_hz)
    if window_s is not None:
        check_window(findings, time_s, timing, window_s)
    check_range(findings, cop_mm)
    if fz_n is not None:
        check_load(findings, time_s, fz_n)
    check_person(findings, duration_s, measures.metrics.get("mean_velocity_mm_s"))
    analysis = Analysis(
        file=file,
        profile=rules.version,
        fs_hz=rate_hz,
        duration_s=duration_s,
        metrics={key: measures.metrics.get(key) for key in units_of(families)},
        not_computed=measures.not_computed,
        quality=findings.quality(),
    )
    return _with_paper(analysis, cop_mm, signal_mm, too_short) if rules is QUIJOUX2021 else analysis


def measured_signal(recording: Recording, profile: str = "station") -> tuple[FloatArray, float]:
    """Return what `analyse` measures of a recording: shape (2, N), ML and AP, mm, about its mean; and samples/s.

    Raises as `analyse` does, and DataError for a recording that is too short for the profile's filter.
    """
    rules = profile_named(profile)
    timing = _timing(recording.file, recording.time_s, recording.ml_mm, recording.ap_mm)
    cop_mm = np.stack([recording.ml_mm, recording.ap_mm])
    signal_mm, rate_hz = _prepare(rules, timing, recording.time_s, cop_mm)
    too_short = _too_short(rules, signal_mm)
    if too_short is not None:
        raise DataError(f"{recording.file}: {too_short}")
    signal_mm = smooth(signal_mm, rate_hz, rules.low_pass)
    return signal_mm - signal_mm.mean(axis=1, keepdims=True), rate_hz


def analyse_recording(recording: Recording, profile: str = "station") -> Analysis:
    """Return the measures of a file that was read, and of the load in it after them."""
    return with_measures(_analyse_cop(recording, profile, FAMILIES), _loading(recording))


def analyse_trial(trial: RawTrial, profile: str = "station", families: tuple[Family, ...] = FAMILIES) -> Analysis:
    """Return the measures of a raw trial's COP in its window, as a record carries them: without those of the load.

    Raises DataError when too little of it is valid.
    """
    return _analyse_cop(recording_of_trial(trial, trial.name), profile, families)


def _analyse_cop(recording: Recording, profile: str, families: tuple[Family, ...]) -> Analysis:
    return analyse(
        recording.time_s,
        recording.ml_mm,
        recording.ap_mm,
        profile=profile,
        file=recording.file,
        fz_n=recording.fz_n,
        window_s=recording.window_s,
        families=families,
    )


def _loading(recording: Recording) -> Measures:
    if recording.corners_n is not None:
        return loading.loading(recording.corners_n)
    return loading.loading_of_total(recording.fz_n) if recording.fz_n is not None else loading.no_loading()


def with_measures(analysis: Analysis, more: Measures) -> Analysis:
    """Return an analysis with the measures of something else than the centre of pressure added at its end."""
    keys = (*more.metrics, *more.not_computed)
    return msgspec.structs.replace(
        analysis,
        metrics=analysis.metrics | {key: more.metrics.get(key) for key in keys},
        not_computed=analysis.not_computed | more.not_computed,
    )


def to_builtins(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis as the plain dict that is printed, stored and published; what its JSON reads back as."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(analysis))
    return plain


def _timing(file: str, time_s: FloatArray, ml_mm: FloatArray, ap_mm: FloatArray) -> Timing:
    """Return the timing of what can be a COP over time; raises DataError for what cannot."""
    where = file or "recording"
    if not len(time_s) == len(ml_mm) == len(ap_mm):
        raise DataError(f"{where}: {len(time_s)} times, {len(ml_mm)} ML and {len(ap_mm)} AP values; they must match")
    if len(time_s) < FEWEST_ROWS:
        raise DataError(f"{where}: only {len(time_s)} samples; at least {FEWEST_ROWS} are needed")
    for name, values in (("time", time_s), ("ML", ml_mm), ("AP", ap_mm)):
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            raise DataError(f"{where}: {name} of sample {wrong[0]} is {values[wrong[0]]}, expected a finite number")
    if not (np.diff(time_s) > 0).all():
        raise DataError(f"{where}: the times do not ascend")
    timing = timing_of(time_s)
    refuse_clock(where, time_s, timing)
    return timing


def _with_rate(file: str, timing: Timing, fs_hz: float) -> Timing:
    if not abs(timing.rate_hz - fs_hz) <= 1e-3 * fs_hz:
        raise DataError(
            f"{file or 'recording'}: the rate is {timing.rate_hz:.6g} samples/s by its times, not {fs_hz:g}"
        )
    return msgspec.structs.replace(timing, rate_hz=fs_hz) if timing.regular else timing


def _prepare(rules: Profile, timing: Timing, time_s: FloatArray, cop_mm: FloatArray) -> tuple[FloatArray, float]:
    # About the first sample: an axis that does not move is exactly 0, and stays so through the filter.
    cop_mm = cop_mm - cop_mm[:, :1]
    if rules.rate_hz is not None and rules.swarii_window_s is not None:
        # The times of an even signal are counted, not read: the original has them so, and its last point hangs on it.
        even_s = np.arange(len(time_s)) / timing.rate_hz if timing.regular else time_s - time_s[0]
        return swarii(even_s, cop_mm, rules.rate_hz, rules.swarii_window_s), rules.rate_hz
    if rules.rate_hz is None or (timing.regular and timing.rate_hz == rules.rate_hz):
        return cop_mm, timing.rate_hz
    return resample(time_s, cop_mm, rules.rate_hz), rules.rate_hz


def _too_short(rules: Profile, signal_mm: FloatArray) -> str | None:
    fewest = 1 if rules.low_pass is None else shortest_filtered(rules.low_pass)
    count = signal_mm.shape[1]
    return f"too short: {count} samples, the filter needs {fewest}" if count < fewest else None


def _with_paper(analysis: Analysis, cop_mm: FloatArray, signal_mm: FloatArray, too_short: str | None) -> Analysis:
    if too_short is None:
        mean_mm = cop_mm.mean(axis=1)
        about_mean_mm = signal_mm - (mean_mm - cop_mm[:, 0])[:, None]  # the signal is about the first sample
        found = quijoux2021.paper_outputs(about_mean_mm / MM_A_CM, mean_mm / MM_A_CM, analysis.fs_hz)
        outputs = sorted_out(quijoux2021.UNITS, found)
    else:
        outputs = nothing(quijoux2021.UNITS, too_short)
    reasons = {f"quijoux2021.{key}": why for key, why in outputs.not_computed.items()}
    return msgspec.structs.replace(
        analysis,
        not_computed=analysis.not_computed | reasons,
        quijoux2021={key: outputs.metrics.get(key) for key in quijoux2021.UNITS},
    )
