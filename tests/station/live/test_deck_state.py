"""The deck as it stands: a station starts whatever its certificate is, and says in words what does not hold."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from calibration.certificate import Certificate, canonical, now_utc
from calibration.chain import append_certificate, read_chain
from calibration.judge import certify as certify_session
from calibration.virtual import certify_virtual_deck
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from station.config import Config, DeckConfig, HardwareConfig, StationConfig
from station.live.deck_state import DeckState
from station.live.grid import Row
from tests.calibration.doing import DECK, Bench, spoiled
from tests.calibration.doing import NOW as DONE
from tests.calibration.test_daily import check

NOW = now_utc()
GUIDED = DONE + timedelta(days=1)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        station=StationConfig(state_dir=str(tmp_path)),
        hardware=HardwareConfig(backend="virtual"),
        deck=DeckConfig(certificate=str(tmp_path / "calibration.jsonl")),
    )


def certify(config: Config, issued: datetime = NOW - timedelta(days=1), spacing_mm: float = 400.0) -> str:
    deck = VirtualDeck(EmptyDeck(), 1, cell_spacing_ml_mm=spacing_mm)
    certificate = certify_virtual_deck(deck, station=config.station.id, issued=issued)
    append_certificate(certificate, Path(config.deck.certificate))
    return certificate.id


def certify_guided(config: Config, previous: Certificate | None) -> Certificate:
    certificate = certify_session(Bench(1).perform(), DECK, previous)
    append_certificate(certificate, Path(config.deck.certificate))
    return certificate


def state(config: Config, now: datetime = NOW) -> DeckState:
    return DeckState(config, lambda: now)


def row(*forces_n: float, flags: int = 0) -> Row:
    a, b, c, d = forces_n
    return Row(0, a, b, c, d, a + b + c + d, 0.0, 0.0, flags)


def test_a_good_certificate_gives_a_model_and_no_reason(config: Config) -> None:
    certificate_id = certify(config)
    deck = state(config)
    assert deck.certificate_problem() is None
    assert deck.model is not None
    assert deck.calibration_id == certificate_id
    assert deck.note().calibration_due is not None


def test_without_one_there_is_no_model_and_the_reason_names_the_file(config: Config) -> None:
    deck = state(config)
    assert deck.model is None
    assert config.deck.certificate in (deck.certificate_problem() or "")
    assert (deck.missing, deck.broken) == (True, False)


@pytest.mark.parametrize("name", ["a" * 300, "a-file/calibration.jsonl"])
def test_one_that_cannot_be_reached_is_not_taken_for_none(config: Config, tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").touch()
    deck = state(msgspec.structs.replace(config, deck=DeckConfig(certificate=str(tmp_path / name))))
    assert deck.model is None
    assert not deck.missing
    assert "there is no calibration certificate to read" in (deck.certificate_problem() or "")


def test_one_of_another_deck_is_not_used_but_the_chain_goes_on_after_it(config: Config) -> None:
    certify(config, spacing_mm=350.0)
    deck = state(config)
    assert deck.model is None
    assert "350 x 400" in (deck.certificate_problem() or "")
    assert deck.newest is not None
    assert not deck.broken


def test_one_of_another_station_or_of_a_virtual_deck_is_not_used(config: Config) -> None:
    certify(config)
    replace = msgspec.structs.replace
    other = state(replace(config, station=replace(config.station, id="st-0002")))
    assert other.model is None
    assert "certifies the deck of station st-0001, this is st-0002" in (other.certificate_problem() or "")
    newest = read_chain(Path(config.deck.certificate))[-1]
    for practised in (None, certify_session(Bench(1).perform(), spoiled(virtual=True), newest)):
        if practised is not None:
            append_certificate(practised, Path(config.deck.certificate))
            assert DeckState(config, lambda: GUIDED).certificate == practised
        real = DeckState(replace(config, hardware=HardwareConfig(backend="gpiod")), lambda: GUIDED)
        assert real.model is None
        assert "certifies a virtual deck" in (real.certificate_problem() or "")
        assert real.newest is not None, "a real calibration goes on after it"


@pytest.mark.parametrize("forged", ["taken away", "hashed anew"])
def test_a_last_certificate_that_this_station_has_not_signed_is_found_at_start(config: Config, forged: str) -> None:
    first = certify_guided(config, None)
    second = certify_guided(config, first)
    path = Path(config.deck.certificate)
    whole = path.read_bytes()
    assert DeckState(config, lambda: GUIDED, second.id).certificate_problem() is None
    line, rest = whole.split(b"\n", 1)
    if forged == "hashed anew":
        rest = canonical(msgspec.structs.replace(second, note="a better one").signed()) + b"\n"
    path.write_bytes(line + b"\n" + (b"" if forged == "taken away" else rest))
    assert len(read_chain(path)) == (1 if forged == "taken away" else 2), "the chain itself holds"
    deck = DeckState(config, lambda: GUIDED, second.id)
    assert deck.model is None
    assert deck.broken
    missed = f"does not hold certificate {second.id[:12]}, which this station has signed"
    assert missed in (deck.certificate_problem() or "")
    path.write_bytes(whole)
    third = certify_guided(config, second)
    assert DeckState(config, lambda: GUIDED, second.id).certificate == third, "killed before it was told: it is new"


def test_an_edited_one_is_never_used(config: Config) -> None:
    certify(config)
    path = Path(config.deck.certificate)
    path.write_bytes(path.read_bytes().replace(b'"station":"st-0001"', b'"station":"st-0002"'))
    deck = state(config)
    assert deck.model is None
    assert (deck.missing, deck.broken) == (False, True)
    assert "cannot be trusted" in (deck.certificate_problem() or "")


def test_an_expired_one_and_one_of_tomorrow_do_not_hold(config: Config) -> None:
    certify(config)
    deck = state(config, NOW + timedelta(days=365))
    assert "does not hold today" in (deck.certificate_problem() or "")
    assert "does not hold today" in (state(config, NOW - timedelta(days=2)).certificate_problem() or "")


def test_a_broken_chain_is_kept_beside_when_the_deck_is_calibrated_again(config: Config) -> None:
    certify(config)
    path = Path(config.deck.certificate)
    path.write_bytes(path.read_bytes()[:-5])
    broken = path.read_bytes()
    deck = state(config)
    fresh = certify_virtual_deck(VirtualDeck(EmptyDeck(), 1), station=config.station.id, issued=NOW)
    told: list[object] = []
    deck.changed = told.append
    deck.take(fresh)
    assert read_chain(path) == (fresh,)
    assert [each.read_bytes() for each in path.parent.glob("*.broken-*")] == [broken]
    assert deck.certificate_problem() is None
    assert told == [deck.model]


def test_a_failed_daily_check_blocks_over_a_restart_and_one_that_passes_frees(config: Config) -> None:
    certificate_id = certify(config)
    deck = state(config)
    deck.add_check(check(reads_kg=20.2, calibration_id=certificate_id))
    assert "daily check failed" in deck.reasons()[0]
    deck = state(config)
    assert "daily check failed" in deck.reasons()[0]
    assert deck.note().daily_check == "failed"
    deck.add_check(check(calibration_id=certificate_id, empty_n=(1.0, 0.0, 0.0, 0.0)))
    assert deck.reasons() == ()
    assert deck.zero.offset_n == pytest.approx((1.0, 0.0, 0.0, 0.0)), "staff have said that the deck is empty"
    assert state(config).zero.offset_n == deck.zero.offset_n, "and a restart remembers it"


def test_daily_checks_that_cannot_be_read_block_and_are_named(config: Config) -> None:
    certify(config)
    config.station.daily_checks.write_text("nonsense\n")
    assert "daily-checks.jsonl:1" in state(config).reasons()[0]


def test_the_zero_of_another_certificate_or_a_broken_file_is_not_taken_over(config: Config) -> None:
    certificate_id = certify(config)
    for kept in (
        b"{",
        msgspec.json.encode({"calibration_id": "other", "offset_n": (1.0, 0.0, 0.0, 0.0)}),
        msgspec.json.encode({"calibration_id": certificate_id, "offset_n": (-400.0, 0.0, 0.0, 0.0)}),  # out of range
    ):
        config.station.zero.write_bytes(kept)
        assert state(config).zero.offset_n == (0.0, 0.0, 0.0, 0.0)


def test_the_model_reads_nothing_on_a_deck_whose_zero_was_followed(config: Config) -> None:
    certify(config)
    deck = state(config)
    assert deck.model is not None
    zeros = tuple(cell.zero_counts + 900.0 for cell in deck.model.certificate.cells)
    counts = (zeros[0], zeros[1], zeros[2], zeros[3])
    before = deck.model.corner_forces_n(counts)
    assert max(before) > 0.15
    for _ in range(300):
        deck.push(row(*before), free=True)
    after = deck.model.corner_forces_n(counts)
    assert after == pytest.approx((0.0, 0.0, 0.0, 0.0), abs=1e-9)
    assert deck.reasons() == ()


def test_a_zero_that_is_gone_blocks_and_one_that_comes_back_frees(config: Config) -> None:
    certify(config)
    deck = state(config)
    for _ in range(300):
        deck.push(row(0.8, 0.0, 0.0, -0.2), free=True)
    assert "drifted" in deck.reasons()[0]
    assert deck.note().zero == deck.reasons()[0]
    for _ in range(300):
        deck.push(row(0.0, 0.0, 0.0, 0.0), free=True)
    assert deck.reasons() == ()
