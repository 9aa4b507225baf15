"""docs/calibration.md says what the tables of limits say, and shows pictures that are there."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

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
