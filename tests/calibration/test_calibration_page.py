"""docs/calibration.md says what the tables of limits say, and its pictures are there and show those limits."""

import re
from pathlib import Path

import pytest

from calibration.limits import CALIBRATION, RUNNING, load_limits
from kiosk_ui.staff_examples import STAFF_EXAMPLES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "calibration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [CALIBRATION, RUNNING])
def test_every_limit_stands_on_the_page_with_its_value_and_source(table: str) -> None:
    limits = load_limits(table).limit
    assert limits
    for limit in limits:
        assert f"| `{limit.name}` | {limit.short} | {limit.what} | {limit.allowed} | {limit.source} |" in PAGE


def test_every_picture_of_the_procedure_is_shown_and_is_there() -> None:
    shown = set(re.findall(r"\(pictures/calibration/([\w.-]+\.png)\)", PAGE))
    there = {path.name for path in (DOCS / "pictures" / "calibration").glob("*.png")}
    assert shown <= there
    assert there - shown <= {"01-attract.png"}


def test_the_pictures_of_the_daily_check_show_its_real_limits() -> None:
    panels = {example.model.name: example.model.staff for example in STAFF_EXAMPLES}
    force, place = (load_limits(RUNNING).named(name) for name in ("daily-force", "daily-place"))
    trends = [panel.trend for panel in panels.values() if panel is not None and panel.trend is not None]
    assert [trend.limit_percent for trend in trends] == [force.value] * len(trends) != []
    bad = next(panel for name, panel in panels.items() if name == "daily.result.bad" and panel is not None)
    assert [row.expected for row in bad.rows[:2]] == [force.allowed, place.allowed]


def test_the_pictures_of_a_result_show_real_limits_and_all_of_them() -> None:
    panels = {example.model.name: example.model.staff for example in STAFF_EXAMPLES}
    by_name = {limit.short: limit for limit in load_limits().limit}
    for name in ("calibrate.result", "calibrate.details", "calibrate.refused"):
        panel = panels[name]
        assert panel is not None
        assert panel.rows
        for row in panel.rows:
            limit = by_name[row.name]
            assert row.expected == limit.allowed
            assert row.to_do.lower() == ("" if row.good else limit.to_do.lower())
    details = panels["calibrate.details"]
    assert details is not None
    conditional = {"gain-change", "temperature", "two-people"}
    assert {by_name[row.name].name for row in details.rows} == {limit.name for limit in by_name.values()} - conditional
