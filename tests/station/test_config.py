"""A configuration is either right or refused with file, line, key, value and what was expected."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config import Config, MqttConfig, StationConfig, VirtualConfig, dump_config, load_config
from station.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_a_valid_configuration(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "")) == Config()


def test_what_is_written_is_read_back_unchanged(tmp_path: Path) -> None:
    config = Config(
        station=StationConfig(id="st-7", site="north"),
        virtual=VirtualConfig(recording="/a b/c.csv", loses={"tandem": 4.5}),
        mqtt=MqttConfig(host="broker.example", ca_file="/etc/ca.pem"),
    )
    assert load_config(write(tmp_path, dump_config(config))) == config


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[mqtt]\nhost = "127.0.0.1"\nport = "x"\n', [":3", "mqtt.port", "'x'", "expected `int`"]),
        ("[mqtt]\nport = 99999\n", [":2", "mqtt.port", "99999", "<= 65535"]),
        ("[mqtt]\nprot = 1\n", [":2", "no key 'mqtt.prot'", "config schema"]),
        ("[mqt]\nport = 1\n", [":1", "no key 'mqt'"]),
        ('[station]\nid = "St 1"\n', [":2", "station.id", "'St 1'"]),
        ('[screen]\nalone = ["quiet", "hopping"]\n', [":2", "screen.alone", "hopping", "one of 'quiet', 'side"]),
        ("[virtual]\nloses = {hopping = 1}\n", [":2", "virtual.loses", "hopping", "one of 'quiet', 'side"]),
        ("[hardware]\nimu_rate_hz = 50\n", [":2", "hardware.imu_rate_hz", "50", "one of 100, 104, 200, 208"]),
        ("[station\n", ["not valid TOML", "line 1"]),
        ('[mqtt]\nhost = "broker.clinic"\n', ["TLS", "mqtt.ca_file"]),
        ("[deck]\nsurface_ap_mm = 300.0\n", ["deck.cell_spacing_ap_mm is 400", "surface_ap_mm 300", "measure both"]),
        ("[deck]\ncell_spacing_ml_mm = 0.4\n", [":2", "deck.cell_spacing_ml_mm", "0.4", ">= 100"]),
        ('[mqtt]\ncert_file = "a"\n', ["go together"]),
        ('[virtual]\nfaults = ["spikes@3"]\n', ["[virtual] faults", "'spikes'", "shifted-bit"]),
        ('[virtual]\nchips = "samples"\nfaults = ["spike@3"]\n', ["[virtual] faults", "on the wires", "pins"]),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    message = str(caught.value)
    assert "\n" not in message
    for word in ["station.toml", *words]:
        assert word in message


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration file; name one with --config"):
        load_config(tmp_path / "nowhere.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_bytes(b"\xff\xfe[station]")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(path)


@given(st.integers(0, len(dump_config(Config())) - 1), st.characters(codec="ascii"))
def test_a_one_character_change_is_read_or_refused_but_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, position: int, character: str
) -> None:
    text = dump_config(Config())
    path = tmp_path_factory.mktemp("config") / "station.toml"
    path.write_text(text[:position] + character + text[position + 1 :], encoding="utf-8")
    assert outcome(path) in ("read", "refused")


def outcome(path: Path) -> str:
    """Read a file; whatever is neither a configuration nor a refusal in words is an error of ours and escapes."""
    try:
        config = load_config(path)
    except ConfigError as error:
        return "refused" if str(path) in str(error) and "\n" not in str(error) else f"unclear: {error}"
    return "read" if msgspec.convert(msgspec.to_builtins(config), Config) == config else "differs"
