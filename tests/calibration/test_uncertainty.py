"""The uncertainty that a certificate states: made of what was measured, and true of decks whose errors are known."""

import math

import msgspec
import pytest

from calibration.certificate import Certificate
from calibration.judge import certify
from calibration.uncertainty import Uncertainty, uncertainty_of
from calibration.virtual import certify_virtual_deck
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from tests.calibration.decks import calibrated
from tests.calibration.doing import DECK, Bench


def stated(certificate: Certificate) -> Uncertainty:
    found = uncertainty_of(certificate)
    assert found is not None
    return found


def test_the_true_error_is_within_the_stated_uncertainty_of_95_decks_in_a_hundred() -> None:
    decks = range(100, 140)
    force = place = 0
    for seed in decks:
        found, true = stated(certify(Bench(seed).perform(), DECK, None)), calibrated(seed, 0.3)
        force += true.force_percent <= found.expanded_force_percent
        place += true.place_mm <= found.expanded_place_mm
    assert min(force, place) >= 0.95 * len(decks)


def test_contributions_add_in_squares_and_are_doubled() -> None:
    found = stated(certify(Bench(1).perform(), DECK, None))
    for parts, expanded in (
        (found.force_percent, found.expanded_force_percent),
        (found.place_mm, found.expanded_place_mm),
    ):
        assert expanded == pytest.approx(2 * math.hypot(*(each.standard for each in parts)))
    assert (found.lightest_kg, found.largest_kg) == pytest.approx((10.0, 40.0), abs=0.001)


def test_a_zero_that_did_not_return_counts_for_the_lightest_load() -> None:
    certificate = certify(Bench(1).perform(), DECK, None)
    assert certificate.evidence is not None
    evidence = msgspec.structs.replace(certificate.evidence, zero_return_percent=0.05)  # of 40 kg: 0.2 % of 10 kg
    parts = {
        each.what: each.standard
        for each in stated(msgspec.structs.replace(certificate, evidence=evidence)).force_percent
    }
    (zero,) = (standard for what, standard in parts.items() if what.startswith("zero"))
    assert zero == pytest.approx(0.2 / math.sqrt(3), rel=1e-3)


def test_weights_that_stand_together_count_together() -> None:
    certificate = certify(Bench(1).perform(), DECK, None)
    assert certificate.evidence is not None
    # two of 20 kg and 1 g each, k = 2: half of 2 g in 40 kg
    assert stated(certificate).force_percent[0].standard == pytest.approx(0.0025, rel=1e-3)
    poor = tuple(msgspec.structs.replace(each, uncertainty_g=8.0) for each in certificate.evidence.weights)
    evidence = msgspec.structs.replace(certificate.evidence, weights=poor)
    # the one of 10 kg is worst now: half of 8 g
    worse = stated(msgspec.structs.replace(certificate, evidence=evidence))
    assert worse.force_percent[0].standard == pytest.approx(0.04, rel=1e-3)
    assert worse.expanded_force_percent > 0.08


def test_an_ideal_calibration_states_none() -> None:
    assert uncertainty_of(certify_virtual_deck(VirtualDeck(EmptyDeck(), 1))) is None
