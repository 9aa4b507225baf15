"""The people who ship with the station, against the values that were published for them."""

import csv
import json
from pathlib import Path

import pytest

import hardware.virtual.recordings
from station.sway.analysis import analyse_recording
from station.sway.files import read_recording

RECORDINGS = Path(hardware.virtual.recordings.__file__).parent
PEOPLE = json.loads((RECORDINGS / "people.json").read_text())


@pytest.fixture(scope="module")
def published():
    with (Path(__file__).parent / "data" / "published_values.csv").open(newline="") as lines:
        return {row["trial"]: row for row in csv.DictReader(lines)}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person["name"])
def test_published_area_and_velocity_come_out_to_a_billionth(person, published):
    analysis = analyse_recording(read_recording(RECORDINGS / f"{person['name']}.csv"), "published")
    row = published[person["trial"]]
    assert analysis.metrics["ellipse_area_95_mm2"] == pytest.approx(float(row["published_area_cm2"]) * 100, rel=1e-9)
    assert analysis.metrics["mean_velocity_mm_s"] == pytest.approx(float(row["published_velocity_cm_s"]) * 10, rel=1e-9)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person["name"])
def test_every_measure_of_a_real_person_can_be_computed_and_trusted(person):
    analysis = analyse_recording(read_recording(RECORDINGS / f"{person['name']}.csv"))
    assert analysis.not_computed == {}
    assert analysis.quality.flags == ()
    assert analysis.quality.assessable
