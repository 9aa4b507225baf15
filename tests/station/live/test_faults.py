"""Every fault of the catalogue, played while somebody is measured: seen, said in words, never a finding or a pass."""

from pathlib import Path

import msgspec
import pytest

from hardware.virtual.faults import FAULTS
from station.messages import Cue
from station.records.record import Record
from tests.station.live.running import SETTINGS, RunningStation

AT_S = 30.0  # of the session; the scored window is from 26 to 56


class Expected(msgspec.Struct, frozen=True):
    """What comes of a fault at second 30.

    fault: words in the reason for which the station stops, or None; tier: of the result; flags: words in its quality
    flags; within_s: how soon the fault is reported; recovers: whether the next person can be served afterwards.
    """

    fault: str | None
    tier: str
    flags: str | None = None
    within_s: float = 1.0
    recovers: bool = True


NOT = "not assessable"
GOOD = "not at risk"  # young-1 is: what could be bridged was, or the trial was done again
EXPECTED = {
    "shifted-bit": Expected(None, GOOD),
    "spike": Expected(None, GOOD),
    "late-ready": Expected(None, GOOD),
    "preempted-pulse": Expected(None, GOOD, "gap"),
    "knocked-deck": Expected(None, GOOD, "knocked"),
    "imu-brown-out": Expected(None, GOOD),
    "all-ones": Expected("reads all ones", NOT),
    "saturation": Expected("at the end of its range", NOT),
    "stuck-high": Expected("delivers nothing: check its plug", NOT),
    "stuck-low": Expected("delivers nothing: check its plug", NOT),
    "missing-channel": Expected("delivers nothing: check its plug", NOT, recovers=False),  # not within this visit
    "slow-board": Expected("delivers nothing: check its plug", NOT, recovers=False),
    "drifted-oscillator": Expected("sample rate out of 75-100", NOT, within_s=30.0, recovers=False),
    "swapped-channels": Expected(
        "plugs are exchanged", NOT, "did not come back to zero", within_s=60.0, recovers=False
    ),
    "zero-drift": Expected(None, NOT, "did not come back to zero"),
    "imu-nack": Expected("the deck's IMU", NOT),
    "imu-bus-held": Expected("the deck's IMU", NOT),
    "imu-fifo-overrun": Expected("no samples arrive", NOT),
    "imu-frozen": Expected("the deck's IMU", NOT),
}


class Outcome(msgspec.Struct):
    """A visit with a fault: the first reason for a fault and when, the record, what clients were sent."""

    reason: str | None
    after_s: float
    record: Record | None
    screens: list[str]
    cues: set[str]
    corners_flagged: int
    reasons_at_end: tuple[str, ...]


def visit_with(folder: Path, fault: str) -> Outcome:
    needs = FAULTS[fault.partition("@")[0]].needs
    settings = msgspec.structs.replace(SETTINGS, chips="pins" if needs == "pins" else "samples", faults=(fault,))
    running = RunningStation(folder, settings)
    began_s = running.now_s
    reason, after_s = None, 0.0
    while not running.visitor.finished:
        running.step()
        assert running.now_s - began_s < 300, running.engine.screen.name
        if reason is None and running.engine.fault_reasons:
            reason, after_s = "; ".join(running.engine.fault_reasons), running.now_s - began_s - AT_S
    outcome = Outcome(
        reason,
        after_s,
        running.record,
        running.visitor.seen,
        {each.key for each in running.messages if isinstance(each, Cue)},
        sum(corner.flagged for corner in running.station.grid.corners),
        running.engine.fault_reasons,
    )
    running.close()
    return outcome


def test_the_table_has_every_fault_of_the_catalogue() -> None:
    assert sorted(EXPECTED) == sorted(FAULTS)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_fault_in_mid_trial_ends_as_the_table_says(tmp_path: Path, name: str) -> None:
    expected = EXPECTED[name]
    outcome = visit_with(tmp_path, f"{name}@{AT_S:g}")
    assert outcome.record is not None
    assert outcome.record.tier == expected.tier, outcome.record.quality_flags
    assert not any("balance" in reason.text or "stepped" in reason.text for reason in outcome.record.reasons)
    if expected.flags:
        assert any(expected.flags in each for each in outcome.record.quality_flags), outcome.record.quality_flags
    assert (outcome.corners_flagged > 0) == bool(FAULTS[name].flags) or name.startswith("imu-")
    if expected.fault is None:
        assert outcome.reason is None
        assert "fault" not in outcome.screens
        assert "call-staff" not in outcome.cues
    else:
        assert outcome.reason is not None
        assert expected.fault in outcome.reason
        assert 0 < outcome.after_s <= expected.within_s
        assert "call-staff" in outcome.cues
        assert (outcome.reasons_at_end == ()) == expected.recovers, outcome.reasons_at_end


@pytest.mark.parametrize("name", ["shifted-bit", "spike"])
def test_a_single_bad_frame_is_left_out_and_bridged_and_the_trial_counts(tmp_path: Path, name: str) -> None:
    outcome = visit_with(tmp_path, f"{name}@{AT_S:g}")
    assert outcome.corners_flagged == 1
    assert outcome.screens.count("measure.quiet-stance") == 1, "nobody was asked to stand again"
    assert outcome.record is not None
    assert outcome.record.quality_flags == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("swapped-channels", "read each other's zero"),
        ("slow-board", "sample rate out of 75-100"),
        ("missing-channel", "delivers nothing"),
        ("imu-nack", "IMU"),
    ],
)
def test_a_fault_that_is_there_from_the_start_lets_nobody_be_measured(tmp_path: Path, name: str, words: str) -> None:
    outcome = visit_with(tmp_path, f"{name}@0" if name != "imu-nack" else "imu-nack@2.4")
    assert outcome.reason is not None
    assert words in outcome.reason
    assert "fault" in outcome.screens
    assert not any(screen.startswith("measure") for screen in outcome.screens)
    assert outcome.record is None or outcome.record.tier == NOT


def test_a_zero_that_is_off_before_the_visit_is_no_pass_either(tmp_path: Path) -> None:
    outcome = visit_with(tmp_path, "zero-drift@0")
    assert outcome.record is not None
    assert outcome.record.tier == NOT
