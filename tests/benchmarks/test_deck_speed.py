"""What the virtual deck and the ring cost: run with `pytest tests/benchmarks --benchmark-only`.

Wanted: a ring write 1 to 2 us, a 10 ms step of the sample-level deck at most 60 us, a corner conversion in newtons
under 2 us, a moment of a person under 10 us.
"""

import itertools

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from calibration.model import DeckModel
from calibration.virtual import certify_virtual_deck
from hardware.clock import VirtualClock
from hardware.ring import RingWriter
from hardware.sensor import Sample
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from hardware.virtual.people import find_person
from hardware.virtual.source import Level, build_virtual_source

S = 1_000_000_000


def test_writing_one_sample(benchmark: BenchmarkFixture) -> None:
    ring = RingWriter.in_memory()
    benchmark(ring.write, Sample(3, 0, 123_456_789_012, (-123_456, 0, 0, 0, 0, 0)))


def test_reading_ten_samples(benchmark: BenchmarkFixture) -> None:
    ring = RingWriter.in_memory()
    reader = ring.reader()
    sample = Sample(3, 0, 123_456_789_012, (-123_456, 0, 0, 0, 0, 0))

    def write_ten() -> None:
        for _ in range(10):
            ring.write(sample)

    benchmark.pedantic(reader.read, setup=write_ten, rounds=2000)


@pytest.mark.parametrize("level", ["samples", "pins"])
def test_ten_milliseconds_of_a_deck_with_a_person_on_it(benchmark: BenchmarkFixture, level: Level) -> None:
    person = find_person("older-1").virtual()
    ring = RingWriter.in_memory()
    source = build_virtual_source(level, person, 1, VirtualClock(S), ring)
    person.step_on(S)
    person.stand("quiet", 3 * S)
    source.service(6 * S)
    times = itertools.count(6 * S, 10_000_000)
    benchmark.pedantic(lambda: source.service(next(times)), rounds=3000, warmup_rounds=50)
    source.close()


def test_one_moment_of_a_person(benchmark: BenchmarkFixture) -> None:
    person = find_person("older-1").virtual()
    person.step_on(S)
    person.stand("quiet", 3 * S)
    benchmark(person.at, 20 * S)


def test_one_moment_of_a_model_person_who_leans_and_has_sat(benchmark: BenchmarkFixture) -> None:
    person = find_person("model-older").virtual()
    person.step_on(S)
    person.sit(5 * S)
    person.rise(10 * S)
    person.reach("left", 12 * S)
    benchmark(person.at, 13 * S)


def test_half_a_second_of_a_model_person(benchmark: BenchmarkFixture) -> None:
    person = find_person("model-older").virtual()
    person.step_on(S)
    person.stand("quiet", 3 * S)
    times = np.arange(20 * S, 20 * S + S // 2, 10_700_000)
    benchmark(person.over, times)


def test_making_a_model_person(benchmark: BenchmarkFixture) -> None:
    """All five stances, as at the start of acquire; wanted: well below 0.5 s."""
    seeds = itertools.count(1000)
    benchmark.pedantic(lambda: find_person("model-older").virtual(next(seeds)), rounds=5)


def test_four_counts_to_newtons(benchmark: BenchmarkFixture) -> None:
    model = DeckModel(certify_virtual_deck(VirtualDeck(EmptyDeck(), 1)))
    benchmark(model.corner_forces_n, (500_000.0, 400_000.0, 600_000.0, 450_000.0))
