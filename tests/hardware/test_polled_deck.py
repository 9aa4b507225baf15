"""A deck whose lines are polled, where looking takes its real time: a slow library, an IMU on a slow bus, and stalls.

Each access to a line takes what rpi-lgpio takes on a core like a Pi 4's (tests/virtual_pi), so a frame takes 1 ms.
"""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardware.acquire import Acquisition
from hardware.clock import VirtualClock
from hardware.hx711 import PERIOD_TOLERANCE
from hardware.readers import build_chips
from hardware.ring import RingWriter
from hardware.rpigpio_pins import RpigpioPinBank
from hardware.sensor import CORNERS, Channel, Flag, Sample
from tests.hardware.fake_rpigpio import FakeRpiGpio
from tests.hardware.line_world import LineWorld
from tests.hardware.pin_chips import COUNTS_REPEAT, VirtualChips
from tests.hardware.pin_deck import MS, counts, number_of

GPIO_NS = 13_000
BUS_PART = 0.1  # what 208 samples/s take of a 400 kHz bus
LOOK_AT_FIFO_NS = 300_000
ODD = Channel.BACK_LEFT


class BusyImu:
    """An IMU that takes its time on the bus, and gives nothing."""

    channel = Channel.DECK_IMU

    def __init__(self, clock: VirtualClock) -> None:
        self._clock, self._drained_ns = clock, clock.t_ns

    def drain(self) -> list[Sample]:
        since_ns, self._drained_ns = self._clock.t_ns - self._drained_ns, self._clock.t_ns
        self._clock.t_ns += LOOK_AT_FIFO_NS + round(BUS_PART * since_ns)
        return []


class PolledDeck:
    def __init__(self, imus: int = 0) -> None:
        self.chips = VirtualChips()
        self.clock = self.chips.clock
        self.chips.power_on(counts, shared_clock=False)
        self.clock.t_ns += 1_000 * MS
        lines = self.chips.clock_lines, self.chips.data_lines
        world = LineWorld(self.chips.chips, self.clock, *lines, gpio_ns=GPIO_NS)
        bank = RpigpioPinBank(*lines, self.clock, FakeRpiGpio(world))
        ring = RingWriter.in_memory(slots=1 << 14)
        self.reader = ring.reader()
        self.source = Acquisition(bank, build_chips(bank), [BusyImu(self.clock) for _ in range(imus)], ring, self.clock)
        self.run(300 * MS)  # settled

    def run(self, duration_ns: int) -> dict[Channel, list[Sample]]:
        """Service the deck; each sample without a flag must be the conversion of its stamp, to a tenth of one."""
        end_ns = self.clock.t_ns + duration_ns
        while self.clock.t_ns < end_ns:
            self.source.service(min(end_ns, self.clock.t_ns + 20 * MS))
        came = self.reader.read()
        for sample in came:
            if not sample.flags:
                oscillator = self.chips.chips[Channel(sample.channel)].oscillator
                k = round((sample.t_ns - oscillator.first_ready_ns) / oscillator.period_ns)
                assert number_of(sample) == k % COUNTS_REPEAT
                off_ns = sample.t_ns - oscillator.ready_ns(k)
                assert abs(off_ns) <= PERIOD_TOLERANCE * 1.01 * oscillator.period_ns, f"{sample}: {off_ns} ns off"
        return {channel: [sample for sample in came if sample.channel == channel] for channel in CORNERS}

    def stall_around_a_conversion(self, before_ns: int, stall_ns: int) -> int:
        """Be away from `before_ns` before a conversion of the odd chip, for so long; return which one it was."""
        oscillator = self.chips.chips[ODD].oscillator
        k = oscillator.index_range(0, self.clock.t_ns + 50 * MS)[-1]
        self.run(oscillator.ready_ns(k) - before_ns - self.clock.t_ns)
        self.clock.t_ns += stall_ns
        return k


@pytest.mark.parametrize("imus", [0, 1])
def test_no_frame_is_flagged_or_lost_while_imus_are_drained(imus: int) -> None:
    deck = PolledDeck(imus)
    for samples in deck.run(7_000 * MS).values():
        numbers = [number_of(sample) or 0 for sample in samples]
        assert {sample.flags for sample in samples} == {Flag.GOOD}
        assert {b - a for a, b in itertools.pairwise(numbers)} == {1}


def test_what_became_ready_in_a_long_stall_is_flagged_and_its_neighbours_are_not() -> None:
    deck = PolledDeck()
    k = deck.stall_around_a_conversion(before_ns=2 * MS, stall_ns=4 * MS)
    flags = {number_of(sample): sample.flags for sample in deck.run(200 * MS)[ODD]}
    assert [flags[each] for each in range(k - 1, k + 4)] == [Flag.GOOD, Flag.PERIOD, *[Flag.GOOD] * 3]


def test_a_short_stall_costs_nothing() -> None:
    deck = PolledDeck()
    deck.stall_around_a_conversion(before_ns=MS // 2, stall_ns=MS)
    for samples in deck.run(200 * MS).values():
        assert {sample.flags for sample in samples} == {Flag.GOOD}


@settings(deadline=None, max_examples=30)
@given(before_ns=st.integers(-MS, 12 * MS), stall_ns=st.integers(0, 40 * MS))
@example(before_ns=11 * MS, stall_ns=22 * MS)
def test_after_any_stall_what_carries_no_flag_is_true_and_all_is_good_again_soon(before_ns: int, stall_ns: int) -> None:
    deck = PolledDeck()
    deck.stall_around_a_conversion(before_ns, stall_ns)
    deck.run(50 * MS)
    for samples in deck.run(100 * MS).values():
        assert {sample.flags for sample in samples} == {Flag.GOOD}
