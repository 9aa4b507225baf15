"""The flow of the daily check."""

from datetime import date

import msgspec
import pytest

from station.staff.effects import CheckDaily, Chime
from station.staff.events import CertificateView, Moved, Read
from station.staff.present import present
from tests.calibration.doing import Bench
from tests.station.staff.making import SITE, asked, menu, pressed, told


def test_the_daily_check_reads_the_empty_deck_and_then_one_weight_at_the_centre() -> None:
    bench = Bench(1)
    state, _ = pressed(menu(), "daily-check")
    assert present(state).title == "Take everything off the deck"
    assert "Have 20 kg ready" in present(state).body
    empty = asked(state, bench)
    state, effects = told(state, Read(empty))
    assert effects == [Chime()]
    screen = present(state)
    assert (screen.name, screen.title) == ("daily.place", "Put 20 kg into the centre, hole B2")
    assert screen.body.startswith("Recorded.")
    state, _ = told(state, Moved())
    loaded = asked(state, bench)
    state, effects = told(state, Read(loaded))
    assert effects == [Chime(), CheckDaily("AB", empty, loaded)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site": msgspec.structs.replace(SITE, today=date(2030, 1, 1))}, "No weight of the register is valid"),
        (
            {"site": msgspec.structs.replace(SITE, weights=(), weights_problem="weights.toml: cannot be read")},
            "weights.toml",
        ),
        ({"certificate": CertificateView(problem="expired")}, "no valid certificate"),
    ],
)
def test_a_daily_check_that_makes_no_sense_is_not_begun(changes: dict[str, object], words: str) -> None:
    state, _ = pressed(menu(**changes), "daily-check")
    assert present(state).name == "staff.notice"
    assert words in present(state).body
