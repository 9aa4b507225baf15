"""When a chip is restarted: deadlines only, no pins, no waiting."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hardware.restart import (
    NONSENSE_FRAMES,
    PAUSES_NS,
    POWER_DOWN_NS,
    READY_TIMEOUT_NS,
    SETTLE_TIMEOUT_NS,
    RestartPolicy,
    Step,
)

MS = 1_000_000
S = 1_000 * MS


def steps_of_a_dead_chip(until_ns: int) -> list[tuple[Step, int]]:
    """Ask every 10 ms from the moment of the last good frame, 0."""
    policy = RestartPolicy(-S)
    policy.heard(0, good=True, nonsense=False)
    return [(step, t) for t in range(0, until_ns, 10 * MS) if (step := policy.due(t)) is not None]


def test_a_dead_chip_is_tried_again_after_growing_pauses_and_then_once_a_minute() -> None:
    tries = [t for step, t in steps_of_a_dead_chip(600 * S) if step is Step.POWER_DOWN]
    assert tries[0] == READY_TIMEOUT_NS
    cycle_ns = POWER_DOWN_NS + SETTLE_TIMEOUT_NS
    gaps = [b - a - cycle_ns for a, b in itertools.pairwise(tries)]
    expected = [*PAUSES_NS[1:], *[PAUSES_NS[-1]] * len(gaps)][: len(gaps)]
    assert all(abs(gap - pause) <= 20 * MS for gap, pause in zip(gaps, expected, strict=True))
    assert 12 <= len(tries) <= 16, "in ten minutes, where every second would make 500"


def test_every_power_down_is_followed_by_a_power_up_10_ms_later() -> None:
    steps = steps_of_a_dead_chip(100 * S)
    assert [step for step, _ in steps[:4]] == [Step.POWER_DOWN, Step.POWER_UP] * 2
    assert steps[1][1] - steps[0][1] == POWER_DOWN_NS


def test_a_chip_just_switched_on_has_a_second_and_one_that_runs_a_quarter() -> None:
    fresh = RestartPolicy(0)
    assert fresh.due(SETTLE_TIMEOUT_NS - 1) is None
    fresh.heard(0, good=True, nonsense=False)
    assert fresh.due(READY_TIMEOUT_NS - 1) is None
    assert fresh.due(READY_TIMEOUT_NS) is Step.POWER_DOWN
    assert (fresh.restarts, fresh.ready_timeouts, fresh.settle_timeouts) == (1, 1, 0)


def test_a_conversion_during_the_pause_calls_the_next_restart_off() -> None:
    policy = RestartPolicy(0)
    t_ns = SETTLE_TIMEOUT_NS
    policy.due(t_ns)  # no answer: a pause of 0
    assert policy.due(t_ns) is Step.POWER_DOWN
    assert policy.due(t_ns + POWER_DOWN_NS) is Step.POWER_UP
    t_ns += POWER_DOWN_NS + SETTLE_TIMEOUT_NS
    assert policy.due(t_ns) is None
    policy.heard(t_ns + 500 * MS, good=False, nonsense=False)
    assert policy.running
    assert policy.due(t_ns + 500 * MS + READY_TIMEOUT_NS - 1) is None


def test_nonsense_is_no_sign_of_life() -> None:
    policy = RestartPolicy(0)
    for k in range(200):
        policy.heard(k * 10 * MS, good=False, nonsense=True)
    assert not policy.running
    assert policy.due(2 * S) is None, "settle time-out, then a pause of 0"
    assert policy.due(2 * S) is Step.POWER_DOWN


def test_eight_frames_of_nonsense_in_a_row_are_one_too_many() -> None:
    policy = RestartPolicy(0)
    policy.heard(0, good=True, nonsense=False)
    for k in range(NONSENSE_FRAMES - 1):
        policy.heard(k, good=False, nonsense=True)
    assert policy.due(k) is None
    policy.heard(k, good=False, nonsense=True)
    assert policy.due(k) is Step.POWER_DOWN


def test_only_a_hundred_good_frames_make_the_pauses_short_again() -> None:
    policy = RestartPolicy(0)
    pauses = []
    t_ns = 0
    for good_frames in (1, 1, 1, 150, 1):
        for _ in range(good_frames):
            t_ns += 10 * MS
            policy.heard(t_ns, good=True, nonsense=False)
        t_ns += READY_TIMEOUT_NS
        silent_ns = t_ns
        while policy.due(t_ns) is None:
            t_ns += 10 * MS
        pauses.append(t_ns - silent_ns)
        t_ns += POWER_DOWN_NS
        assert policy.due(t_ns) is Step.POWER_UP
    assert pauses == [0, 1 * S, 2 * S, 0, 1 * S]


@given(st.lists(st.tuples(st.integers(0, 3 * S), st.sampled_from(["due", "good", "flagged", "nonsense"])), max_size=60))
def test_whatever_comes_a_power_up_follows_each_power_down_and_no_two_of_a_kind(
    script: list[tuple[int, str]],
) -> None:
    policy = RestartPolicy(0)
    t_ns, taken = 0, []
    for passed_ns, event in script:
        t_ns += passed_ns
        if event == "due":
            taken.append(policy.due(t_ns))
        elif not policy.powered_down:  # a powered-down chip has no frames
            policy.heard(t_ns, good=event == "good", nonsense=event == "nonsense")
    steps = [step for step in taken if step]
    assert steps == [Step.POWER_DOWN, Step.POWER_UP] * (len(steps) // 2) + [Step.POWER_DOWN] * (len(steps) % 2)
    assert policy.powered_down == bool(len(steps) % 2)
    assert policy.restarts == (len(steps) + 1) // 2
