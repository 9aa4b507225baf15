"""The daily check: what is off fails, what fails blocks, and nothing that was written is lost."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from calibration.daily import DailyCheck, blocked_by, check_deck, keep_check, read_checks
from calibration.errors import ProcedureError
from calibration.evidence import Four

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
G = 9.80665
EMPTY: Four = (0.1, 0.0, 0.0, -0.1)


def check(
    reads_kg: float = 20.0,
    cop_mm: tuple[float, float] = (0.0, 0.0),
    empty_n: Four = EMPTY,
    calibration_id: str = "c",
    at: datetime = NOW,
) -> DailyCheck:
    a, b, c, d = (each + reads_kg * G / 4 for each in empty_n)
    return check_deck(
        at=at,
        calibration_id=calibration_id,
        operator="AB",
        weights=("20-1",),
        mass_kg=20.0,
        gravity_m_s2=G,
        empty_n=empty_n,
        loaded_n=(a, b, c, d),
        cop_mm=cop_mm,
    )


def test_a_deck_that_reads_its_weight_in_its_place_passes() -> None:
    good = check()
    assert good.passed
    assert good.force_error_percent == pytest.approx(0.0, abs=1e-9)
    assert good.reasons == ()
    assert good.temperature_c is None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (check(reads_kg=20.07), "error of force"),
        (check(reads_kg=19.93), "error of force"),
        (check(cop_mm=(2.5, 2.5)), "error of place"),
        (check(empty_n=(11.0, 0.0, 0.0, 0.0)), "empty deck"),
        (check(reads_kg=float("nan")), "error of force"),
    ],
)
def test_what_is_off_fails_and_says_what_to_do(bad: DailyCheck, words: str) -> None:
    assert not bad.passed
    assert words in "; ".join(bad.reasons)
    assert "allowed; " in bad.reasons[0]


def test_the_last_check_of_the_certificate_in_use_decides() -> None:
    good, bad = check(), check(reads_kg=21.0)
    assert blocked_by((), "c") is None
    assert blocked_by((good,), "c") is None
    assert "daily check failed" in (blocked_by((good, bad), "c") or "")
    assert blocked_by((bad, good), "c") is None
    assert blocked_by((bad,), "another certificate") is None, "the deck was calibrated since"


def test_checks_are_kept_and_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "daily-checks.jsonl"
    kept = (check(), check(reads_kg=20.01))
    for each in kept:
        keep_check(each, path)
    with path.open("ab") as file:
        file.write(b'{"schema": "balance')
    assert read_checks(path) == kept
    keep_check(check(reads_kg=20.02), path)
    assert len(read_checks(path)) == 3


def test_a_line_that_is_no_check_is_named(tmp_path: Path) -> None:
    path = tmp_path / "daily-checks.jsonl"
    path.write_bytes(msgspec.json.encode(check()) + b"\nnonsense\n")
    with pytest.raises(ProcedureError, match=r"daily-checks\.jsonl:2"):
        read_checks(path)
    with pytest.raises(ProcedureError, match=r"daily-checks\.jsonl:2"):
        keep_check(check(), path)


def test_a_check_that_was_kept_before_temperatures_were_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "daily-checks.jsonl"
    old = msgspec.to_builtins(check())
    del old["temperature_c"]
    path.write_bytes(msgspec.json.encode(old) + b"\n")
    assert read_checks(path) == (check(),)
