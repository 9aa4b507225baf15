"""The files of human-balance: each trial a recording of its own."""

import contextlib
import io
import zipfile

import numpy as np
import pytest

from station.errors import DataError, NoInputError
from station.sway.files import Failure, Source, read_recording, sources_in, sources_of
from station.sway.subjects import trial_names
from station.trials import RawTrial

from .making import csv_text, raw_trial, seconds, sway_mm
from .recorded import BESIDE, needs_all_recordings

COP = "time_s,cop_ml_mm,cop_ap_mm"


def counts(seed=0, count=3000):
    return np.rint(sway_mm(count, seed=seed) * 1e5).astype(np.int32).T


@pytest.fixture
def person(tmp_path):
    path = tmp_path / "subject_007.npz"
    np.savez_compressed(path, T1=counts(1), T1_fz=np.full(3000, 612.5, dtype=np.float32), T2=counts(2))
    return path


def test_every_trial_of_a_person_is_a_recording(person):
    assert sources_of(person) == [Source(person, "T1"), Source(person, "T2")]
    recording = read_recording(Source(person, "T1"))
    assert recording.file == f"{person}:T1"
    assert recording.time_s[:2].tolist() == [0.01, 0.02]
    assert np.array_equal([recording.ml_mm, recording.ap_mm], counts(1).T / 1e5)
    assert recording.fz_n.tolist() == [612.5] * 3000
    assert read_recording(Source(person, "T2")).fz_n is None


def test_one_trial_can_be_named(person):
    assert sources_of(person.with_name("subject_007.npz:T2")) == [Source(person, "T2")]
    with pytest.raises(DataError, match=r"subject_007\.npz: there is no trial 'T3'; it holds T1, T2$"):
        read_recording(Source(person, "T3"))


def test_a_folder_is_its_recordings_by_name_and_its_index_is_none(person):
    folder = person.parent
    (folder / "trials.csv").write_text("trial,subject\nT1,7\n")
    (folder / "a.csv").write_text(csv_text(COP, zip(seconds(100), *sway_mm(100), strict=True)))
    (folder / "z.trial.npz").write_bytes(raw_trial(sway_mm(1000)).to_bytes())
    (folder / "notes.txt").write_text("no recording")
    (folder / "subject_001.npz").write_bytes(b"PK no archive")
    found = sources_in(folder)
    assert [str(each) if isinstance(each, Source) else each.file for each in found] == [
        str(folder / name)
        for name in ("a.csv", "subject_001.npz", "subject_007.npz:T1", "subject_007.npz:T2", "z.trial.npz")
    ]
    assert isinstance(found[1], Failure)
    assert "subject_001.npz: not an archive of trials, or damaged" in found[1].error


def test_an_index_alone_is_a_csv_like_any_other(tmp_path):
    (tmp_path / "trials.csv").write_text("trial,subject\n")
    assert sources_in(tmp_path) == [Source(tmp_path / "trials.csv")]


@pytest.mark.parametrize(
    ("arrays", "trial", "complaint"),
    [
        ({"T1": counts().astype(np.int64)}, "T1", r"trial T1 is int64 \(3000, 2\), expected int32 \(N, 2\)"),
        ({"T1": counts().T}, "T1", r"trial T1 is int32 \(2, 3000\)"),
        ({"T1": np.array([{}], dtype=object)}, "T1", "not an archive of trials, or damaged: Object arrays"),
        ({"T1": counts(), "T1_fz": np.ones(7)}, "T1", "its force is .* expected 3000 newtons"),
        ({"T1": counts(), "T1_fz": np.full(3000, np.nan)}, "T1", "with 0 finite values"),
        ({"T1_fz": np.ones(7)}, None, "holds no trial"),
    ],
)
def test_what_is_no_trial_is_refused_by_name(tmp_path, arrays, trial, complaint):
    path = tmp_path / "subject_001.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=complaint) as refused:
        read_recording(Source(path, trial)) if trial else trial_names(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_missing_archive_a_folder_and_a_bare_array_are_named(tmp_path):
    with pytest.raises(NoInputError, match=r"none\.npz: no such file"):
        trial_names(tmp_path / "none.npz")
    with pytest.raises(NoInputError, match="cannot be read"):
        trial_names(tmp_path)
    with (tmp_path / "bare.npz").open("wb") as file:
        np.save(file, counts())
    with pytest.raises(DataError, match="one bare array"):
        trial_names(tmp_path / "bare.npz")


def test_an_archive_damaged_anywhere_is_refused_in_words_or_read_right(person):
    whole = person.read_bytes()
    good = read_recording(Source(person, "T1"))
    for place in range(0, len(whole), 997):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        person.write_bytes(damaged)
        with contextlib.suppress(DataError, NoInputError):
            assert np.array_equal(read_recording(Source(person, "T1")).ml_mm, good.ml_mm)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<i4', 'fortran_order': False, 'shape': (600, 2), ",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (1000000000000, 2), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': 'x' * 9, }" + "\x01\n" * 200,
        "{'descr': '<i4',b'fortran_order': False, 'shape': (600, 2), }",
        "{'descr': (), 'fortran_order': False, 'shape': (600, 2), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (1180591620717411303424,), }",
    ],
    ids=["torn", "terabytes", "junk", "mixed keys", "no type", "beyond counting"],
)
def test_an_array_whose_own_header_is_damaged_is_refused_in_a_short_line(tmp_path, header):
    text = header.encode().ljust(128 - 11) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(4800)
    path = tmp_path / "subject_001.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("T1.npy", array)
    with pytest.raises(DataError, match=r"not an archive of trials, or damaged: .") as refused:
        read_recording(Source(path, "T1"))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < len(str(path)) + 200
    for part in ("t_ns", "about"):
        content = io.BytesIO(raw_trial(sway_mm(1000)).to_bytes())
        with zipfile.ZipFile(content) as good, zipfile.ZipFile(path, "w") as bad:
            for name in good.namelist():
                bad.writestr(name, array if name == f"{part}.npy" else good.read(name))
        with pytest.raises(DataError, match="not a raw trial of this station, or damaged"):
            RawTrial.from_bytes(path.read_bytes())


@pytest.mark.parametrize("mistake", [TypeError, KeyError, ValueError])
def test_a_mistake_of_ours_is_not_called_damage(person, monkeypatch, mistake):
    def wrong(*_):
        raise mistake("a mistake of ours")

    monkeypatch.setattr("station.sway.subjects._counts", wrong)
    with pytest.raises(mistake, match="a mistake of ours"):
        read_recording(Source(person, "T1"))


@needs_all_recordings
def test_the_whole_data_set_is_1294_recordings():
    sources = sources_in(BESIDE / "human-balance")
    assert len(sources) == 1294
    assert all(isinstance(source, Source) for source in sources)
