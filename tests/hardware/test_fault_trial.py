"""What the hardware room promises, at its full size: a sample is right, flagged, or off by no more than noise hides."""

import pytest

from hardware.sensor import CORNERS, Channel, Flag
from hardware.virtual.deck import NOISE_COUNTS
from hardware.virtual.faults import PlannedFault
from tests.hardware.fault_trial import START_NS, UNSEEN_COUNTS, S, Trial, every_fault, laid_out, run_trial

FRAMES = 100_000
SESSION_S = 278  # four chips of the slowest kind give 100,000 frames in this


@pytest.fixture(scope="module")
def trial() -> Trial:
    return run_trial(1, SESSION_S, laid_out(every_fault(1, 1), 1, SESSION_S))


def test_of_100_000_frames_with_faults_none_is_beyond_its_bound_without_a_flag(trial: Trial) -> None:
    assert trial.frames >= FRAMES
    assert trial.injected >= 250
    wrong = [each for each in trial.unseen if abs(each.error) > each.bound]
    assert wrong == []


def test_what_cannot_be_seen_is_rare_and_lies_in_the_noise(trial: Trial) -> None:
    at_rest = [abs(each.error) for each in trial.unseen if each.bound == UNSEEN_COUNTS]
    assert len(trial.unseen) < 50, "of these, 20 are single low bits, and the rest lost pulses among the last nine"
    assert max(at_rest) <= UNSEEN_COUNTS
    assert sorted(at_rest)[len(at_rest) // 2] <= NOISE_COUNTS, "half of them are smaller than one sd of noise"
    assert sum(error > 6 * NOISE_COUNTS for error in at_rest) <= 8


def test_the_others_are_flagged_by_the_check_that_is_for_them(trial: Trial) -> None:
    for flag in (Flag.LONG_PULSE, Flag.DOUT_LOW_AFTER_FRAME, Flag.SATURATED, Flag.ALL_ONES, Flag.PERIOD, Flag.SPIKE):
        assert trial.flagged[flag.name or ""] >= 40, flag
    assert sum(trial.flagged.values()) < 0.02 * trial.frames, "and a fault costs its own frames, not the session"


def test_faults_in_one_channel_leave_the_others_alone() -> None:
    faults = [each for each in laid_out(every_fault(2, 1), 2, SESSION_S) if each.channel == Channel.BACK_LEFT]
    outcome = run_trial(2, 60, [each for each in faults if (each.at_s or 0) < 58])
    assert outcome.injected > 10
    for channel in CORNERS:
        flags = [sample.flags for sample in outcome.channels[channel] if sample.flags != Flag.SETTLING]
        assert any(flags) == (channel == Channel.BACK_LEFT)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_faults_next_to_nothing_is_flagged_however_somebody_moves(seed: int) -> None:
    outcome = run_trial(seed, 75, [])
    assert outcome.flagged.pop("SETTLING") == 16
    assert outcome.flagged.total() <= 2, "while a model body stumbles"
    assert outcome.unseen == []


def test_an_extra_pulse_is_seen_in_hindsight_wherever_it_strikes() -> None:
    faults = [
        PlannedFault("shifted-bit", 2 + pulse, Channel.FRONT_LEFT, pulse=pulse, extra_pulses=1)
        for pulse in range(1, 26)
    ]
    outcome = run_trial(4, 30, faults, move=False)
    assert outcome.unseen == []
    struck_ns = [at_ns for at_ns, _ in outcome.source.played]
    for at_ns in struck_ns:
        after = [sample for sample in outcome.channels[Channel.FRONT_LEFT] if sample.t_ns >= at_ns]
        assert after[0].flags & Flag.PERIOD, f"frame struck at {(at_ns - START_NS) / S:.1f} s"


def test_the_same_seed_plays_the_same_session() -> None:
    faults = [PlannedFault("spike"), PlannedFault("preempted-pulse"), PlannedFault("missing-channel")]
    first, second = (run_trial(5, 61, faults, move=False) for _ in range(2))
    assert first.channels == second.channels
    assert first.source.played == second.source.played
    assert first.source.played != run_trial(6, 61, faults, move=False).source.played
