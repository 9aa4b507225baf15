"""The pipeline and its gates: the same window gives the same numbers, and what cannot be trusted says so."""

import json
import math

import numpy as np
import pytest
from scipy import signal

from station.errors import DataError, UsageError
from station.sway.analysis import analyse, analyse_recording, analyse_trial, to_builtins, with_measures
from station.sway.family import Measures, measure
from station.sway.files import read_recording
from station.sway.measures import FAMILIES, RECORDED, UNITS
from station.sway.profiles import crop

from .making import csv_text, raw_trial, seconds, sway_mm


def analysed(cop, time_s=None, **others):
    return analyse(seconds(cop.shape[1]) if time_s is None else time_s, *cop, **others)


def flags_of(*args, **others):
    return analysed(*args, **others).quality.flags


def test_the_result_has_the_shape_that_others_read():
    result = to_builtins(analysed(sway_mm(), file="a.csv"))
    assert list(result) == ["file", "profile", "fs_hz", "duration_s", "metrics", "not_computed", "quality"]
    assert (result["file"], result["profile"], result["fs_hz"], result["duration_s"]) == ("a.csv", "station-1", 100, 30)
    assert list(result["metrics"]) == list(UNITS)
    assert result["not_computed"] == {}
    assert result["quality"] == {"assessable": True, "flags": []}
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_the_station_profile_is_a_fourth_order_10_hz_butterworth_there_and_back():
    cop = sway_mm()
    filtered = signal.sosfiltfilt(signal.butter(4, 10.0, fs=100.0, output="sos"), cop)
    expected = measure(*filtered, 100.0, FAMILIES).metrics
    assert analysed(cop).metrics == pytest.approx(expected, rel=1e-9)


def test_the_published_profile_takes_the_signal_as_it_is():
    cop = sway_mm(fs_hz=80.0)
    result = analysed(cop, seconds(3000, 80.0), profile="published")
    assert (result.profile, result.fs_hz, result.duration_s) == ("published", 80.0, 37.5)
    assert result.metrics == pytest.approx(measure(*cop, 80.0, FAMILIES).metrics, rel=1e-9)


def test_a_record_carries_the_time_domain_only():
    of_record, everything = analysed(sway_mm(), families=RECORDED), analysed(sway_mm())
    assert list(of_record.metrics) == list(everything.metrics)[: len(of_record.metrics)]
    assert of_record.metrics == {key: everything.metrics[key] for key in of_record.metrics}
    assert len(json.dumps(to_builtins(of_record))) < 2048


def test_measures_of_something_else_are_added_with_their_reasons():
    load = Measures(metrics={"body_mass_kg": 71.5}, not_computed={"load_asymmetry_percent": "no corner forces"})
    result = with_measures(analysed(sway_mm()), load)
    assert list(result.metrics)[-2:] == ["body_mass_kg", "load_asymmetry_percent"]
    assert (result.metrics["body_mass_kg"], result.metrics["load_asymmetry_percent"]) == (71.5, None)
    assert result.not_computed == {"load_asymmetry_percent": "no corner forces"}


def test_a_cropped_file_gives_the_numbers_of_the_window_to_the_last_bit(tmp_path):
    cop = sway_mm(6000)
    trial = raw_trial(cop, lead_in=1000)
    window = crop(seconds(6000), 10.0, 60.0)
    _, ml_mm, ap_mm = trial.cop()
    rows = zip(seconds(6000)[window], ml_mm[window], ap_mm[window], strict=True)
    path = tmp_path / "window.csv"
    path.write_text(csv_text("time_s,cop_ml_mm,cop_ap_mm", rows))
    of_the_file = analyse_recording(read_recording(path)).metrics
    of_the_trial = analyse_trial(trial).metrics
    assert {key: of_the_file[key] for key in of_the_trial} == of_the_trial


def test_the_filter_sees_nothing_outside_the_window():
    cop = sway_mm(6000)
    shaken = cop.copy()
    shaken[:, :1000] += 500.0
    assert analyse_trial(raw_trial(shaken, lead_in=1000)).metrics["mean_velocity_mm_s"] == pytest.approx(
        analyse_trial(raw_trial(cop, lead_in=1000)).metrics["mean_velocity_mm_s"], rel=1e-9
    )


def test_crop_takes_the_start_and_leaves_the_end():
    time_s = np.arange(1, 6001) / 100
    window = crop(time_s, 10.0, 40.0)
    assert (time_s[window][0], time_s[window][-1], window.stop - window.start) == (10.0, 39.99, 3000)


@pytest.mark.parametrize("fs_hz", [50.0, 80.0, 93.7, 250.0, 1000.0])
def test_other_rates_come_to_100_hz_with_the_measures_they_would_have_had(fs_hz):
    fine_s = seconds(30_000, 1000.0)
    smooth = signal.sosfiltfilt(signal.butter(4, 4.0, fs=1000.0, output="sos"), sway_mm(30_000, fs_hz=1000.0) * 3)
    at_s = seconds(int(29.9 * fs_hz), fs_hz)
    result = analysed(np.array([np.interp(at_s, fine_s, axis) for axis in smooth]), at_s)
    true = analysed(smooth[:, :29_900:10])
    assert result.fs_hz == 100.0
    assert result.duration_s == pytest.approx(29.9, abs=0.03)
    assert result.quality.assessable
    assert result.quality.flags == (f"resampled by time from {fs_hz:g} to 100 samples/s",)
    for key in ("mean_velocity_mm_s", "ellipse_area_95_mm2", "rms_ml_mm"):
        assert result.metrics[key] == pytest.approx(true.metrics[key], rel=0.02)


def test_noise_of_a_fast_plate_does_not_fold_into_the_sway():
    cop = sway_mm(30_000, fs_hz=1000.0)
    hum = 0.5 * np.sin(2 * math.pi * 102.0 * seconds(30_000, 1000.0))
    clean, noisy = (analysed(trace, seconds(30_000, 1000.0)) for trace in (cop, cop + hum))
    assert noisy.metrics["mean_velocity_mm_s"] == pytest.approx(clean.metrics["mean_velocity_mm_s"], rel=0.01)


def test_samples_are_placed_by_their_times_not_by_their_count():
    cop = signal.sosfiltfilt(signal.butter(4, 3.0, fs=100.0, output="sos"), sway_mm() * 3)
    random = np.random.default_rng(5)
    at_s = seconds(2990) + random.uniform(0, 0.004, 2990)
    result = analysed(np.array([np.interp(at_s, seconds(3000), axis) for axis in cop]), at_s)
    assert result.metrics["mean_velocity_mm_s"] == pytest.approx(analysed(cop).metrics["mean_velocity_mm_s"], rel=0.02)
    assert result.quality.assessable
    assert result.quality.flags[0].startswith("irregular timestamps: ")
    refused = analysed(cop[:, :2990], at_s, profile="published")
    assert not refused.quality.assessable
    assert "does not resample" in refused.quality.flags[0]


def test_a_rate_that_is_known_replaces_the_one_that_is_printed_with_few_digits():
    printed_s = np.round(seconds(3000, 104.0), 4)
    assert analysed(sway_mm(), printed_s, profile="published", fs_hz=104.0).fs_hz == 104.0
    with pytest.raises(DataError, match=r"the rate is 104 samples/s by its times, not 100"):
        analysed(sway_mm(), printed_s, fs_hz=100.0)


def without(cop, drop):
    keep = np.ones(cop.shape[1], dtype=bool)
    keep[drop] = False
    return cop[:, keep], seconds(cop.shape[1])[keep]


@pytest.mark.parametrize(
    ("cop", "flag"),
    [
        (sway_mm(500), "too short: 5 s, at least 10 s are needed"),
        (sway_mm() * 0.01, "too still: mean velocity"),
        (np.stack([sway_mm()[0], np.full(3000, 7.3)]), "constant: the centre of pressure does not move in AP"),
    ],
)
def test_a_trace_that_is_not_a_person_standing_is_not_assessable(cop, flag):
    result = analysed(cop)
    assert not result.quality.assessable
    assert any(found.startswith(flag) for found in result.quality.flags)


def test_a_constant_trace_has_no_measures_at_all():
    result = analysed(np.full((2, 3000), 12.3))
    assert set(result.metrics.values()) == {None}
    assert set(result.not_computed) == set(UNITS)
    assert not result.quality.assessable


def test_fewer_samples_than_the_filter_reflects_are_not_measured():
    result = analysed(sway_mm(15))
    assert set(result.not_computed.values()) == {"too short: 15 samples, the filter needs 16"}
    assert not result.quality.assessable
    assert analysed(sway_mm(16), families=RECORDED).not_computed == {}


def test_one_missing_sample_is_bridged_and_two_are_a_gap():
    one, two = without(sway_mm(), [1200]), without(sway_mm(), [1200, 1201])
    assert analysed(*one).quality.assessable
    result = analysed(*two)
    assert not result.quality.assessable
    assert result.quality.flags[0] == (
        "gap: 30 ms without a sample at 11.99 s, more than 2 sample intervals of 10.0 ms"
    )


def test_a_rate_too_low_for_the_filter_is_not_assessable():
    result = analysed(sway_mm(600), seconds(600, 20.0))
    assert not result.quality.assessable
    assert result.quality.flags[0] == "rate too low: 20 samples/s, at least 25 are needed"


def load(change):
    return 700.0 + change(seconds(3000))


@pytest.mark.parametrize(
    ("fz_n", "flag"),
    [
        (load(lambda t: 700 * 0.04 * np.sin(t)), "load varies: by 2.8% of body weight"),
        (load(lambda t: 0.7 * t), "load drifts: by 3.0% of body weight"),
        (load(lambda t: np.where(abs(t - 20) < 0.02, -300.0, 0.0)), "stepped off: the vertical force falls to 57%"),
        (np.zeros(3000), "no load"),
    ],
)
def test_a_load_that_is_not_one_person_standing_is_not_assessable(fz_n, flag):
    result = analysed(sway_mm(), fz_n=fz_n)
    assert not result.quality.assessable
    assert any(found.startswith(flag) for found in result.quality.flags)


def test_breathing_is_no_movement_of_the_load():
    assert flags_of(sway_mm(), fz_n=load(lambda t: 2.0 * np.sin(1.5 * t))) == ()


def test_invalid_ticks_count_as_missing():
    valid = np.ones(3500, dtype=np.uint8)
    valid[1000:3400:15] = 0  # 6.7 % of the window, never two in a row
    result = analyse_trial(raw_trial(sway_mm(3500), valid=valid))
    assert not result.quality.assessable
    assert "missing samples: 94.7% of the window is valid, at least 95% are needed" in result.quality.flags
    valid[1000:2000] = 1
    assert analyse_trial(raw_trial(sway_mm(3500), valid=valid)).quality.assessable


@pytest.mark.parametrize(("lost", "side"), [(slice(500, 510), "start"), (slice(3490, 3500), "end")])
def test_a_window_that_begins_late_or_ends_early_has_a_gap(lost, side):
    valid = np.ones(3500, dtype=np.uint8)
    valid[lost] = 0
    result = analyse_trial(raw_trial(sway_mm(3500), valid=valid))
    assert not result.quality.assessable
    assert f"at the {side} of the window" in result.quality.flags[0]


@pytest.mark.parametrize(
    ("time_s", "ml", "complaint"),
    [
        ([0, 0.01], [1, 2], "only 2 samples"),
        ([0, 0.01, 0.02], [1, math.nan, 2], "ML of sample 1 is nan"),
        ([0, 0.02, 0.01], [1, 2, 3], "do not ascend"),
        ([0, 0.01, 0.02, 0.03], [1, 2, 3], "they must match"),
    ],
)
def test_arrays_that_are_no_recording_are_refused(time_s, ml, complaint):
    with pytest.raises(DataError, match=complaint):
        analyse(np.array(time_s, float), np.array(ml, float), np.array(ml, float), file="x")


def test_a_profile_that_does_not_exist_is_a_usage_error():
    with pytest.raises(UsageError, match="there is no profile 'raw'; the profiles are station, published, quijoux2021"):
        analysed(sway_mm(), profile="raw")
