"""docs/calibration.md says what the tables of limits say, and its pictures are there and show those limits."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from calibration.limits import RUNNING, load_limits
from kiosk_ui.staff_examples import STAFF_EXAMPLES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "calibration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", ["limits.toml", "limits_running.toml"])
def test_every_limit_stands_on_the_page_with_its_value_and_source(table: str) -> None:
    limits = tomllib.loads((files("calibration") / table).read_text(encoding="utf-8"))["limit"]
    assert limits
    for limit in limits:
        side = "at most" if limit["refused"] == "above" else "at least"
        row = f"| `{limit['name']}` | {limit['what']} | {side} {limit['value']:g} {limit['unit']} | {limit['source']} |"
        assert row in PAGE


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
    assert [row.expected for row in bad.rows] == [f"at most {force.value:g} %", f"at most {place.value:g} mm"]
