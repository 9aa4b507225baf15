"""Picture, pin table and configuration of the wiring say the same, and the picture can be read."""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.wiring import HEADER_PINS, I2C_LINES, POWER_PINS, RESERVED_LINES, Wiring, check_wiring
from hardware.wiring_picture import WIRE_PX, draw, pin_table
from station.config import HardwareConfig

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"
FREE = sorted(set(HEADER_PINS) - set(RESERVED_LINES))
Point = tuple[float, float]


def wires(svg: str) -> list[list[Point]]:
    root = ElementTree.fromstring(svg)
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.attrib["points"].split())]
        for line in root.iter(f"{SVG}polyline")
        if line.attrib["stroke-width"] == f"{WIRE_PX:g}"
    ]


def cross(first: list[Point], second: list[Point]) -> bool:
    """Whether two wires of level and upright pieces touch anywhere."""
    for a, b in itertools.product(itertools.pairwise(first), itertools.pairwise(second)):
        if all(
            min(a[0][axis], a[1][axis]) <= max(b[0][axis], b[1][axis])
            and min(b[0][axis], b[1][axis]) <= max(a[0][axis], a[1][axis])
            for axis in (0, 1)
        ):
            return True
    return False


def test_the_page_shows_the_picture_of_the_defaults() -> None:
    assert (DOCS / "pictures" / "wiring.svg").read_text() == draw(Wiring()), (
        "draw it anew: python -m hardware.wiring_picture --out docs/pictures/wiring.svg"
    )
    assert "pictures/wiring.svg" in (DOCS / "wiring.md").read_text()


def test_the_page_s_pin_table_is_that_of_the_defaults() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| (SCK|DOUT|SDA|SCL) \| (\d+) \| (\d+) \|$", (DOCS / "wiring.md").read_text(), re.M
    )
    assert [(what, signal, int(line), int(pin)) for what, signal, line, pin in rows] == pin_table(Wiring())


def test_a_configuration_that_says_nothing_of_lines_means_the_picture() -> None:
    assert HardwareConfig().wiring() == Wiring()
    assert check_wiring(Wiring()) == ()


def test_the_parts_list_adds_up() -> None:
    text = (DOCS / "wiring.md").read_text()
    rows = re.findall(r"^\| [^|]+ \| (\d+) \| (\d+) \| (\d+) \|$", text[text.index("## Parts") :], re.M)
    assert all(int(number) * int(each) == int(together) for number, each, together in rows)
    (total,) = re.findall(r"^\| \*\*all\*\* .*\*\*(\d+)\*\* \|$", text, re.M)
    assert sum(int(together) for _, _, together in rows) == int(total)


def test_the_header_has_forty_pins_and_each_is_one_thing() -> None:
    assert sorted([*HEADER_PINS.values(), *POWER_PINS]) == list(range(1, 41))


def test_no_two_signal_wires_touch_and_each_leaves_at_its_own_pin() -> None:
    drawn = wires(draw(Wiring()))
    assert len(drawn) == 10
    assert not [pair for pair in itertools.combinations(drawn, 2) if cross(*pair)]
    rows = {round((wire[0][1] - 130) / 29) for wire in drawn}
    assert rows == {(pin - 1) // 2 for *_, pin in pin_table(Wiring())}


@given(lines=st.permutations(FREE))
def test_any_wiring_can_be_drawn_and_names_every_board_and_pin(lines: list[int]) -> None:
    wiring = Wiring(clock_lines=tuple(lines[:4]), data_lines=tuple(lines[4:8]))  # type: ignore[arg-type]
    root = ElementTree.fromstring(draw(wiring))
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert len(wires(draw(wiring))) == 10
    for corner in ("front left", "front right", "back left", "back right"):
        assert f"HX711 {corner}" in words
    bold = {text.text for text in root.iter(f"{SVG}text") if text.attrib.get("font-weight") == "bold"}
    assert {f"BCM {line}" for line in [*lines[:8], *I2C_LINES]} <= bold


@pytest.mark.parametrize("line", sorted(RESERVED_LINES))
def test_no_load_cell_is_on_a_reserved_line(line: int) -> None:
    assert line not in (*Wiring().clock_lines, *Wiring().data_lines)
