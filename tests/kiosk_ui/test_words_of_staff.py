"""Every screen that the station's staff mode can really send, with its real words, on every supported panel."""

import re
from typing import get_args

import msgspec

from calibration.judge import judge
from kiosk_ui.staff_examples import STAFF_EXAMPLES
from station.screens import ScreenModel, Trend, TrendPoint
from station.staff.events import PinChecked, Ticked
from station.staff.present import present
from station.staff.rows import judged_rows
from station.staff.state import Stage as StaffStage
from station.staff.texts import words
from station.texts import load_texts
from tests.calibration.doing import DECK, NOW, Bench
from tests.kiosk_ui.stage import Stage
from tests.kiosk_ui.test_every_screen import broken_rules, leaves
from tests.station.staff.making import SITE, door, levelled, menu, reading_stage, told

READINGS = 23
BLOCKED = (
    "the daily check failed: error of force of the daily check: 0.41 %, at most 0.3 % allowed; check that the weight "
    "named is the weight used, and do the check again; if it is still off, calibrate"
)
TREND = Trend((TrendPoint("2026-11-25", 0.1), TrendPoint("2026-11-26", -0.4)), 0.3)


def screens_of_staff() -> list[ScreenModel]:
    readings = [reading_stage(number)[0] for number in range(READINGS)]
    session = Bench(1).perform(sign=False)
    rows = judged_rows(judge(session, DECK, None, NOW.date()).judgements)
    bad = tuple(msgspec.structs.replace(row, good=False, to_do=row.to_do or BLOCKED) for row in rows[:3])
    full = msgspec.structs.replace(
        readings[-1], rows=(*bad, *rows), trend=TREND, blocked=BLOCKED, operator="ABCDEFGH", tilt_deg=1.4,
        chosen=tuple(each.id for each in SITE.weights), on_s=840.0, drift_counts_per_min=41.0,
    )  # fmt: skip
    states = [
        door(),
        door(pin="none"),
        told(door(), PinChecked(None, tries_left=3))[0],
        told(door(), PinChecked(None, 0, 120.0), Ticked(1000.0))[0],
        menu(),
        menu(session=levelled()),
        *readings,
        *(msgspec.structs.replace(readings[12], note=note) for note in notes()),
        *(
            msgspec.structs.replace(full, stage=stage, passed=passed, steady=passed, held=passed)
            for stage in get_args(StaffStage)
            for passed in (True, False)
        ),
    ]
    return list(dict.fromkeys(present(state) for state in states))


def notes() -> list[str]:
    """Return what is said about a reading that cannot be right, at its longest."""
    return [
        words("calibrate.read.not-empty", "en", kg="19.98"),
        words("calibrate.read.not-loaded", "en"),
        words("calibrate.read.other-load", "en", kg="19.98", wanted="39.96"),
        words("calibrate.read.other-hole", "en", seen="C3", hole="A1"),
    ]


def test_every_screen_of_the_staff_keeps_the_rules(any_stage: Stage) -> None:
    problems: list[str] = []
    models = screens_of_staff()
    assert len(models) > READINGS + 20
    for model in models:
        any_stage.show(model, draw=False)
        for leaf in range(leaves(any_stage)):
            if leaf:
                any_stage.now_s += 10
                any_stage.tap("kiosk.next-leaf")
            problems += [f"{model.name} ({leaf}) {model.body!r}: {problem}" for problem in broken_rules(any_stage)]
    assert problems == []


def test_the_examples_that_pictures_are_made_of_say_what_the_station_says() -> None:
    texts = {
        key: re.sub(r"\\{\w+\\}", ".+?", re.escape(text)) for key, text in load_texts("station.staff", "en").items()
    }
    labels = [text for key, text in texts.items() if key.startswith(("button.", "calibrate.weights.weight"))]
    for example in STAFF_EXAMPLES:
        model = example.model
        section = ".".join(model.name.split(".")[:2])
        said = "|".join(text for key, text in texts.items() if key.startswith(f"{section}."))
        assert re.fullmatch(said, model.title), model.title
        assert re.fullmatch(f"(?:(?:{said}) ?)*", model.body), model.body
        for button in model.buttons:
            assert button.action.startswith("digit.") or re.fullmatch("|".join(labels), button.label), button.label
