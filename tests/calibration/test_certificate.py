"""The certificate: goes through a file unchanged, and nothing else than what was written is ever accepted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.certificate import Certificate, canonical, certificate_id
from calibration.chain import append_certificate, current_certificate, read_chain
from calibration.errors import BadCertificateError, CalibrationError, NoCertificateError
from calibration.judge import certify
from calibration.virtual import certify_virtual_deck
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from tests.calibration.doing import DECK, Bench

ISSUED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def certificate() -> Certificate:
    return certify_virtual_deck(VirtualDeck(EmptyDeck(), 1), station="st-0001", issued=ISSUED)


def test_a_certificate_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "calibration.jsonl"
    append_certificate(certificate(), path)
    assert current_certificate(path) == certificate()
    assert [file.name for file in tmp_path.iterdir()] == ["calibration.jsonl"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_id_is_the_sha_256_of_the_content_and_changes_with_it() -> None:
    one = certificate()
    assert len(one.id) == 64
    assert one.id == certificate_id(one) == certificate().id
    changed = msgspec.structs.replace(one, note=one.note + ".")
    assert certificate_id(changed) != one.id


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "calibration.jsonl"
    append_certificate(certificate(), path)
    return path


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_one_byte_changed_added_or_removed_is_refused(written: Path, data: st.DataObject) -> None:
    raw = written.read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != raw[at]))
    kind = data.draw(st.sampled_from(["change", "insert", "remove"]))
    rest = raw[at:] if kind == "insert" else raw[at + 1 :]
    forged = raw[:at] + (b"" if kind == "remove" else bytes([byte])) + rest
    path = written.with_name("forged.json")
    path.write_bytes(forged)
    with pytest.raises(BadCertificateError, match=r"forged\.json:"):
        current_certificate(path)


def test_every_single_bit_of_the_file_counts(written: Path) -> None:
    raw = written.read_bytes()
    path = written.with_name("bit.json")
    for at in range(len(raw)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(BadCertificateError):
            current_certificate(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "balance-station/certificate/1"}, "schema is 'balance-station/certificate/1', expected"),
        ({"cells": certificate().cells[:3]}, "cells must be front_left, front_right, back_left, back_right"),
        ({"cells": certificate().cells[::-1]}, "in this order"),
        ({"cell_spacing_ml_mm": 0.0}, "cell_spacing_ml_mm is 0.0"),
        ({"cell_spacing_ap_mm": float("inf")}, "cell_spacing_ap_mm is inf"),
        ({"matrix": certificate().matrix[:2]}, "matrix must be three rows"),
        ({"method": "guided"}, "carries its evidence"),
        ({"number": 2}, "number is 2, and previous does not go with it"),
        ({"gravity_m_s2": 1.62}, "gravity_m_s2 is 1.62"),
        ({"valid_until": ISSUED}, "valid_until is not after issued"),
        ({"issued": datetime(2026, 1, 1)}, "issued carries no time zone"),
    ],
)
def test_what_cannot_be_a_deck_is_refused_even_with_a_right_id(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    bad = msgspec.structs.replace(certificate(), **change).signed()
    with pytest.raises(BadCertificateError, match=said):
        append_certificate(bad, tmp_path / "c.json")
    (tmp_path / "c.json").write_bytes(canonical(bad) + b"\n")
    with pytest.raises(BadCertificateError):
        current_certificate(tmp_path / "c.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gain_n_per_count": 0.0}, "gain_n_per_count 0.0 is not the gain"),
        ({"gain_n_per_count": float("nan")}, "is not the gain"),
        ({"gain_n_per_count": 3.0}, "is not the gain"),
        ({"zero_counts": float("nan")}, "zero_counts nan is outside 24 bit"),
        ({"zero_counts": 1e9}, "outside 24 bit"),
        ({"channel": 1}, "same channel"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    first, *others = certificate().cells
    cells = (msgspec.structs.replace(first, **change), *others)
    bad = msgspec.structs.replace(certificate(), cells=cells).signed()
    with pytest.raises(BadCertificateError, match=said):
        append_certificate(bad, tmp_path / "c.json")


def test_an_unsigned_certificate_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadCertificateError, match="its id does not belong to its content"):
        append_certificate(msgspec.structs.replace(certificate(), id=""), tmp_path / "c.json")
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"schema": 1}'])
def test_what_is_no_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.json").write_bytes(content + b"\n")
    with pytest.raises(BadCertificateError, match=r"not a calibration certificate.*calibrate the deck again"):
        current_certificate(tmp_path / "c.json")


def test_a_missing_certificate_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoCertificateError, match=r"none\.json: .*calibrate the deck.*deck\.certificate") as missing:
        current_certificate(tmp_path / "none.json")
    assert isinstance(missing.value, CalibrationError)
    with pytest.raises(NoCertificateError, match="Is a directory"):
        current_certificate(tmp_path)


def test_times_of_another_zone_are_kept_as_the_same_moment(tmp_path: Path) -> None:
    issued = ISSUED.astimezone(tz=None)
    one = msgspec.structs.replace(certificate(), issued=issued).signed()
    append_certificate(one, tmp_path / "c.json")
    assert current_certificate(tmp_path / "c.json").issued == ISSUED
    assert current_certificate(tmp_path / "c.json").valid_until - ISSUED == timedelta(days=365)


def chain_of(count: int) -> list[Certificate]:
    chain = [certificate()]
    while len(chain) < count:
        last = chain[-1]
        chain.append(
            msgspec.structs.replace(last, number=last.number + 1, previous=last.id, note=f"{last.number + 1}").signed()
        )
    return chain


def test_a_chain_is_only_ever_added_to_and_its_newest_certificate_holds(tmp_path: Path) -> None:
    path = tmp_path / "chain.jsonl"
    chain = chain_of(4)
    for number, each in enumerate(chain, 1):
        before = path.read_bytes() if path.exists() else b""
        append_certificate(each, path)
        assert path.read_bytes() == before + canonical(each) + b"\n"
        assert read_chain(path) == tuple(chain[:number])
        assert current_certificate(path) == each
    with pytest.raises(BadCertificateError, match=r"certificate 4 does not follow.*expected number 5"):
        append_certificate(chain[3], path)
    with pytest.raises(BadCertificateError, match=r"expected number 1 after none"):
        append_certificate(chain[1], tmp_path / "other.jsonl")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_one_byte_anywhere_in_a_chain_of_three_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = b"".join(canonical(each) + b"\n" for each in chain_of(3))
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != raw[at]))
    path = tmp_path_factory.getbasetemp() / "forged.jsonl"
    path.write_bytes(raw[:at] + bytes([byte]) + raw[at + 1 :])
    with pytest.raises(BadCertificateError, match=r"forged\.jsonl"):
        read_chain(path)


@pytest.mark.parametrize("gone", [0, 1])
def test_a_certificate_taken_out_of_a_chain_is_missed(tmp_path: Path, gone: int) -> None:
    lines = [canonical(each) + b"\n" for each in chain_of(3)]
    (tmp_path / "c.jsonl").write_bytes(b"".join(line for number, line in enumerate(lines) if number != gone))
    with pytest.raises(BadCertificateError, match=f"c.jsonl:{gone + 1}: certificate {gone + 2} does not follow"):
        read_chain(tmp_path / "c.jsonl")


def test_a_line_cut_off_by_a_power_cut_is_no_certificate(tmp_path: Path) -> None:
    raw = b"".join(canonical(each) + b"\n" for each in chain_of(2))
    (tmp_path / "c.jsonl").write_bytes(raw[:-10])
    with pytest.raises(BadCertificateError, match="the last line is torn"):
        read_chain(tmp_path / "c.jsonl")


def test_a_number_without_a_fraction_does_not_make_a_certificate_that_cannot_be_read(tmp_path: Path) -> None:
    """Limits that count (0 saturated readings) are whole numbers in memory and floats when they are read."""
    signed = certify(Bench(3).perform(), DECK, None)
    append_certificate(signed, tmp_path / "chain.jsonl")
    assert read_chain(tmp_path / "chain.jsonl") == (signed,)
