"""Four chips on one clock line: what it costs, and that all of it is flagged or known."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardware.clock import VirtualClock
from hardware.readers import build_chips
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank

MS = 1_000_000
S = 1_000 * MS


class SharedDeck:
    """Chip `c` reads 10 k + c at its conversion k."""

    def __init__(self, periods_ns: tuple[int, ...], phases_ns: tuple[int, ...] = (0, 3 * MS, 5 * MS, 8 * MS)) -> None:
        self.clock = VirtualClock()
        start_ns = self.clock.t_ns + 50 * MS
        self.oscillators = {
            channel: Oscillator(start_ns + phase_ns, period_ns)
            for channel, period_ns, phase_ns in zip(CORNERS, periods_ns, phases_ns, strict=True)
        }
        self.ready_ns: dict[int, int] = {}  # 10 k + c -> when that was ready, whatever restarts there were before
        self.chips = {
            channel: VirtualHx711(oscillator, lambda k, t_ns, channel=channel: self.convert(channel, k, t_ns))
            for channel, oscillator in self.oscillators.items()
        }
        self.bank = VirtualPinBank(self.chips, self.clock, shared_clock=True)
        self.drivers = {chip.channel: chip for chip in build_chips(self.bank, shared_clock=True)}

    def convert(self, channel: Channel, k: int, t_ns: int) -> int:
        self.ready_ns[10 * k + channel] = t_ns
        return 10 * k + channel

    def run(self, duration_ns: int) -> dict[Channel, list[Sample]]:
        """Serve every edge, and look after the chips every 50 ms, as the acquisition does."""
        end_ns = self.clock.t_ns + duration_ns
        read: list[Sample] = []
        while self.clock.t_ns < end_ns:
            look_ns = min(end_ns, self.clock.t_ns + 50 * MS)
            while (edge := self.bank.wait_ready(look_ns)) is not None:
                read += self.drivers[edge[0]].serve(edge[1])
            for chip in self.drivers.values():
                chip.watch(self.clock.t_ns)
        return {channel: [sample for sample in read if sample.channel == channel] for channel in CORNERS}


# 78, 80, 82 and 85 samples/s
SPREAD_NS = (12_820_000, 12_500_000, 12_195_000, 11_765_000)


def test_each_sample_is_stamped_with_its_own_chips_time_though_one_frame_reads_all() -> None:
    deck = SharedDeck(SPREAD_NS)
    for channel, samples in deck.run(20 * S).items():
        oscillator = deck.oscillators[channel]
        for sample in samples:
            if not sample.flags:
                assert sample.t_ns == oscillator.ready_ns(sample.values[0] // 10)


def test_frames_are_held_back_from_updates_so_that_few_are_torn() -> None:
    deck = SharedDeck(SPREAD_NS)
    for channel, samples in deck.run(20 * S).items():
        flagged = sum(bool(sample.flags & ~Flag.SETTLING) for sample in samples)
        assert flagged / len(samples) < 0.01, "one frame in twelve meets an update if nothing is done"
        assert len(samples) > 20 * 75, "the rate of the slowest chip, less what is lost"
        assert deck.drivers[channel].flagged_by[Flag.LONG_PULSE] == 0


@settings(deadline=None, max_examples=15)
@given(
    periods_ns=st.tuples(*[st.integers(10_300_000, 13_000_000)] * 4),
    phases_ns=st.tuples(*[st.integers(0, 10_000_000)] * 4),
)
# read every other time from the start: were its period learned from that, no update within a frame would be expected
@example(periods_ns=(10_300_000,) * 4, phases_ns=(0, 0, 4501, 3001))
# not seen ready for the first 1.1 s
@example(periods_ns=(12_526_549, 12_368_384, 12_368_553, 12_527_494), phases_ns=(0, 0, 0, 4501))
def test_whatever_the_oscillators_a_sample_without_a_flag_is_a_true_conversion(
    periods_ns: tuple[int, int, int, int], phases_ns: tuple[int, int, int, int]
) -> None:
    deck = SharedDeck(periods_ns, phases_ns)
    for channel, samples in deck.run(2 * S).items():
        last = -1
        for sample in samples:
            if not sample.flags:
                k, rest = divmod(sample.values[0], 10)
                assert rest == channel
                assert sample.t_ns == deck.ready_ns[sample.values[0]]
                assert k > last
                last = k
        assert len(samples) > 60, "a chip that is never seen ready costs a restart of a second, not its life"


def test_a_chip_that_updates_within_a_frame_is_flagged() -> None:
    deck = SharedDeck(SPREAD_NS)
    deck.run(2 * S)
    fast = Channel.BACK_RIGHT
    # a frame that was begun, as if by a late thread, 0.1 ms before the fast chip's next update
    oscillator = deck.oscillators[fast]
    edges = {}
    while len(edges) < 4:
        edge = deck.bank.wait_ready(deck.clock.t_ns + 20 * MS)
        assert edge is not None
        edges[edge[0]] = edge[1]
    update_ns = oscillator.ready_ns((deck.clock.t_ns - oscillator.first_ready_ns) // oscillator.period_ns + 1)
    clock = deck.drivers[fast]._clock  # type: ignore[attr-defined]
    for channel, edge_ns in edges.items():
        chip = deck.drivers[channel]
        chip.rate.accepts(edge_ns)
        chip.pending_ns = edge_ns  # type: ignore[attr-defined]
    deck.clock.t_ns = update_ns - 175_000
    for chip in deck.drivers.values():
        chip.updates_between = lambda begin_ns, end_ns: False  # type: ignore[attr-defined]
    samples = {Channel(sample.channel): sample for sample in clock.read(0)}
    assert samples[fast].flags & Flag.PERIOD
    assert samples[fast].values[0] % 10 != fast or samples[fast].flags


def test_three_chips_go_on_when_the_fourth_is_dead() -> None:
    deck = SharedDeck(SPREAD_NS)
    deck.run(S)
    deck.chips[Channel.BACK_LEFT].stuck = 1
    came = deck.run(10 * S)
    assert came[Channel.BACK_LEFT] == []
    for channel in (Channel.FRONT_LEFT, Channel.FRONT_RIGHT, Channel.BACK_RIGHT):
        assert sum(not sample.flags for sample in came[channel]) > 600


@pytest.mark.parametrize("seed", range(3))
def test_alike_oscillators_do_not_hold_each_other_back_for_ever(seed: int) -> None:
    deck = SharedDeck((10_702_000,) * 4, (0, 100_000 * seed, 200_000, 10_650_000))
    for samples in deck.run(5 * S).values():
        assert len(samples) > 5 * 90 - 30
