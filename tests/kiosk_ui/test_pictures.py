"""Pictures as data, and the gallery for people."""

from pathlib import Path
from typing import get_args

import pytest

from kiosk_ui.theme import COLOURS
from kiosk_ui.widgets.icons import IconName, icon
from kiosk_ui.widgets.outlines import BOX, Disc, Shape, dashes, picture
from station.screens import Picture, ScreenKind

PICTURES = [name for name in get_args(Picture) if name != "none"]


def points(shape: Shape) -> list[tuple[float, float]]:
    if isinstance(shape, Disc):
        (x, y), r = shape.centre, shape.radius
        return [(x - r, y - r), (x + r, y + r)]
    return list(shape.points)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_of_the_contract_is_drawn_inside_its_box_in_known_colours(name: Picture) -> None:
    shapes = picture(name)
    assert shapes
    for shape in shapes:
        assert shape.role in COLOURS
        for x, y in points(shape):
            assert 0 <= x <= BOX[0]
            assert 0 <= y <= BOX[1]


def test_no_two_pictures_are_alike() -> None:
    assert len({repr(picture(name)) for name in PICTURES}) == len(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_on_a_dark_field_no_arrow_is_dark(name: Picture) -> None:
    assert all(shape.role != "pointer" for shape in picture(name, dark=True))


@pytest.mark.parametrize("name", get_args(IconName))
def test_every_sign_is_drawn_inside_its_box(name: IconName) -> None:
    for shape in icon(name, "ink", "card"):
        for x, y in points(shape):
            assert 0 <= x <= 100
            assert 0 <= y <= 100


def test_feet_stand_as_their_stance_is_called() -> None:
    def soles(name: Picture) -> list[tuple[float, float, float, float]]:
        filled = [shape for shape in picture(name) if getattr(shape, "role", "") == "skin" and len(points(shape)) > 60]
        boxes = []
        for shape in filled:
            xs, ys = zip(*points(shape), strict=True)
            boxes.append((min(xs), max(xs), min(ys), max(ys)))
        return boxes

    left, right = soles("side-by-side")
    assert 0 <= right[0] - left[1] < 2, "side by side: they touch, and do not overlap"
    assert left[2] == right[2]
    left, right = soles("feet-apart")
    assert right[0] - left[1] > 10
    back, front = soles("tandem")
    assert abs((back[0] + back[1]) - (front[0] + front[1])) < 12, "tandem: one line"
    assert front[2] >= back[3], "tandem: heel before toe"
    back, front = soles("semi-tandem")
    assert back[2] < front[2] < back[3] < front[3]
    assert front[0] > back[1] - 4
    assert len(soles("one-foot")) == 1


def test_dashes_cover_an_outline_with_gaps_and_nothing_else() -> None:
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    pieces = dashes(square, 3.0, 2.0)
    assert len(pieces) == 8
    for piece in pieces:
        for x, y in piece:
            assert x in (0.0, 10.0) or y in (0.0, 10.0)


def test_the_examples_cover_every_kind_of_screen_and_every_picture(stage: object) -> None:
    from kiosk_ui.examples import EXAMPLES

    assert {each.model.kind for each in EXAMPLES} == set(get_args(ScreenKind))
    assert {each.model.picture for each in EXAMPLES} == set(get_args(Picture))
    names = [each.model.name for each in EXAMPLES]
    assert len(set(names)) == len(names)


def test_the_gallery_draws_every_example_and_the_sheet(stage: object, tmp_path: Path) -> None:
    from PIL import Image

    from kiosk_ui.examples import EXAMPLES
    from kiosk_ui.pictures import main

    assert main(["--out", str(tmp_path / "gallery")]) == 0
    made = {path.stem for path in (tmp_path / "gallery").glob("*.png")}
    assert made == {each.model.name for each in EXAMPLES} | {"kiosk"}
    sheet = tmp_path / "gallery" / "kiosk.png"
    assert sheet.stat().st_size < 300_000
    steps = sorted(path.name for path in (tmp_path / "gallery" / "calibration").iterdir())
    assert steps[0] == "01-attract.png"
    assert [name for name in steps if "calibrate.done" in name] == ["15-calibrate.done.png"]
    with Image.open(sheet) as image:
        assert len(image.convert("RGB").getcolors(1 << 20)) > 20, "not an empty sheet"


def test_a_panel_that_is_no_panel_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from kiosk_ui.pictures import main

    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--panel", "big"])
    assert "expected WIDTHxHEIGHTxINCHES" in capsys.readouterr().err
