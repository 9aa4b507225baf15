"""The HX711 driver against the virtual chip, pin by pin, and against lines that say exactly what was done to them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.clock import VirtualClock
from hardware.hx711 import SETTLING_FRAMES, Hx711, RateEstimate, code_flags
from hardware.pins import Lines
from hardware.restart import POWER_DOWN_NS, READY_TIMEOUT_NS, SETTLE_TIMEOUT_NS
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.hx711 import Disturbance, VirtualHx711
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank

PERIOD_NS = 10_702_000
MS = 1_000_000
counts_24_bit = st.integers(-0x800000, 0x7FFFFF)


class OneChip:
    """A deck with one chip, its driver, and a reader that serves every edge as the acquisition does."""

    def __init__(self, conversion: Callable[[int, int], int], period_ns: int = PERIOD_NS) -> None:
        self.clock = VirtualClock()
        self.oscillator = Oscillator(self.clock.t_ns + 50 * MS, period_ns)
        self.chip = VirtualHx711(self.oscillator, conversion)
        self.bank = VirtualPinBank({Channel.BACK_LEFT: self.chip}, self.clock)
        self.driver = Hx711(Channel.BACK_LEFT, self.bank.lines(Channel.BACK_LEFT))

    def next_ready(self, within_ns: int = 1_000 * MS) -> int:
        edge = self.bank.wait_ready(self.clock.t_ns + within_ns)
        assert edge is not None, "the chip never became ready"
        return edge[1]

    def frame(self) -> Sample:
        return self.driver.read_frame(self.next_ready())

    def frames(self, count: int) -> list[Sample]:
        return [self.frame() for _ in range(count)]

    def settled(self) -> "OneChip":
        self.frames(SETTLING_FRAMES)
        return self


@given(counts=counts_24_bit)
def test_every_24_bit_value_is_read_exactly(counts: int) -> None:
    sample = OneChip(lambda k, t_ns: counts).settled().frame()
    assert sample.values == (counts, 0, 0, 0, 0, 0)
    assert sample.flags == code_flags(counts & 0xFFFFFF)


@pytest.mark.parametrize("counts", [0, 1, -2, 0x7FFFFE, -0x7FFFFF, 123_456, -123_456])
def test_ordinary_values_carry_no_flag(counts: int) -> None:
    assert OneChip(lambda k, t_ns: counts).settled().frame().flags == Flag.GOOD


@pytest.mark.parametrize(
    ("conversion", "counts", "flag"),
    [
        (9_000_000, 0x7FFFFF, Flag.SATURATED),
        (-9_000_000, -0x800000, Flag.SATURATED),
        (0x7FFFFF, 0x7FFFFF, Flag.SATURATED),
        (-1, -1, Flag.ALL_ONES),
    ],
)
def test_codes_that_cannot_be_trusted_are_flagged(conversion: int, counts: int, flag: Flag) -> None:
    sample = OneChip(lambda k, t_ns: conversion).settled().frame()
    assert (sample.values[0], sample.flags) == (counts, flag)


def test_a_sample_is_stamped_with_the_moment_the_chip_was_ready() -> None:
    deck = OneChip(lambda k, t_ns: k)
    samples = deck.frames(50)
    assert [s.t_ns for s in samples] == [deck.oscillator.ready_ns(k) for k in range(50)]
    assert [s.values[0] for s in samples] == list(range(50))
    assert {s.channel for s in samples} == {Channel.BACK_LEFT}


def numbered_from(first: int) -> Callable[[int, int], int]:
    return lambda k, t_ns: 1000 * k + first


def test_four_free_running_chips_are_each_read_completely_and_in_order() -> None:
    clock = VirtualClock()
    oscillators = {c: Oscillator.from_seed(7, c, clock.t_ns) for c in CORNERS}
    chips = {c: VirtualHx711(o, numbered_from(c)) for c, o in oscillators.items()}
    bank = VirtualPinBank(chips, clock)
    drivers = {c: Hx711(c, bank.lines(c)) for c in CORNERS}
    end_ns = clock.t_ns + 3_000 * MS
    samples: dict[Channel, list[Sample]] = {c: [] for c in CORNERS}
    while (edge := bank.wait_ready(end_ns)) is not None:
        channel, ready_ns, _ = edge
        samples[channel].append(drivers[channel].read_frame(ready_ns))
    for channel, oscillator in oscillators.items():
        indices = oscillator.index_range(0, end_ns)
        assert [s.t_ns for s in samples[channel]] == [oscillator.ready_ns(k) for k in indices]
        assert [s.values[0] for s in samples[channel]] == [1000 * k + channel for k in indices]
        assert [s.flags for s in samples[channel]] == [Flag.SETTLING] * 4 + [Flag.GOOD] * (len(indices) - 4)
        assert chips[channel].unread == chips[channel].communication_errors == chips[channel].power_downs == 0


class RecordedLines(Lines):
    """Lines on which DOUT gives prepared levels and every call is written down."""

    def __init__(self, levels: list[int]) -> None:
        self.calls: list[str] = []
        self.levels = iter(levels)
        self.t_ns = 0
        self.drained_ns = -1

    def sck(self, level: int) -> None:
        self.t_ns += 1000
        self.calls.append(f"sck {level}")

    def dout(self) -> int:
        self.t_ns += 1000
        self.calls.append("dout")
        return next(self.levels)

    def now_ns(self) -> int:
        return self.t_ns

    def drain(self, until_ns: int) -> None:
        self.drained_ns = until_ns
        self.calls.append("drain")


def test_a_frame_is_25_pulses_with_dout_read_after_each_falls_and_ends_by_dropping_its_false_edges() -> None:
    lines = RecordedLines([0, 1] * 12 + [1])
    sample = Hx711(Channel.FRONT_LEFT, lines).read_frame(0)
    assert lines.calls == ["sck 0"] + ["sck 1", "sck 0", "dout"] * 25 + ["drain"]
    assert lines.drained_ns == lines.t_ns - 1000, "up to the fall of the last pulse"
    assert sample.values[0] == 0b0101_0101_0101_0101_0101_0101


def test_a_pulse_over_50_us_is_flagged_and_what_follows_settles() -> None:
    deck = OneChip(lambda k, t_ns: 0x2AAAAA).settled()
    deck.chip.disturb(Disturbance(pulse=7, hold_ns=52_000))
    samples = deck.frames(6)
    assert [s.flags for s in samples] == [Flag.LONG_PULSE] + [Flag.SETTLING] * 4 + [Flag.GOOD]
    assert deck.chip.power_downs == 0
    assert deck.driver.flagged_by[Flag.LONG_PULSE] == 1


@pytest.mark.parametrize("pulse", [1, 2, 13, 24, 25])
def test_a_chip_that_powered_down_in_mid_frame_is_flagged_and_comes_back_by_itself(pulse: int) -> None:
    deck = OneChip(lambda k, t_ns: 0x2AAAAA).settled()
    deck.chip.disturb(Disturbance(pulse=pulse, hold_ns=80_000))
    torn = deck.frame()
    assert torn.flags & Flag.LONG_PULSE
    assert deck.chip.power_downs == 1
    after = deck.frames(6)
    assert [s.flags for s in after] == [Flag.SETTLING] * 4 + [Flag.GOOD] * 2
    assert {s.values[0] for s in after} == {0x2AAAAA}
    assert 4 * PERIOD_NS < after[0].t_ns - torn.t_ns < 5 * PERIOD_NS


def test_a_pulse_just_under_50_us_is_good() -> None:
    deck = OneChip(lambda k, t_ns: 77).settled()
    deck.chip.disturb(Disturbance(pulse=3, hold_ns=47_000))
    assert deck.frame().flags == Flag.GOOD


@given(counts=counts_24_bit.filter(lambda c: c % 2 == 0), pulse=st.integers(1, 25))
def test_a_frame_shifted_by_a_lost_pulse_is_flagged_when_its_last_bit_is_low(counts: int, pulse: int) -> None:
    deck = OneChip(lambda k, t_ns: counts).settled()
    deck.chip.disturb(Disturbance(pulse=pulse, extra_pulses=-1))
    assert deck.frame().flags & Flag.DOUT_LOW_AFTER_FRAME
    late, good = deck.frames(2)
    assert late.flags == code_flags(counts & 0xFFFFFF) | Flag.PERIOD, "DOUT stayed low: a conversion without an edge"
    assert good.flags == code_flags(counts & 0xFFFFFF)
    assert (late.values, good.values) == ((counts, 0, 0, 0, 0, 0),) * 2, "each frame starts anew"


def test_an_extra_pulse_shows_in_the_next_interval_and_no_value_of_the_wrong_gain_is_good() -> None:
    deck = OneChip(lambda k, t_ns: 40_000).settled()
    deck.chip.disturb(Disturbance(pulse=5, extra_pulses=1))
    doubled, other_channel, back, good = deck.frames(4)
    assert doubled.values[0] == 80_001
    assert other_channel.values[0] == 0
    assert other_channel.flags == Flag.PERIOD
    assert (back.values[0], back.flags) == (40_000, Flag.PERIOD)
    assert (good.values[0], good.flags) == (40_000, Flag.GOOD)


def test_a_line_stuck_high_reads_all_ones_and_a_line_stuck_low_is_low_after_the_frame() -> None:
    deck = OneChip(lambda k, t_ns: 5).settled()
    ready_ns = deck.next_ready()
    deck.chip.stuck = 1
    high = deck.driver.read_frame(ready_ns)
    deck.chip.stuck = 0
    low = deck.driver.read_frame(ready_ns + PERIOD_NS)
    assert (high.flags, high.values[0]) == (Flag.ALL_ONES, -1)
    assert low.flags & Flag.DOUT_LOW_AFTER_FRAME
    assert low.values[0] == 0


@pytest.mark.parametrize("level", [0, 1])
def test_a_stuck_line_is_never_ready_and_the_wait_ends_on_time(level: int) -> None:
    deck = OneChip(lambda k, t_ns: 5).settled()
    deck.chip.stuck = level
    until_ns = deck.clock.t_ns + 1_000 * MS
    assert deck.bank.wait_ready(until_ns) is None
    assert deck.clock.t_ns == until_ns


def test_a_restart_is_a_step_at_a_time_and_the_chip_then_settles() -> None:
    deck = OneChip(lambda k, t_ns: 5).settled()
    deck.frame()
    down_ns = deck.clock.t_ns + READY_TIMEOUT_NS + MS
    deck.clock.t_ns = down_ns
    deck.driver.watch(down_ns)
    assert deck.driver.serve(down_ns) == (), "SCK is high: nothing can be ready"
    deck.driver.watch(down_ns + POWER_DOWN_NS - 1)
    assert deck.chip.power_downs == 0
    assert deck.clock.t_ns - down_ns < 10_000, "nobody waited"
    deck.clock.t_ns = down_ns + POWER_DOWN_NS
    deck.driver.watch(deck.clock.t_ns)
    assert deck.chip.power_downs == 1
    samples = deck.frames(5)
    assert [s.flags for s in samples] == [Flag.SETTLING] * 4 + [Flag.GOOD]
    assert samples[0].t_ns >= down_ns + POWER_DOWN_NS + 4 * PERIOD_NS
    status = deck.driver.status()
    assert (status.restarts, status.ready_timeouts, status.settle_timeouts) == (1, 1, 0)


def test_eight_frames_of_nonsense_in_a_row_ask_for_a_restart_and_seven_do_not() -> None:
    deck = OneChip(lambda k, t_ns: -1 if 10 <= k < 17 or k >= 30 else 5).settled()
    deck.frames(26)
    deck.driver.watch(deck.clock.t_ns)
    assert deck.driver.status().restarts == 0
    deck.frames(8)
    deck.driver.watch(deck.clock.t_ns)
    assert deck.driver.status().restarts == 1


def test_an_edge_that_comes_too_soon_touches_no_pin() -> None:
    lines = RecordedLines([0] + [0] * 24 + [1])
    driver = Hx711(Channel.FRONT_LEFT, lines)
    lines.t_ns = 100 * MS
    assert len(driver.serve(100 * MS)) == 1
    lines.calls.clear()
    assert driver.serve(104 * MS) == ()
    assert lines.calls == []
    assert driver.false_edges == 1


def test_an_edge_after_which_dout_is_high_is_no_conversion() -> None:
    lines = RecordedLines([1])
    driver = Hx711(Channel.FRONT_LEFT, lines)
    lines.t_ns = 100 * MS
    lines.calls.clear()
    assert driver.serve(100 * MS) == ()
    assert lines.calls == ["dout"]
    assert driver.status().false_edges == 1


def test_a_chip_that_comes_back_after_a_silence_counts_as_settling() -> None:
    deck = OneChip(lambda k, t_ns: 5).settled()
    deck.chip.stuck = 1
    deck.clock.t_ns += READY_TIMEOUT_NS + MS
    deck.driver.watch(deck.clock.t_ns)  # down
    deck.clock.t_ns += POWER_DOWN_NS
    deck.driver.watch(deck.clock.t_ns)  # up, and nobody there
    deck.clock.t_ns += SETTLE_TIMEOUT_NS
    deck.driver.watch(deck.clock.t_ns)  # a pause of a second
    deck.chip.stuck = None
    assert [s.flags & Flag.SETTLING for s in deck.frames(5)] == [Flag.SETTLING] * 4 + [0]


def test_a_missing_conversion_makes_the_next_one_late() -> None:
    deck = OneChip(lambda k, t_ns: k).settled()
    deck.clock.t_ns += 2 * PERIOD_NS
    samples = deck.frames(3)
    assert [s.flags for s in samples] == [Flag.PERIOD, Flag.GOOD, Flag.GOOD]
    assert deck.chip.unread > 0


@given(late_ns=st.integers(PERIOD_NS - 180_000, 2 * PERIOD_NS))
def test_a_frame_that_the_chip_overtook_while_it_waited_is_never_good(late_ns: int) -> None:
    deck = OneChip(lambda k, t_ns: 0x155555 + k).settled()
    ready_ns = deck.next_ready()
    deck.clock.t_ns = ready_ns + late_ns
    assert deck.driver.read_frame(ready_ns).flags & Flag.PERIOD
    deck.frame()
    assert deck.frame().flags == Flag.GOOD


@given(late_ns=st.integers(0, PERIOD_NS - 200_000))
def test_a_frame_read_late_but_in_time_is_good_and_keeps_its_stamp(late_ns: int) -> None:
    deck = OneChip(lambda k, t_ns: 1000 + k).settled()
    ready_ns = deck.next_ready()
    deck.clock.t_ns = ready_ns + late_ns
    sample = deck.driver.read_frame(ready_ns)
    assert (sample.flags, sample.t_ns, sample.values[0]) == (Flag.GOOD, ready_ns, 1004)


def test_the_counters_count_frames_and_each_flag() -> None:
    deck = OneChip(lambda k, t_ns: -1 if k == 6 else 9_000_000 if k == 7 else 0)
    deck.frames(10)
    assert (deck.driver.frames, deck.driver.flagged) == (10, 6)
    assert deck.driver.flagged_by == {
        Flag.LONG_PULSE: 0,
        Flag.DOUT_LOW_AFTER_FRAME: 0,
        Flag.SATURATED: 1,
        Flag.ALL_ONES: 1,
        Flag.PERIOD: 0,
        Flag.SETTLING: 4,
    }


@pytest.mark.parametrize("period_ns", [10_274_000, 10_702_000, 11_130_000, 85_635_000])
def test_the_measured_rate_is_the_chip_s_own(period_ns: int) -> None:
    deck = OneChip(lambda k, t_ns: 0, period_ns)
    assert deck.driver.rate_hz is None
    deck.frames(10)
    assert deck.driver.rate_hz == pytest.approx(1e9 / period_ns)


def test_a_rate_learned_from_a_first_interval_that_was_wrong_is_unlearned() -> None:
    estimate = RateEstimate()
    times = [0, 2 * PERIOD_NS, *(PERIOD_NS * k for k in range(3, 12))]
    accepted = [estimate.accepts(t) for t in times]
    assert accepted == [True, True] + [False] * 4 + [True] * 5
    assert estimate.period_ns == pytest.approx(PERIOD_NS)


@given(period_ns=st.integers(10_000_000, 13_333_333), unread=st.integers(0, 2))
def test_a_first_interval_with_unread_conversions_in_it_is_the_period_of_an_honest_chip_all_the_same(
    period_ns: int, unread: int
) -> None:
    estimate = RateEstimate(most_conversions=3)
    assert estimate.accepts(0)
    assert estimate.accepts((1 + unread) * period_ns)
    assert estimate.period_ns == pytest.approx(period_ns)


def test_a_chip_at_ten_samples_a_second_is_not_taken_for_an_honest_one_that_is_rarely_read() -> None:
    estimate = RateEstimate(most_conversions=3)
    assert all(estimate.accepts(k * 100_000_000) for k in range(3))
    assert estimate.period_ns == 100_000_000


@given(jitter=st.lists(st.integers(-200_000, 200_000), min_size=20, max_size=60))
def test_the_estimate_tolerates_stamps_that_jitter(jitter: list[int]) -> None:
    estimate = RateEstimate()
    assert all(estimate.accepts(k * PERIOD_NS + j) for k, j in enumerate(jitter))
    assert estimate.period_ns == pytest.approx(PERIOD_NS, rel=0.05)


def test_a_time_that_is_not_known_well_enough_is_refused_and_costs_the_next_one_nothing() -> None:
    estimate = RateEstimate()
    assert all(estimate.accepts(k * PERIOD_NS) for k in range(3))
    assert not estimate.accepts(3 * PERIOD_NS + 1_200_000, error_ns=1_200_000)
    assert [estimate.accepts(k * PERIOD_NS) for k in (4, 5)] == [True, True]
    assert estimate.period_ns == PERIOD_NS


@pytest.mark.parametrize("untimed", [1, 2, 3])
def test_a_conversion_that_is_missing_among_untimed_ones_is_noticed(untimed: int) -> None:
    estimate = RateEstimate()
    assert all(estimate.accepts(k * PERIOD_NS) for k in range(3))
    for k in range(3, 3 + untimed):
        assert not estimate.accepts(k * PERIOD_NS, error_ns=1_200_000)
    assert not estimate.accepts((4 + untimed) * PERIOD_NS)
    assert estimate.accepts((5 + untimed) * PERIOD_NS)


@given(errors=st.lists(st.tuples(st.integers(0, 1_000_000), st.floats(-1, 1)), min_size=70, max_size=90))
def test_times_within_what_they_may_be_off_by_are_never_refused(errors: list[tuple[int, float]]) -> None:
    estimate = RateEstimate()
    assert all(estimate.accepts(k * PERIOD_NS) for k in range(8))
    assert all(estimate.accepts(k * PERIOD_NS + int(e * off), e) for k, (e, off) in enumerate(errors, start=8))


@given(error_ns=st.integers(0, 900_000))
def test_a_frame_that_may_have_been_overtaken_is_flagged(error_ns: int) -> None:
    deck = OneChip(lambda k, t_ns: k).settled()
    ready_ns = deck.next_ready()
    deck.clock.t_ns = ready_ns + PERIOD_NS - 200_000 - error_ns
    assert deck.driver.read_frame(ready_ns + error_ns, error_ns).flags == Flag.GOOD
    ready_ns = deck.next_ready()
    deck.clock.t_ns = ready_ns + PERIOD_NS - 180_000 - error_ns
    assert deck.driver.read_frame(ready_ns, error_ns).flags == Flag.PERIOD
