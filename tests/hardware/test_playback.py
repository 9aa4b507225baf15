"""Recordings: what is read from a file, what is refused, and how it is played."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import CorruptFrameError, HardwareError, NotPresentError
from hardware.virtual.playback import Playback, RecordedStance, centred, read_recorded_stance
from hardware.virtual.track import Track

HEADER = "time_s,cop_ml_mm,cop_ap_mm"


def lines(rate_hz: float, seconds: float, header: str = HEADER) -> str:
    rows = [header]
    for k in range(int(rate_hz * seconds)):
        t = k / rate_hz
        row = f"{t:.4f},{3 * math.sin(t):.5f},{100 + 5 * math.cos(2 * t):.5f}"
        rows.append(row + (f",{600 + math.sin(t):.2f}" if header.endswith("fz_n") else ""))
    return "\n".join(rows) + "\n"


def wave(rate_hz: float = 100, seconds: float = 30) -> RecordedStance:
    t = 0.01 + np.arange(int(rate_hz * seconds)) / rate_hz
    return centred("wave", t, 4 * np.sin(2 * np.pi * 0.4 * t), 6 * np.sin(2 * np.pi * 0.3 * t + 1), 600 + np.sin(t))


@pytest.mark.parametrize("rate_hz", [20, 93.4, 1000])
def test_a_file_of_any_rate_is_read_with_its_mean_removed(tmp_path: Path, rate_hz: float) -> None:
    path = tmp_path / "anna.csv"
    path.write_text(lines(rate_hz, 5))
    recording = read_recorded_stance(path)
    assert recording.name == "anna"
    assert recording.fz_n is None
    assert len(recording.time_s) == int(rate_hz * 5)
    assert abs(recording.cop_ml_mm.mean()) < 1e-9
    assert abs(recording.cop_ap_mm.mean()) < 1e-9
    assert np.ptp(recording.cop_ap_mm) == pytest.approx(10, abs=0.2)


def test_force_comments_spaces_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    text = "# made by hand\n\n" + lines(50, 3, f"{HEADER},fz_n").replace(",", ", ")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    recording = read_recorded_stance(path)
    assert recording.fz_n is not None
    assert recording.fz_n[0] == 600


GOOD = lines(100, 5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines(100, 1.5), "the recording is 1.49 s long; at least 2 s"),
        (GOOD.replace("cop_ml_mm", "x"), "bad.csv:1: the columns are"),
        (GOOD.replace("0.0200,0.06000", "0.0200,5000"), "bad.csv:4: .*is it in mm"),
        (GOOD + "9.0,1,1\n", "bad.csv:502: time_s is 9 after 4.99.*by at most 0.5 s"),
        (lines(50, 5, HEADER + ",fz_n").replace(",600.06", ",-1"), "bad.csv:5: fz_n is -1; expected newtons above 0"),
    ],
)
def test_a_broken_file_is_refused_with_file_line_and_reason(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)
    with pytest.raises(CorruptFrameError, match=said) as refusal:
        read_recorded_stance(path)
    assert "\n" not in str(refusal.value)


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(GOOD.encode()[:60] + b"\xff\xfe" + GOOD.encode()[60:])
    with pytest.raises(CorruptFrameError, match=r"bad\.csv:3: not UTF-8"):
        read_recorded_stance(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotPresentError, match=r"gone\.csv: no such file"):
        read_recorded_stance(tmp_path / "gone.csv")
    with pytest.raises(HardwareError, match="cannot be read"):
        read_recorded_stance(tmp_path)


@settings(deadline=None, max_examples=200)
@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_no_file_content_escapes_the_rooms_own_errors(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any.csv"
    path.write_text(HEADER + "\n" + text, encoding="utf-8")
    with pytest.raises(HardwareError):
        read_recorded_stance(path)


def test_playback_passes_through_every_recorded_sample() -> None:
    recording = wave()
    playback = Playback(recording)
    force, ml, ap = playback.over(recording.time_s)
    assert np.abs(ml - recording.cop_ml_mm).max() < 1e-9
    assert np.abs(ap - recording.cop_ap_mm).max() < 1e-9
    assert recording.fz_n is not None
    assert force == pytest.approx(recording.fz_n / recording.fz_n.mean())


def test_between_samples_playback_follows_the_curve() -> None:
    recording = wave(rate_hz=25)
    t = np.linspace(1, 29, 5000)
    _, ml, _ = Playback(recording).over(t)
    true = 4 * np.sin(2 * np.pi * 0.4 * t)
    assert np.abs(ml - ml.mean() - (true - true.mean())).max() < 0.02


@given(st.floats(-500, 500))
def test_beyond_its_ends_a_recording_is_mirrored(at_s: float) -> None:
    recording = wave(seconds=7)
    playback = Playback(recording)
    for end_s in (recording.first_s, recording.last_s):
        assert playback.at(end_s + at_s) == pytest.approx(playback.at(end_s - at_s), abs=1e-6)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=50))
def test_one_moment_and_many_give_the_same_bits(times: list[float]) -> None:
    playback = Playback(wave(seconds=7))
    many = playback.over(np.array(times))
    assert [playback.at(t) for t in times] == list(zip(*(column.tolist() for column in many), strict=True))


@given(
    duration_s=st.floats(2, 120),
    lead_s=st.floats(0, 20),
    window_s=st.floats(1, 60),
)
def test_the_window_lies_inside_the_recording_whenever_it_fits(
    duration_s: float, lead_s: float, window_s: float
) -> None:
    recording = RecordedStance("r", np.array([5.0, 5.0 + duration_s]), np.zeros(2), np.zeros(2))
    window_from_s = recording.start_for(lead_s, window_s) + lead_s
    if duration_s >= window_s + 1e-9:
        assert recording.first_s - 1e-9 <= window_from_s
        assert window_from_s + window_s <= recording.last_s + 1e-9
    else:
        assert window_from_s == pytest.approx(recording.first_s), "as much of the window as there is"
    if duration_s >= lead_s + window_s + 2:
        assert window_from_s - lead_s == pytest.approx(recording.first_s), "a long file plays from its beginning"


def test_covers_tells_recorded_from_mirrored() -> None:
    recording = wave(seconds=30)
    assert recording.covers(1, 25)
    assert not recording.covers(-1, 25)
    assert not recording.covers(1, 31)


def test_a_level_track_never_overshoots_its_points() -> None:
    track = Track(np.array([0.0, 0.1, 2.0]), (np.array([0.0, 1, 0.5]), np.zeros(3), np.zeros(3)), level=True)
    values, _, _ = track.over(np.linspace(0, 2, 1000))
    assert values.max() <= 1 + 1e-12
    assert values.min() >= 0
