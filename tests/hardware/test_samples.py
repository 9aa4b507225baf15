"""The fast path: the very samples that the drivers read from the virtual chips, pin by pin."""

from collections.abc import Callable

import pytest

from hardware.clock import VirtualClock
from hardware.ring import RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.people import find_person
from hardware.virtual.person import VirtualPerson
from hardware.virtual.samples import SampleLevelSource
from hardware.virtual.source import Level, build_virtual_source

S = 1_000_000_000
START_NS = 77 * S


def play(level: Level, seed: int, until_s: float, step_ns: int = 10_000_000) -> dict[int, list[Sample]]:
    """Play a visit (step on, stand, lose balance, step off) through one level; return samples by channel."""
    person = find_person("older-falls-3").virtual(seed)
    commands: list[tuple[float, Callable[[int], object]]] = [
        (1.0, person.step_on),
        (3.0, lambda t_ns: person.stand("quiet", t_ns)),
        (5.0, lambda t_ns: person.stand("tandem", t_ns, lead_s=0.5, window_s=10)),
        (11.0, person.step_off),
    ]
    ring = RingWriter.in_memory()
    reader = ring.reader()
    source = build_virtual_source(level, person, seed, VirtualClock(START_NS), ring)
    samples: dict[int, list[Sample]] = {int(channel): [] for channel in (*CORNERS, Channel.DECK_IMU)}
    now_ns, end_ns = START_NS, START_NS + round(until_s * S)
    while now_ns < end_ns:
        for at_s, command in commands:
            if now_ns == START_NS + round(at_s * S):
                command(now_ns)
        now_ns += step_ns
        source.service(now_ns)
        for sample in reader.read():
            samples[sample.channel].append(sample)
    assert reader.lost == 0
    source.close()
    return samples


@pytest.mark.parametrize("seed", [1, 20])
def test_pins_and_samples_deliver_the_same(seed: int) -> None:
    pins, samples = play("pins", seed, 13.0), play("samples", seed, 13.0)
    for channel in CORNERS:
        assert len(pins[channel]) > 12 * 80
        assert pins[channel] == samples[channel]
    assert max(sample.values[0] for sample in pins[Channel.FRONT_LEFT]) > 500_000, "somebody stood there"


def test_the_imus_values_are_the_same_and_its_times_agree_to_the_drivers_accuracy() -> None:
    pins, samples = play("pins", 3, 8.0)[Channel.DECK_IMU], play("samples", 3, 8.0)[Channel.DECK_IMU]
    assert abs(len(pins) - len(samples)) <= 12, "one drain of 50 ms"
    errors_ns = []
    for by_driver, true in zip(pins, samples, strict=False):
        assert (by_driver.values, by_driver.flags) == (true.values, true.flags)
        if true.t_ns > START_NS + S:  # the driver's time fit needs a moment
            errors_ns.append(abs(by_driver.t_ns - true.t_ns))
    assert max(errors_ns) < 100_000


def test_long_and_short_steps_deliver_the_same() -> None:
    def collect(step_ns: int) -> dict[int, list[Sample]]:
        person = VirtualPerson(60, seed=4)
        person.step_on(START_NS + S)
        person.stand("tandem", START_NS + 2 * S, lead_s=1)
        ring = RingWriter.in_memory()
        reader = ring.reader()
        source = build_virtual_source("samples", person, 4, VirtualClock(START_NS), ring)
        for now_ns in range(START_NS, START_NS + 6 * S, step_ns):
            source.service(now_ns + step_ns)
        samples: dict[int, list[Sample]] = {}
        for sample in reader.read():
            samples.setdefault(sample.channel, []).append(sample)
        return samples

    short = collect(5_000_000)
    assert short == collect(200_000_000)
    assert short == collect(6 * S)


def test_codes_that_mean_nothing_are_flagged_as_the_driver_flags_them() -> None:
    class Fixed(VirtualDeck):
        codes = (0x7FFFFF, -0x800000, -1, 0, -0x7FFFFF, 0x7FFFFE)

        def conversion(self, channel: int, k: int, t_ns: int) -> int:
            return self.codes[k % 6]

    ring = RingWriter.in_memory()
    reader = ring.reader()
    deck = Fixed(EmptyDeck())
    oscillators = {channel: Oscillator.from_seed(1, channel, START_NS) for channel in CORNERS}
    source = SampleLevelSource(deck, oscillators, ring, VirtualClock(START_NS), ())
    for step in range(1, 40):
        source.service(START_NS + step * 10_000_000)
    samples = [sample for sample in reader.read() if sample.channel == Channel.BACK_LEFT]
    assert [sample.flags for sample in samples[6:9]] == [Flag.SATURATED, Flag.SATURATED, Flag.ALL_ONES]
    by_driver = Flag.SATURATED | Flag.ALL_ONES
    assert [sample.flags & by_driver for sample in samples[9:12]] == [0, 0, 0]
    assert [sample.flags & Flag.SETTLING for sample in samples[:6]] == [Flag.SETTLING] * 4 + [0, 0]


def test_a_call_delivers_nothing_from_beyond_its_time() -> None:
    ring = RingWriter.in_memory()
    reader = ring.reader()
    source = build_virtual_source("samples", EmptyDeck(), 1, VirtualClock(START_NS), ring)
    for step in range(1, 100):
        until_ns = START_NS + step * 7_000_000
        count = source.service(until_ns)
        samples = reader.read()
        assert len(samples) == count
        assert all(sample.t_ns <= until_ns for sample in samples)
