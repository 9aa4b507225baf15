"""What the last net costs each sample of a corner."""

import itertools

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from hardware.plausibility import Plausibility
from hardware.sensor import Sample
from hardware.virtual.deck import NOISE_COUNTS


def test_one_sample_through_the_net(benchmark: BenchmarkFixture) -> None:
    """Target: 3 us."""
    counts = [round(each) for each in np.random.default_rng(1).normal(0, NOISE_COUNTS, 4096)]
    samples = itertools.cycle(Sample(0, 0, n * 10_702_000, (each, 0, 0, 0, 0, 0)) for n, each in enumerate(counts))
    net = Plausibility()
    benchmark(lambda: net.push(next(samples)))
    assert net.spikes == 0
