"""The people who come with the station: who they are, that their data are whole, and how the files were made."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hardware.errors import NotPresentError
from hardware.virtual.make_recordings import CHOSEN, make
from hardware.virtual.people import find_person
from hardware.virtual.person import STANCES
from hardware.virtual.playback import read_recorded_stance
from hardware.virtual.recordings import FOLDER, ShippedPerson, people


def test_there_are_four_young_four_older_and_four_older_who_fell() -> None:
    assert len(people()) == 12
    assert len({person.subject for person in people()}) == 12
    young = [person for person in people() if person.name.startswith("young-")]
    fell = [person for person in people() if person.name.startswith("older-falls-")]
    older = [person for person in people() if person not in young and person not in fell]
    assert len(young) == len(older) == len(fell) == 4
    assert all(18 <= person.age_years <= 44 for person in young)
    assert all(person.age_years >= 60 for person in older + fell)
    assert all(person.falls_12_months == 0 for person in young + older)
    assert all(person.falls_12_months > 0 for person in fell)
    assert {person.sex for person in people()} == {"female", "male"}


def test_the_young_hold_every_stance_and_two_who_fell_lose_tandem() -> None:
    assert all(not person.loses_after_s for person in people() if person.name.startswith("young-"))
    lose_tandem = [person for person in people() if person.loses_after_s.get("tandem", 10) < 10]
    assert len(lose_tandem) >= 2
    assert all(person.falls_12_months for person in lose_tandem)
    assert all(set(person.loses_after_s) <= set(STANCES) for person in people())


@pytest.mark.parametrize("person", people(), ids=lambda person: person.name)
def test_each_recording_is_a_minute_of_quiet_stance_at_100_hz(person: ShippedPerson) -> None:
    recording = person.recording()
    assert recording.time_s == pytest.approx(np.arange(1, 6001) / 100)
    speed = np.hypot(np.diff(recording.cop_ml_mm), np.diff(recording.cop_ap_mm)).sum() / 60
    assert 4 < speed < 30
    if recording.fz_n is not None:
        assert recording.fz_n.mean() / 9.80665 == pytest.approx(person.mass_kg, rel=0.02)
    assert f"| {person.name} | {person.trial} |" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert person.virtual().mass_kg == person.mass_kg


def test_force_was_recorded_for_some_and_the_folder_stays_small() -> None:
    assert 1 <= sum(person.recording().fz_n is not None for person in people()) < 12
    assert sum(file.stat().st_size for file in FOLDER.iterdir() if file.is_file()) < 3_000_000


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    assert find_person("older-3").name == "older-3"
    with pytest.raises(NotPresentError, match=r"'nobody'; there are: young-1, .*older-falls-4"):
        find_person("nobody")


def test_the_files_are_made_from_the_data_set_with_nothing_but_units_changed(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    source, target = tmp_path / "set", tmp_path / "made"
    source.mkdir()
    target.mkdir()
    columns = ["trial", "subject", "age_years", "sex", "height_cm", "mass_kg", "falls_12_months"]
    with (source / "trials.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for subject, (_, trial, _) in enumerate(CHOSEN, 1):
            writer.writerow([trial, subject, "71.9", "F", "160.5", "60.25", "1"])
    raw = {}
    for subject, (_, trial, _) in enumerate(CHOSEN, 1):
        raw[trial] = random.integers(-10_000_000, 10_000_000, (300, 2), dtype=np.int32)
        fz = {f"{trial}_fz": np.full(300, 612.345, dtype=np.float32)} if subject == 1 else {}
        np.savez(source / f"subject_{subject:03d}.npz", **{trial: raw[trial]}, **fz)
    made = make(source, target)
    assert [person.name for person in made] == [name for name, _, _ in CHOSEN]
    assert (made[0].age_years, made[0].sex, made[0].mass_kg) == (71, "female", 60.25)
    first = read_recorded_stance(target / "young-1.csv")
    true_mm = raw["BDS00001"] / 1e5
    assert first.time_s[0] == 0.01
    assert first.cop_ml_mm == pytest.approx(true_mm[:, 0] - true_mm[:, 0].mean(), abs=1e-9)
    assert first.cop_ap_mm == pytest.approx(true_mm[:, 1] - true_mm[:, 1].mean(), abs=1e-9)
    assert first.fz_n is not None
    assert first.fz_n[0] == pytest.approx(612.345, abs=0.005)
    assert read_recorded_stance(target / "older-4.csv").fz_n is None


def test_a_folder_that_is_not_the_data_set_is_one_line_and_exit_66(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hardware.virtual.make_recordings", "--from", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 66
    assert result.stderr.count("\n") == 1
    assert "not the data set" in result.stderr
