"""One suite over every way to reach four HX711s: every backend, every reader, own clock lines and a shared one.

`conftest.py` says how to run it over lines that a kernel has; nothing here depends on the time being virtual.
"""

import pytest

from hardware.errors import NotPresentError, SettingError
from hardware.hx711 import SETTLING_FRAMES
from hardware.plausibility import LOOK_AHEAD
from hardware.restart import PAUSES_NS, READY_TIMEOUT_NS, SETTLE_TIMEOUT_NS
from hardware.sensor import CORNERS, Channel, Flag
from hardware.virtual.hx711 import Disturbance
from tests.hardware.pin_deck import MS, PinDeck, number_of

S = 1_000 * MS
ODD = Channel.FRONT_RIGHT
OTHERS = tuple(channel for channel in CORNERS if channel != ODD)


def test_every_conversion_is_read_once_and_nothing_is_wrong_with_it(pin_deck: PinDeck) -> None:
    for channel, samples in pin_deck.run(2 * S).items():
        pin_deck.check(samples)
        assert len(samples) > 150
        assert [sample.flags for sample in samples[:SETTLING_FRAMES]] == [Flag.SETTLING] * SETTLING_FRAMES
        flagged = [sample for sample in samples[SETTLING_FRAMES:] if sample.flags]
        numbers = [number_of(sample) or 0 for sample in samples]
        if pin_deck.shared_clock:  # chips that are faster than the slowest one lose conversions, each known to be lost
            assert len(flagged) <= 3
            assert numbers[-1] - numbers[0] < 1.15 * len(samples)
        else:
            assert flagged == []
            assert numbers == list(range(numbers[0], numbers[0] + len(samples)))
        assert pin_deck.powered_down(channel) == 0


def test_the_first_samples_come_at_once_though_the_chips_were_ready_long_before(pin_deck: PinDeck) -> None:
    opened_ns = pin_deck.clock.now_ns()
    for samples in pin_deck.run(250 * MS).values():
        assert samples[0].t_ns - opened_ns < (80 if pin_deck.backend == "rpigpio" else 25) * MS


def test_the_counters_agree_with_what_came(pin_deck: PinDeck) -> None:
    came = pin_deck.run(2 * S)
    for channel, samples in came.items():
        status = pin_deck.status(channel)
        held_back = status.frames - len(samples)
        assert 0 <= held_back <= LOOK_AHEAD
        assert 0 <= status.flagged - sum(bool(sample.flags) for sample in samples) <= held_back
        assert status.flagged_by["settling"] == SETTLING_FRAMES
        assert (status.restarts, status.ready_timeouts, status.lost_edges) == (0, 0, 0)
        assert status.rate_hz == pytest.approx(1e9 / pin_deck.chips.period_ns(channel), rel=0.01)


@pytest.mark.parametrize("pulse", [1, 13, 25])
def test_a_pulse_that_powers_the_chip_down_is_flagged_and_what_follows_settles(pin_deck: PinDeck, pulse: int) -> None:
    pin_deck.settled()
    pin_deck.chips.disturb(ODD, Disturbance(pulse=pulse, hold_ns=80_000))
    came = pin_deck.run(S)
    assert pin_deck.powered_down(ODD) == 1
    for samples in came.values():
        pin_deck.check(samples)
    torn = next(i for i, sample in enumerate(came[ODD]) if sample.flags & Flag.LONG_PULSE)
    after = came[ODD][torn + 1 :]
    assert [sample.flags for sample in after[:SETTLING_FRAMES]] == [Flag.SETTLING] * SETTLING_FRAMES
    assert sum(bool(sample.flags) for sample in after[SETTLING_FRAMES:]) <= (1 if pin_deck.shared_clock else 0)
    assert pin_deck.status(ODD).restarts == 0, "it came back by itself"
    for channel in OTHERS:
        long_pulses = sum(bool(sample.flags & Flag.LONG_PULSE) for sample in came[channel])
        assert long_pulses == (1 if pin_deck.shared_clock else 0)


def test_a_frame_that_lost_a_pulse_is_flagged_and_the_next_one_is_good(pin_deck: PinDeck) -> None:
    pin_deck.settled()
    pin_deck.chips.disturb(ODD, Disturbance(pulse=9, extra_pulses=-1))
    samples = pin_deck.run(S)[ODD]
    pin_deck.check(samples)
    shifted = next(i for i, sample in enumerate(samples) if sample.flags & Flag.DOUT_LOW_AFTER_FRAME)
    # a line that stays low, as the last bit of the shifted value leaves it, has no edge at the next conversion
    assert sum(bool(sample.flags) for sample in samples[shifted + 1 :]) <= 1


def test_after_a_pulse_too_many_every_value_of_the_other_gain_is_flagged(pin_deck: PinDeck) -> None:
    pin_deck.settled()
    pin_deck.chips.disturb(ODD, Disturbance(pulse=24, extra_pulses=1))
    samples = pin_deck.run(S)[ODD]
    pin_deck.check(samples)
    late = [sample for sample in samples if sample.flags & Flag.PERIOD]
    assert len(late) == 4
    assert late[0].values[0] != 0, "the frame itself and the one before the pause: doubted in hindsight"
    assert [sample.values[0] for sample in late[1:3]].count(0) >= 1, "channel B, on which nothing is connected"
    assert samples[-1].flags == 0


@pytest.mark.parametrize("level", [0, 1])
def test_a_dead_line_is_restarted_ever_more_rarely_and_costs_the_others_nothing(pin_deck: PinDeck, level: int) -> None:
    pin_deck.settled()
    pin_deck.chips.stick(ODD, level)
    tries = 2
    first_ns = READY_TIMEOUT_NS + sum(PAUSES_NS[:tries]) + tries * SETTLE_TIMEOUT_NS
    came = pin_deck.run(first_ns)
    status = pin_deck.status(ODD)
    assert status.restarts == tries
    assert status.ready_timeouts <= 1, "none when it was nonsense that gave it away"
    assert status.settle_timeouts in (tries - 1, tries)
    assert all(sample.flags for sample in came[ODD][2:]), "what was being read when the line died may be good"
    for channel in OTHERS:
        pin_deck.check(came[channel])
        if pin_deck.shared_clock:
            assert len(came[channel]) > first_ns / S * 70, "two restarts of all"
        else:
            assert len(came[channel]) > first_ns / S * 88
            assert sum(bool(sample.flags) for sample in came[channel]) == 0


@pytest.mark.parametrize("level", [0, 1])
def test_a_chip_that_is_plugged_in_again_settles_and_goes_on(pin_deck: PinDeck, level: int) -> None:
    pin_deck.settled()
    pin_deck.chips.stick(ODD, level)
    pin_deck.run(2 * S)
    pin_deck.chips.stick(ODD, None)
    samples = pin_deck.run(S)[ODD]
    pin_deck.check(samples)
    assert len(samples) > 60
    assert any(sample.flags & Flag.SETTLING for sample in samples[:6])
    assert sum(bool(sample.flags) for sample in samples[6:]) <= (2 if pin_deck.shared_clock else 0)


def test_conversions_that_were_not_fetched_in_time_are_known_to_be_missing(pin_deck: PinDeck) -> None:
    pin_deck.settled()
    for _ in range(5):
        pin_deck.pass_time(33 * MS)
        for samples in pin_deck.run(150 * MS).values():
            pin_deck.check(samples)
            if not pin_deck.shared_clock:
                # the last two before the pause, held back, one of them doubted; and the first two after it
                assert sum(bool(sample.flags) for sample in samples[4:]) == 0


def test_closing_leaves_the_clock_lines_low_so_that_no_chip_sleeps(pin_deck: PinDeck) -> None:
    pin_deck.settled()
    pin_deck.source.close()
    pin_deck.source.close()
    pin_deck.pass_time(100 * MS)
    assert [pin_deck.powered_down(channel) for channel in CORNERS] == [0] * 4


def test_lines_are_given_out_as_they_are_wired(pin_deck: PinDeck) -> None:
    if pin_deck.shared_clock:
        pin_deck.bank.shared_lines()
        with pytest.raises(SettingError):
            pin_deck.bank.lines(ODD)
    else:
        with pytest.raises(SettingError):
            pin_deck.bank.shared_lines()
        with pytest.raises(NotPresentError):
            pin_deck.bank.lines(Channel.DECK_IMU)
