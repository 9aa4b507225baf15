"""Millions of frames: the trial of tests/hardware/test_fault_trial.py under many seeds."""

import pytest

from tests.hardware.fault_trial import every_fault, laid_out, run_trial

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", range(100, 130))
def test_no_frame_is_wrong_without_a_flag(seed: int) -> None:
    trial = run_trial(seed, 600, laid_out(every_fault(seed, 2), seed, 600))
    assert trial.frames >= 210_000
    assert [each for each in trial.unseen if abs(each.error) > each.bound] == []
