"""Counts to newtons: by the certificate, the same for one reading and for many; the virtual deck's certificate."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.chain import append_certificate, current_certificate
from calibration.model import DeckModel
from calibration.virtual import certify_virtual_deck
from hardware.sensor import CORNERS
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from hardware.virtual.person import VirtualPerson
from hardware.virtual.recordings import ShippedPerson, people

S = 1_000_000_000
ISSUED = datetime(2026, 11, 22, tzinfo=UTC)
MODEL = DeckModel(certify_virtual_deck(VirtualDeck(EmptyDeck(), 1), issued=ISSUED))

counts = st.integers(-0x800000, 0x7FFFFF).map(float)


@given(st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=20))
def test_one_reading_and_many_give_the_same_bits(readings: list[tuple[float, float, float, float]]) -> None:
    many = MODEL.corner_forces_over_n(readings)
    assert many.shape == (len(readings), 4)
    assert [list(MODEL.corner_forces_n(four)) for four in readings] == many.tolist()


def test_the_zero_reads_nothing_and_a_count_more_reads_the_gain() -> None:
    zeros = [cell.zero_counts for cell in MODEL.certificate.cells]
    gains = [cell.gain_n_per_count for cell in MODEL.certificate.cells]
    assert MODEL.corner_forces_n((zeros[0], zeros[1], zeros[2], zeros[3])) == (0, 0, 0, 0)
    for corner in range(4):
        one_more = [zero + (1 if corner == number else 0) for number, zero in enumerate(zeros)]
        forces = MODEL.corner_forces_n((one_more[0], one_more[1], one_more[2], one_more[3]))
        assert forces[corner] == pytest.approx(gains[corner], rel=1e-6)
        assert sum(map(bool, forces)) == 1


def test_an_expired_or_not_yet_valid_certificate_is_known() -> None:
    assert not MODEL.expired(ISSUED)
    assert not MODEL.expired(ISSUED + timedelta(days=365))
    assert MODEL.expired(ISSUED + timedelta(days=365, seconds=1))
    assert MODEL.expired(ISSUED - timedelta(seconds=1))


def test_an_ideal_calibration_knows_gains_and_zeros_to_the_stated_error() -> None:
    gain_errors, zero_errors = [], []
    for seed in range(60):
        deck = VirtualDeck(EmptyDeck(), seed)
        certificate = certify_virtual_deck(deck, issued=ISSUED)
        for cell, gain, zero in zip(certificate.cells, deck.gains_counts_per_n, deck.zeros_counts, strict=True):
            gain_errors.append(cell.gain_n_per_count * gain - 1)
            zero_errors.append(cell.zero_counts - zero)
    assert 1.5e-4 < np.std(gain_errors) < 2.5e-4
    assert 4 < np.std(zero_errors) < 6
    assert "0.0002 relative" in MODEL.certificate.note


def test_the_same_virtual_deck_always_gets_the_same_certificate() -> None:
    one, same, other = (certify_virtual_deck(VirtualDeck(EmptyDeck(), seed), issued=ISSUED) for seed in (4, 4, 5))
    assert one == same
    assert one.id != other.id


@pytest.mark.parametrize("shipped", people(), ids=lambda shipped: shipped.name)
def test_from_counts_through_a_certificate_file_a_recorded_persons_cop_comes_back(
    shipped: ShippedPerson, tmp_path: Path
) -> None:
    person = shipped.virtual()
    deck = VirtualDeck(person, 11)
    append_certificate(certify_virtual_deck(deck, issued=ISSUED), tmp_path / "c.json")
    model = DeckModel(current_certificate(tmp_path / "c.json"))
    person.step_on(0)
    done = person.stand("quiet", 3 * S, lead_s=8, window_s=30)
    assert done.recording_at_s is not None
    t_ns = 11 * S + np.arange(3000) * 10_000_000
    codes = np.array([deck.conversions(channel, np.arange(3000), t_ns) for channel in CORNERS]).T
    forces = model.corner_forces_over_n(codes)
    fz = forces.sum(axis=1)
    ml = model.cell_spacing_ml_mm / 2 * (forces[:, 1] + forces[:, 3] - forces[:, 0] - forces[:, 2]) / fz
    ap = model.cell_spacing_ap_mm / 2 * (forces[:, 0] + forces[:, 1] - forces[:, 2] - forces[:, 3]) / fz
    recording = person.recording
    assert recording is not None
    at = np.rint((done.recording_at_s + 8 - recording.first_s) * 100).astype(int)
    for measured, true in ((ml, recording.cop_ml_mm), (ap, recording.cop_ap_mm)):
        error = measured - true[at : at + 3000]
        assert abs(error.mean()) < 0.3, "where a certificate that knows gains to 0.02 % puts the centre"
        assert error.std() < 0.02, "what sway is measured from"
    assert fz.mean() / person.weight_n == pytest.approx(1, abs=0.001)


def test_a_person_of_another_mass_weighs_what_they_weigh() -> None:
    person = VirtualPerson(50)
    deck = VirtualDeck(person, 2)
    person.step_on(0)
    model = DeckModel(certify_virtual_deck(deck, issued=ISSUED))
    four = [float(deck.conversion(channel, 900, 9 * S)) for channel in CORNERS]
    total_n = sum(model.corner_forces_n((four[0], four[1], four[2], four[3])))
    assert total_n / model.gravity_m_s2 == pytest.approx(50, abs=0.2)
