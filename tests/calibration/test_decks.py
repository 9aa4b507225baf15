"""Three hundred random decks, calibrated by the book with a drilled template: good enough, and hardly one refused."""

import statistics

import numpy as np

from tests.calibration.decks import calibrated


def test_three_hundred_decks_are_calibrated_to_the_stated_error_and_not_refused() -> None:
    errors = [calibrated(seed, place_sd_mm=0.3) for seed in range(1, 301)]
    places = [each.place_mm for each in errors]
    assert statistics.median(places) <= 0.15
    assert np.percentile(places, 95) <= 0.30
    assert max(each.force_percent for each in errors) <= 0.05
    assert sum(bool(each.refused) for each in errors) <= 3
    # what four gains and a matrix are for: one gain for all cells leaves millimetres
    assert statistics.median(each.one_gain_mm for each in errors) > 10 * statistics.median(places)


def test_a_template_that_is_a_millimetre_off_is_found_out() -> None:
    errors = [calibrated(seed, place_sd_mm=1.0) for seed in range(1, 61)]
    refused = [each for each in errors if {"place-rms", "place-worst"} & set(each.refused)]
    assert len(refused) > 45
