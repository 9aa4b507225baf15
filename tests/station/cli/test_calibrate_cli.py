"""`calibrate`, `calibration` and `pin` as somebody at a terminal uses them, on a station in virtual time."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from calibration.chain import read_chain
from station.cli.main import cli
from station.config import Config, dump_config
from station.demo.one_process import OneProcess
from station.errors import UnavailableError, UsageError
from tests.station.cli.living import Living, SteppingClient
from tests.station.live.staffing import IDS, PIN, staff_config

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    config = staff_config(tmp_path)
    file = tmp_path / "station.toml"
    file.write_text(dump_config(config), encoding="utf-8")
    monkeypatch.setenv("BALANCE_STATION_CONFIG", str(file))
    return config


@pytest.fixture
def living(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Living]:
    station = Living(config)
    monkeypatch.setattr(SteppingClient, "station", station, raising=False)
    monkeypatch.setattr("station.cli.calibrate.StationClient", SteppingClient)
    yield station
    station.close()


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, list(arguments), input=typed)


def calibrate(*options: str, pin: str = PIN) -> Result:
    return run("calibrate", "--weights", ",".join(IDS), "--yes", "--pin-stdin", *options, typed=f"{pin}\n")


def test_the_command_line_walks_the_same_flow_to_a_certificate_in_use(living: Living) -> None:
    done = calibrate("--json", "--operator", "AB")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    (certificate,) = read_chain(Path(living.config.deck.certificate))
    assert (document["end"], document["certificate"]) == ("calibrated", certificate.id)
    steps = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    read = [each for each in steps if each["screen"] == "calibrate.read"]
    assert {each["at"] for each in read} == set(range(1, 24))
    living.put(0.0)
    living.until("attract")
    shown = run("calibration", "show", "--json")
    assert json.loads(shown.stdout)["id"] == certificate.id
    printed = run("calibration", "show").stdout
    assert "20-1 (K-1)" in printed
    assert "temperature not known" in printed
    assert json.loads(run("calibration", "verify", "--json").stdout)["holds_today"] is True
    (line,) = json.loads(run("calibration", "history", "--json").stdout)
    assert (line["number"], line["operator"]) == (1, "AB")


def test_a_wrong_pin_and_somebody_elses_end_it_and_give_the_screen_back(living: Living) -> None:
    wrong = calibrate("--json", pin="0001")
    assert wrong.exit_code == 69
    assert "Wrong PIN, 4 tries left" in json.loads(wrong.stdout)["said"]
    other = calibrate("--json", "--operator", "CD")
    assert "PIN of AB, not of CD" in json.loads(other.stdout)["said"]
    living.until("fault", limit_s=5.0)


def test_a_weight_that_is_not_in_the_register_is_named(living: Living) -> None:
    done = run("calibrate", "--weights", "20-1,99", "--yes", "--pin-stdin", typed=f"{PIN}\n")
    assert isinstance(done.exception, UsageError)
    assert "there is no weight '99' in the register; there are: 20-1, 20-2, 10-1" in str(done.exception)
    light = run("calibrate", "--weights", "10-1", "--yes", "--pin-stdin", typed=f"{PIN}\n")
    assert isinstance(light.exception, UsageError)
    assert "20 and 40 kg cannot be made yet" in str(light.exception)


def test_discard_forgets_what_is_under_way_and_the_next_one_begins_anew(living: Living) -> None:
    living.sign_in()
    living.begin_calibration()
    living.until_reading(3)
    busy = calibrate()
    assert isinstance(busy.exception, Exception)
    assert "--take-over" in str(busy.exception)
    gone = calibrate("--discard", "--take-over")
    assert gone.exit_code == 0, gone.stderr
    assert not living.config.station.calibration_journal.exists()
    living.until("fault", limit_s=5.0)


def test_one_changed_byte_makes_verify_fail_and_say_where(living: Living, config: Config) -> None:
    path = Path(config.deck.certificate)
    OneProcess(config).close()  # an ideal certificate
    assert run("calibration", "verify").exit_code == 0
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    path.write_bytes(raw)
    broken = run("calibration", "verify")
    assert f"{path}:1" in str(broken.exception)
    assert getattr(broken.exception, "exit_code", None) == 65


def test_without_a_station_it_says_how_to_start_one_and_discards_all_the_same(config: Config) -> None:
    none = calibrate()
    assert "run station" in str(none.exception)
    journal = config.station.calibration_journal
    journal.write_text("x\n")
    assert run("calibrate", "--discard").exit_code == 0
    assert not journal.exists()


def test_discard_says_what_it_cannot_remove_and_a_station_that_was_killed_is_none(config: Config) -> None:
    journal = config.station.calibration_journal
    journal.mkdir(parents=True)
    stuck = run("calibrate", "--discard")
    assert isinstance(stuck.exception, UnavailableError)
    assert f"{journal}: cannot be removed" in str(stuck.exception)
    journal.rmdir()
    journal.write_text("x\n")
    config.station.socket.parent.mkdir(parents=True, exist_ok=True)
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(config.station.socket))
    left_behind.close()
    assert run("calibrate", "--discard").exit_code == 0
    assert not journal.exists()


def test_the_register_is_listed_and_the_example_is_one_that_can_be_read(config: Config, tmp_path: Path) -> None:
    assert "K-2" in run("calibration", "weights").stdout
    assert len(json.loads(run("calibration", "weights", "--json").stdout)) == 3
    Path(config.calibration.register).write_text(run("calibration", "weights", "--example").stdout)
    assert "K-4711" in run("calibration", "weights").stdout


def test_a_pin_is_set_from_a_script_listed_and_removed(config: Config) -> None:
    done = run("pin", "set", "--initials", "EF", "--stdin", typed="7714\n")
    assert "hold the top right corner" in done.stderr
    assert run("pin", "list").stdout.split() == ["AB", "CD", "EF"]
    assert run("pin", "remove", "EF").exit_code == 0
    twice = run("pin", "set", typed="7714\n7715\n")
    assert "not the same" in str(twice.exception)
    assert run("pin", "list").stdout.split() == ["AB", "CD"]
