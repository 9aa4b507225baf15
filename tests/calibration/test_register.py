"""The register of weights: what is entered wrongly is named by file, weight and key, with what was expected."""

from pathlib import Path

import pytest

from calibration.errors import RegisterError
from calibration.register import load_register, pick

GOOD = {
    "id": '"20-1"',
    "nominal_kg": "20",
    "mass_kg": "20.0004",
    "uncertainty_g": "1.0",
    "certificate_number": '"K-1"',
    "valid_until": "2027-05-31",
}


def table(**changes: str) -> str:
    return "[[weight]]\n" + "".join(f"{key} = {value}\n" for key, value in (GOOD | changes).items())


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "weights.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_weights_are_read_as_they_were_entered_and_picked_by_id(tmp_path: Path) -> None:
    weights = load_register(written(tmp_path, table() + table(id='"A 10"', nominal_kg="10", mass_kg="10")))
    assert [each.id for each in weights] == ["20-1", "A 10"]
    assert pick(weights, ("A 10", "A 10")) == weights[1:]
    with pytest.raises(RegisterError, match="there is no weight 'B' in the register; there are: 20-1, A 10"):
        pick(weights, ("B",))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (table(mass_kg="nan"), "weight '20-1': mass_kg is nan and nominal_kg 20; they must agree within 2 %"),
        (table(mass_kg="-20.0"), "weight '20-1': mass_kg is -20"),
        (table(nominal_kg="-20"), "weight '20-1': nominal_kg is -20; expected above 0, up to 100"),
        (table(nominal_kg="nan"), "nominal_kg is nan"),
        (table(uncertainty_g="0"), "weight '20-1': uncertainty_g is 0; expected above 0, in grams"),
        (table(uncertainty_g="inf"), "uncertainty_g is inf"),
        (table(uncertainty_g="nan"), "uncertainty_g is nan"),
        (table(certificate_number='" "'), "needs an id and the number of its certificate"),
        (table(id='"20,1"'), "weight '20,1': an id is what can be stamped on a weight, without a comma"),
        (table(id=r'"20\u001b[2J"'), "an id is what can be stamped on a weight"),
        (
            table() + table(valid_until='"soon"'),
            "weight number 2, valid_until: invalid RFC3339 encoded date; enter your",
        ),
        (
            table(valid_until="2027-05-31T00:00:00"),
            "weight number 1, valid_until: expected `date`, got `datetime`; enter",
        ),
        (table(colour='"red"'), "weight number 1: object contains unknown field `colour`; enter your weights as"),
        (table() + table(), "there are two weights with the id '20-1'"),
        ("weight = 3\n", "weight: expected `array`, got `int`; enter your weights as"),
        ("weights = 3\n", "unknown field `weights`; enter your weights as"),
        ("[[weight]\n", "not valid TOML: .*line 1.*; enter your weights as"),
        (b"\xff\xfe", "cannot be read .*utf-8.*; enter your weights as"),
    ],
)
def test_what_is_entered_wrongly_is_named_in_one_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(RegisterError, match=said) as wrong:
        load_register(path)
    assert str(wrong.value).startswith(f"{path}: ")
    assert "\n" not in str(wrong.value)
    assert str(wrong.value).isprintable()


def test_a_register_that_is_not_there_or_is_a_folder_says_how_to_make_one(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(RegisterError, match=rf"cannot be read \({why}.*calibration weights --example"):
            load_register(path)
