"""The centre of pressure through four free-running chips against the true one, beside what simpler ways would give."""

import statistics

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.station.live.cop_error import CopError, cop_error, people


def test_cop_error_over_thirty_people(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Required: at most 0.02 mm RMS at the median, timing and noise together."""
    errors: list[CopError] = benchmark.pedantic(
        lambda: [cop_error(person, seed) for seed, person in enumerate(people().values(), 1)], rounds=1
    )
    ways = {
        "per-channel interpolation (ours)": [error.ours_mm for error in errors],
        "the same, with an ideal calibration's own error": [error.calibrated_mm for error in errors],
        "newest value of each channel": [error.latest_mm for error in errors],
        "k-th samples paired": [error.paired_mm for error in errors],
    }
    with capsys.disabled():
        print(f"\nRMS error of the centre of pressure, mm, over {len(errors)} people   median    worst")
        for way, values in ways.items():
            print(f"  {way:<58} {statistics.median(values):9.4f} {max(values):9.4f}")
            benchmark.extra_info[way] = round(statistics.median(values), 5)
