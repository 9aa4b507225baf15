"""What comes out of the station is what went onto the deck: every shipped recording, through the virtual chips."""

from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest

from hardware.virtual.people import find_person
from hardware.virtual.recordings import people
from station.config import Config
from station.demo.one_process import visit
from station.demo.outcome import trial_window
from station.demo.settings import DemoSettings, demo_config, demo_visitor
from station.sway.analysis import analyse

NAMES = tuple(person.name for person in people())


def settings(person: str, chips: Literal["pins", "samples"]) -> DemoSettings:
    return DemoSettings(protocol="quiet-stance", person=person, chips=chips, seed=3)


def measured_and_true(
    person: str, chips: Literal["pins", "samples"], folder: Path
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the record's measures and those of the true centre of pressure in the same window."""
    asked = settings(person, chips)
    config: Config = demo_config(asked, folder)
    running, playing = visit(config, demo_visitor(asked), speed=None, serve=False, watch=lambda screen: None)
    record = running.station.store.latest()
    assert record is not None
    assert record.sway is not None
    assert record.sway["quality"]["assessable"], record.sway["quality"]
    window = trial_window(record, running.station.store, playing, running.person.recording)
    running.close()
    assert window.recording_from_s is not None
    assert window.recording_to_s is not None
    recording = find_person(person).recording()
    inside = (recording.time_s >= window.recording_from_s - 1e-6) & (recording.time_s <= window.recording_to_s + 1e-6)
    truth = analyse(recording.time_s[inside], recording.cop_ml_mm[inside], recording.cop_ap_mm[inside], file=person)
    assert np.count_nonzero(inside) >= 2999
    return record.sway["metrics"], truth.metrics


@pytest.mark.parametrize("person", NAMES)
def test_velocity_and_area_are_within_one_percent_of_the_true_cop(person: str, tmp_path: Path) -> None:
    measured, truth = measured_and_true(person, "samples", tmp_path)
    for key in ("mean_velocity_mm_s", "ellipse_area_95_mm2"):
        assert measured[key] == pytest.approx(truth[key], rel=0.01), key


def test_the_same_holds_pin_by_pin_and_gives_the_very_same_numbers(tmp_path: Path) -> None:
    by_pins, truth = measured_and_true(NAMES[0], "pins", tmp_path / "pins")
    by_samples, _ = measured_and_true(NAMES[0], "samples", tmp_path / "samples")
    assert by_pins == by_samples
    assert by_pins["mean_velocity_mm_s"] == pytest.approx(truth["mean_velocity_mm_s"], rel=0.01)


@pytest.mark.parametrize(("length_s", "placed"), [(60.0, True), (30.0, True), (20.0, False)])
def test_a_recording_of_any_length_plays_and_says_what_of_it_was_measured(
    tmp_path: Path, length_s: float, placed: bool
) -> None:
    source = find_person("older-1").path.read_text().splitlines()
    short = tmp_path / "short.csv"
    short.write_text("\n".join(source[: 1 + round(length_s * 100)]) + "\n")
    asked = msgspec.structs.replace(settings("older-1", "samples"), recording=short, age_years=68)
    running, playing = visit(demo_config(asked, tmp_path), demo_visitor(asked), speed=None, serve=False, watch=len)
    record = running.station.store.latest()
    assert record is not None
    window = trial_window(record, running.station.store, playing, running.person.recording)
    running.close()
    assert record.tier == "not at risk"
    assert (window.recording_from_s is not None) == placed
    assert (window.note is None) == (length_s > 40)
