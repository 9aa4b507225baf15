"""The rows of a result, and lengths of time in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.judge import judge
from calibration.limits import RUNNING, Limit, load_limits
from station.staff.rows import judged_rows
from station.staff.texts import span
from tests.calibration.doing import DECK, NOW, Bench


def test_rows_that_pass_come_by_how_near_they_are_to_their_limit() -> None:
    limits = load_limits()
    judged = [limits.named(name).judge(value) for name, value in (("force", 0.1), ("place-worst", 1.9), ("loads", 9.0))]
    assert [row.name for row in judged_rows(judged)] == [
        "Worst error of place",
        "Worst error of force",
        "Usable loads",
    ]
    over = limits.named("force").judge(0.6)
    assert judged_rows([*judged, over])[0].measured == "0.6 %"


@given(
    limit=st.sampled_from([*load_limits().limit, *load_limits(RUNNING).limit]),
    share=st.one_of(st.floats(0, 10), st.floats(1, 1 + 1e-6)),
)
def test_no_number_reads_as_its_limit_unless_it_is_that_and_none_has_an_exponent(limit: Limit, share: float) -> None:
    measured = share * (limit.value or 1.0)
    (row,) = judged_rows([limit.judge(measured)])
    number_said = row.measured.removesuffix(limit.with_unit(""))
    assert "e" not in number_said
    number = float(number_said)
    assert number == pytest.approx(measured, abs=0.0051 * (limit.value or 100.0))
    if abs(measured - limit.value) > 1e-11:
        assert number != limit.value


def test_rows_that_refuse_come_first_with_what_to_do() -> None:
    bench = Bench(2)
    bench.spoil = lambda step, counts: tuple(each * 1.004 for each in counts) if step.kind == "load-down" else counts  # type: ignore[assignment,return-value]
    found = judge(bench.perform(sign=False), DECK, None, NOW.date())
    rows = judged_rows(found.judgements)
    assert rows[0].good is False
    assert rows[0].to_do[0].isupper()
    assert "at most" in rows[0].expected
    assert len(rows) == len(found.judgements)


def test_lengths_of_time_are_said_rounded_up() -> None:
    assert [span(each) for each in (0.0, 1.2, 60.0, 61.0, 91.0, 900.0)] == [
        "1 s", "2 s", "60 s", "61 s", "2 minutes", "15 minutes"
    ]  # fmt: skip
