"""The command line: help, versions, one clear line for what is wrong, sysexits codes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hardware.virtual.faults import CATALOGUE
from station.cli.main import COMMANDS, cli, main
from station.config import Config, DeckConfig, HardwareConfig, ScreenConfig, StationConfig, dump_config

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Return a function that runs the command line as its script does: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["balance-station", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        output = capsys.readouterr()
        return int(stopped.value.code or 0), output.out, output.err

    return run


def configured(folder: Path, at: Path | None = None, screen: ScreenConfig | None = None) -> Path:
    config = Config(
        station=StationConfig(state_dir=str(folder), runtime_dir=str(folder)),
        hardware=HardwareConfig(backend="virtual"),
        deck=DeckConfig(certificate=str(folder / "calibration.jsonl")),
        screen=screen or ScreenConfig(),
    )
    path = (at or folder) / "station.toml"
    path.write_text(dump_config(config), encoding="utf-8")
    return path


def test_every_command_has_a_help_text() -> None:
    listed = CliRunner().invoke(cli, ["--help"])
    assert listed.exit_code == 0
    for name in [*COMMANDS, "ingest"]:
        assert name in listed.output
        shown = CliRunner().invoke(cli, [name, "--help"])
        assert shown.exit_code == 0
        assert len(shown.output) > 80


def test_the_list_says_of_each_command_what_the_command_says_of_itself_and_loads_none() -> None:
    for name, (_, said) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert said == command.get_short_help_str(80)
    script = "import sys; from station.cli.main import main; sys.argv[1:] = ['--help']; main()"
    listed = subprocess.run([sys.executable, "-X", "importtime", "-c", script], capture_output=True, check=True)
    assert b"norms" in listed.stdout
    assert b"scipy" not in listed.stderr


def test_no_line_of_a_list_of_commands_is_cut() -> None:
    for group in ([], ["calibration"], ["config"], ["norms"], ["pin"]):
        listed = CliRunner().invoke(cli, [*group, "--help"]).output
        assert "Commands:" in listed
        assert "..." not in listed.split("Commands:")[1]


def test_an_unknown_command_or_option_is_a_usage_error_in_one_line(say: Say) -> None:
    for arguments in (["dance"], ["demo", "--dance"], ["run", "dance"], ["--log-level", "loud", "doctor"]):
        code, out, err = say(*arguments)
        assert (code, out) == (os.EX_USAGE, "")
        assert len(err.strip().splitlines()) == 1


def test_without_a_command_a_group_shows_its_help(say: Say) -> None:
    for group in ([], ["norms"]):
        code, out, err = say(*group)
        assert (code, out) == (os.EX_USAGE, "")
        assert err.startswith("Usage: ")


def test_a_file_that_cannot_be_made_is_one_line_that_names_it(say: Say, tmp_path: Path) -> None:
    config = configured(tmp_path / "file" / "folder", at=tmp_path)
    (tmp_path / "file").touch()
    for arguments in (["pin", "list"], ["run", "acquire"], ["demo", "--headless", "--keep", f"{tmp_path}/file/folder"]):
        code, out, err = say("--config", str(config), *arguments)
        assert (code, out) == (os.EX_IOERR, "")
        assert err.startswith(f"balance-station: {tmp_path}/file")
        assert len(err.splitlines()) == 1


def test_a_full_disk_is_one_line_and_an_input_output_error() -> None:
    code = "import sys; from station.cli.main import main; sys.argv[1:] = ['norms', 'show', *sys.argv[1:]]; main()"
    for arguments in ([], ["--json"]):
        with Path("/dev/full").open("w") as full:
            ran = subprocess.run(
                [sys.executable, "-c", code, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, timeout=120
            )
        assert ran.returncode == os.EX_IOERR
        assert ran.stderr.decode() == (
            "balance-station: there is no space left to write to; free some, or write elsewhere\n"
        )


def test_config_is_checked_shown_and_described(say: Say, tmp_path: Path) -> None:
    path = configured(tmp_path)
    assert say("config", "check", str(path)) == (0, f"{path}: good\n", "")
    code, out, _ = say("config", "show", str(path), "--json")
    assert (code, json.loads(out)["hardware"]["backend"]) == (0, "virtual")
    again = tmp_path / "again.toml"
    again.write_text(say("config", "show", "--default")[1])
    assert say("config", "check", str(again))[0] == 0
    assert json.loads(say("config", "schema")[1])["$ref"]


def test_a_table_of_norms_or_a_protocol_that_is_not_there_is_a_wrong_configuration(say: Say, tmp_path: Path) -> None:
    for screen, words in (
        (ScreenConfig(norms="/none.json"), "screen.norms: /none.json: cannot be read"),
        (ScreenConfig(protocol="dance"), "no protocol 'dance'"),
    ):
        code, out, err = say("config", "check", str(configured(tmp_path, screen=screen)))
        assert (code, out) == (os.EX_CONFIG, "")
        assert words in err
        assert len(err.strip().splitlines()) == 1


def test_a_malformed_config_stops_every_process_with_code_78(say: Say, tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text("[mqtt]\nport = 0\n")
    for process in ("acquire", "station", "kiosk", "bridge"):
        code, _, err = say("--config", str(path), "run", process)
        assert code == os.EX_CONFIG
        assert "station.toml:2" in err
        assert "mqtt.port" in err


def test_a_deck_whose_gpio_chip_is_not_there_is_said_plainly(say: Say, tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(
        f'[station]\nruntime_dir = "{tmp_path}"\n[hardware]\nbackend = "gpiod"\ngpio_chip = "/dev/gpiochip99"\n'
    )
    code, _, err = say("--config", str(path), "run", "acquire")
    assert code == os.EX_UNAVAILABLE
    assert "/dev/gpiochip99" in err
    assert "Traceback" not in err


def test_doctor_says_what_is_missing_and_what_to_do(say: Say, tmp_path: Path) -> None:
    path = configured(tmp_path)
    code, out, _ = say("--config", str(path), "doctor", "--json")
    assert code == os.EX_UNAVAILABLE
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert checks["calibration"]["verdict"] == "bad"
    assert checks["station"]["verdict"] == "bad"
    assert checks["disk"]["verdict"] == "good"
    for check in checks.values():
        assert check["measured"]
        assert check["expected"]
        assert check["to_do"] or check["verdict"] == "good"


def test_ingest_refuses_to_send_results_over_an_open_network(say: Say, tmp_path: Path) -> None:
    code, _, err = say("ingest", "--database", str(tmp_path / "x.db"), "--host", "broker.example")
    assert code == os.EX_CONFIG
    assert "TLS" in err


def test_a_demo_whose_trial_breaks_ends_with_a_readable_result(say: Say) -> None:
    code, out, err = say(
        *("demo", "--headless", "--no-broker", "--speed", "max", "--protocol", "quiet-stance"),
        *("--fault", "missing-channel@26"),
    )
    assert code == 0
    assert "NOT ASSESSABLE" in out
    assert "delivers nothing: check its plug" in " ".join(out.split())
    assert "Traceback" not in out + err


def test_a_demo_in_which_nobody_can_be_measured_says_why_in_one_line(say: Say) -> None:
    code, out, err = say(
        *("demo", "--headless", "--no-broker", "--speed", "max", "--protocol", "quiet-stance"),
        *("--chips", "samples", "--fault", "swapped-channels@0"),
    )
    assert (code, out) == (os.EX_UNAVAILABLE, "")
    assert "their plugs are exchanged" in err.strip().splitlines()[-1]


def test_faults_are_listed_and_a_wrong_one_is_answered_with_the_list(say: Say) -> None:
    code, out, _ = say("demo", "--fault", "help")
    assert code == 0
    assert all(fault.name in out and fault.what.split()[0] in out for fault in CATALOGUE)
    for fault, words in (("nix", "faults are shifted-bit, "), ("spike@x", "NAME@SECOND"), ("spike", "chips")):
        code, out, err = say("demo", "--chips", "samples", "--fault", fault)
        assert (code, out) == (os.EX_USAGE, "")
        assert words in err
        assert len(err.strip().splitlines()) == 1
