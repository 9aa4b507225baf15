"""What a calibration is worth over three hundred random decks, beside one gain for all. Figures, not verdicts."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.calibration.decks import calibrated, table


@pytest.mark.parametrize(("place_sd_mm", "decks"), [(0.3, 300), (1.0, 300)])
def test_three_hundred_decks(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], place_sd_mm: float, decks: int
) -> None:
    """Holes of the template off by 0.3 mm (drilled) or 1 mm (paper), 1 sd in each axis."""
    errors = benchmark.pedantic(lambda: [calibrated(seed, place_sd_mm) for seed in range(1, decks + 1)], rounds=1)
    found = table(errors)
    benchmark.extra_info.update(found)
    with capsys.disabled():
        print(f"\nPlaces off by {place_sd_mm:g} mm:")
        for name, value in found.items():
            print(f"  {name:<42} {value:g}")
