"""The last net: what no load can do is flagged, what a person can do is not, and every sample comes out once."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.plausibility import FROZEN_AFTER, LOOK_AHEAD, SILENT_NS, Plausibility
from hardware.sensor import Flag, Sample
from hardware.virtual.deck import NOISE_COUNTS, VirtualDeck
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.recordings import ShippedPerson, people

S = 1_000_000_000
PERIOD_NS = 10_702_000


def noise(count: int, seed: int = 1) -> list[int]:
    return [round(each) for each in np.random.default_rng(seed).normal(0, NOISE_COUNTS, count)]


def sample(number: int, value: int, flags: int = 0) -> Sample:
    return Sample(0, flags, number * PERIOD_NS, (value, 0, 0, 0, 0, 0))


def through(values: Sequence[int]) -> list[Sample]:
    net = Plausibility()
    out = [net.push(sample(number, value)) for number, value in enumerate(values)]
    return [each for each in out if each is not None]


@given(st.lists(st.tuples(st.integers(-0x800000, 0x7FFFFF), st.integers(0, 63)), max_size=60))
def test_every_sample_comes_out_once_in_order_with_its_value_and_at_least_its_flags(
    given_samples: list[tuple[int, int]],
) -> None:
    net = Plausibility()
    samples = [sample(number, value, flags) for number, (value, flags) in enumerate(given_samples)]
    out = [each for one in samples if (each := net.push(one)) is not None]
    assert len(out) == max(0, len(samples) - LOOK_AHEAD)
    out += net.flush()
    assert [(each.t_ns, each.values) for each in out] == [(each.t_ns, each.values) for each in samples]
    assert all(after.flags & before.flags == before.flags for before, after in zip(samples, out, strict=True))


@pytest.mark.parametrize("size", [700, -700, 5_000, 300_000, -8_000_000])
def test_a_value_that_leaves_its_neighbours_and_comes_back_is_a_spike_and_only_that_one(size: int) -> None:
    values = noise(400)
    values[300] += size
    assert [each.t_ns // PERIOD_NS for each in through(values) if each.flags] == [300]
    assert through(values)[300].flags == Flag.SPIKE


def test_two_spikes_with_two_good_samples_between_them_are_both_seen() -> None:
    values = noise(400)
    values[300] += 50_000
    values[303] -= 50_000
    assert [each.t_ns // PERIOD_NS for each in through(values) if each.flags] == [300, 303]


@pytest.mark.parametrize("height", [400, 525, 700, 1_000, 1_400, 10_000, 1_000_000])
def test_a_jump_to_another_load_as_the_converters_filter_shows_it_is_no_spike(height: int) -> None:
    shown = np.convolve(np.arange(400) >= 200, (0.1, 0.4, 0.4, 0.1), mode="same")
    for seed in range(50):
        values = [each + round(height * part) for each, part in zip(noise(400, seed), shown[:390], strict=False)]
        assert not any(each.flags for each in through(values))


@pytest.mark.parametrize("slope", [300, 700, 5_000, 100_000])
def test_a_load_that_begins_to_move_is_no_spike(slope: int) -> None:
    for seed in range(50):
        values = [each + slope * max(0, number - 200) for number, each in enumerate(noise(230, seed))]
        assert not any(each.flags for each in through(values))


@pytest.mark.parametrize("frequency_hz", [1.0, 5.0, 10.0, 15.0])
def test_a_load_that_shakes_is_no_spike(frequency_hz: float) -> None:
    shaking = [200_000 * math.sin(2 * math.pi * frequency_hz * number * PERIOD_NS / 1e9) for number in range(1000)]
    values = [round(a + b) for a, b in zip(shaking, noise(1000), strict=True)]
    assert not any(each.flags for each in through(values))


def test_the_fifth_time_the_same_value_is_frozen_and_the_two_before_it_as_well() -> None:
    values = [*noise(100), *[77] * 50, *noise(100, 2)]
    frozen = [each.t_ns // PERIOD_NS for each in through(values) if each.flags == Flag.FROZEN]
    assert frozen == list(range(100 + FROZEN_AFTER - 1 - LOOK_AHEAD, 150))


def test_what_is_held_when_a_channel_falls_silent_is_let_go_with_a_flag() -> None:
    net = Plausibility()
    for number, value in enumerate(noise(100)):
        net.push(sample(number, value))
    last_ns = 99 * PERIOD_NS
    assert not net.silent(last_ns + SILENT_NS)
    assert net.silent(last_ns + SILENT_NS + 1)
    assert [(each.t_ns // PERIOD_NS, each.flags) for each in net.flush()] == [(98, Flag.PERIOD), (99, Flag.PERIOD)]
    assert not net.silent(last_ns + S), "and there is nothing to let go of any more"
    assert net.flush() == []


def test_the_sample_before_missing_conversions_is_doubted_in_hindsight() -> None:
    net = Plausibility()
    for number, value in enumerate(noise(100)):
        net.push(sample(number, value))
    late = Sample(0, Flag.PERIOD.value, 104 * PERIOD_NS, (0, 0, 0, 0, 0, 0))
    out = [net.push(late), *net.flush()]
    assert [each.flags for each in out if each is not None] == [Flag.PERIOD] * 3
    assert net.flagged_by[Flag.PERIOD] == 2, "the one before the hole, and the one whose neighbours it takes away"


def test_a_slow_board_is_slow_and_not_wrong() -> None:
    net = Plausibility()
    out = [
        net.push(Sample(0, 0, number * 85_635_000, (value, 0, 0, 0, 0, 0))) for number, value in enumerate(noise(50))
    ]
    assert not any(each.flags for each in out if each is not None)
    assert not net.silent(50 * 85_635_000)


@pytest.mark.parametrize("person", people(), ids=lambda person: person.name)
def test_nobody_who_stands_is_flagged_and_hardly_ever_somebody_who_steps_or_stumbles(person: ShippedPerson) -> None:
    load = person.virtual(3)
    load.step_on(2 * S)
    load.stand("quiet", 4 * S, 2.0, 58.0)
    deck = VirtualDeck(load, 3)
    moves: list[tuple[int, Callable[[int], object]]] = [
        (64 * S, lambda t_ns: load.stand("tandem", t_ns, 0.5, 10)),
        (70 * S, load.lose_balance),
        (75 * S, lambda t_ns: load.grab_rail(t_ns, 3)),
        (82 * S, load.step_off),
        (84 * S, load.step_on),
        (88 * S, load.step_off),
        (90 * S, lambda _: None),
    ]
    nets = [Plausibility() for _ in range(4)]
    oscillators = [Oscillator.from_seed(3, channel, 0) for channel in range(4)]
    before_ns, count = 0, 0
    flagged_ns: list[int] = []
    for until_ns, move in moves:
        for channel, (net, oscillator) in enumerate(zip(nets, oscillators, strict=True)):
            span = oscillator.index_range(before_ns, until_ns)
            k = np.arange(span.start, span.stop)
            t_ns = oscillator.first_ready_ns + k * oscillator.period_ns
            for time_ns, code in zip(t_ns.tolist(), deck.conversions(channel, k, t_ns).tolist(), strict=True):
                judged = net.push(Sample(channel, 0, time_ns, (code, 0, 0, 0, 0, 0)))
                count += 1
                if judged is not None and judged.flags:
                    flagged_ns.append(judged.t_ns)
        before_ns = until_ns
        move(until_ns)
    assert count > 4 * 90 * 88
    assert [t_ns / S for t_ns in flagged_ns if 4 * S < t_ns < 64 * S] == [], "58 s of the recording, and settling"
    assert len(flagged_ns) <= 2, "model bodies change their torque at once; two samples among 6,000 are bridged"
