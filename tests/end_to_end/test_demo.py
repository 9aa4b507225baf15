"""The demo, run as a user runs it: chip to clinic, and every way to ask for it wrongly."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.demo.children import Children
from station.demo.clinic import Clinic
from station.demo.settings import DemoSettings, demo_config
from station.records.store import RecordStore
from tests.end_to_end.conftest import Run
from tests.station.records.making import make_record

Demo = Callable[..., dict[str, Any]]


def test_a_walk_up_screen_pin_by_pin_ends_acknowledged_at_a_subscriber(run_demo: Demo) -> None:
    document = run_demo("--speed", "max")
    assert document["delivery"]["state"] == "acknowledged"
    record = document["record"]
    assert record["protocol"] == "walk-up"
    parts = {part["name"]: part for part in record["parts"]}
    for stance in ("side-by-side", "semi-tandem", "tandem"):
        assert parts[stance]["state"] == "done"
        assert parts[stance]["value"] == 10.0
    assert record["sway"]["profile"] == "station-1"
    assert record["sway"]["quality"] == {"assessable": True, "flags": []}
    assert record["sway"]["duration_s"] == 30.0
    assert (record["consent"], record["norms_version"]) == ("keep-and-compare", "norms-2")
    assert document["loop"]["overruns"] == 0
    for channel in document["channels"]:
        assert 75 <= channel["rate_hz"] <= 100
        assert channel["flagged"] == 0
    window = document["trial"]
    assert window["recording_to_s"] - window["recording_from_s"] == pytest.approx(29.99)
    assert document["screens"][0] == "attract"


@pytest.mark.parametrize(
    ("person", "extra", "tier"),
    [
        ("young-1", [], "not at risk"),
        ("older-falls-1", [], "screened at risk"),
        ("young-1", ["--loses", "tandem@4"], "screened at risk"),
        ("young-1", ["--loses", "semi-tandem@4"], "refer today"),
        ("model-young", [], "not at risk"),
        ("model-older", ["--seed", "3"], "not at risk"),
        ("model-at-risk", [], "review"),
        ("model-at-risk", ["--loses", "tandem@4"], "screened at risk"),
    ],
)
def test_the_tier_follows_from_what_happened(run_demo: Demo, person: str, extra: list[str], tier: str) -> None:
    document = run_demo("--chips", "samples", "--no-broker", "--person", person, *extra)
    assert document["record"]["tier"] == tier
    assert document["record"]["reasons"] or tier == "not at risk"


def test_a_model_person_plays_no_recording_and_another_seed_is_another_day(run_demo: Demo) -> None:
    def sway(seed: str) -> Any:
        document = run_demo(
            "--chips", "samples", "--no-broker", "--protocol", "quiet-stance", "--person", "model-older", "--seed", seed
        )
        assert document["trial"]["note"] == "no recording played while sway was measured"
        return document["record"]["sway"]["metrics"]

    one, again, other = sway("1"), sway("1"), sway("2")
    assert one == again
    assert one != other


def test_a_lost_stance_is_timed_to_the_moment_it_was_lost(run_demo: Demo) -> None:
    document = run_demo("--chips", "samples", "--no-broker", "--person", "young-1", "--loses", "tandem@6")
    parts = {part["name"]: part for part in document["record"]["parts"]}
    assert 5.9 <= parts["tandem"]["value"] <= 6.9
    assert parts["one-foot"]["state"] == "not done", "the test stops at the first stance that is not held"


def test_answers_come_from_a_file(run_demo: Demo, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"gate.dizzy": "yes"}))
    document = run_demo("--chips", "samples", "--no-broker", "--answers", str(answers))
    assert document["record"]["tier"] == "refer today"
    assert document["record"]["sway"] is None
    assert document["trial"]["recording_from_s"] is None


def test_without_a_broker_the_result_is_held_and_says_why(run_demo: Demo) -> None:
    document = run_demo("--chips", "samples", "--no-broker", "--protocol", "quiet-stance")
    assert document["delivery"]["state"] == "held"
    assert "without a broker" in document["delivery"]["reason"]


def test_a_result_that_nobody_takes_in_time_is_held_and_says_how_broker_subscriber_and_bridge_are(
    tmp_path: Path,
) -> None:
    config = demo_config(DemoSettings(), tmp_path)
    with RecordStore.open(config.station.database, station="demo-1") as store:
        record = store.commit(make_record, {})
    with Children(tmp_path, tmp_path / "station.toml") as children:
        for name in ("broker", "subscriber", "bridge"):
            children.start(name, "station.cli.main", "run", "dance").wait()
        delivery = Clinic(children, config, tmp_path).wait_for(record.id, timeout_s=0.0)
    assert delivery.state == "held"
    assert delivery.reason is not None
    assert "no consumer has acknowledged it within 0 s (broker ended with code 64: balance-station: " in delivery.reason
    assert "; subscriber ended with code 64: " in delivery.reason
    assert "; bridge ended with code 64: " in delivery.reason


def test_people_read_words_and_the_result_that_the_subscriber_has(run_cli: Run) -> None:
    done = run_cli("demo", "--headless", "--chips", "samples", "--protocol", "quiet-stance", "--person", "young-2")
    assert done.returncode == 0, done.stderr
    for words in ("NOT AT RISK", "Delivered:", "mean velocity", "not a diagnosis", "n=55"):
        assert words in done.stdout


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


HEADER = "time_s,cop_ml_mm,cop_ap_mm\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--recording", "nowhere.csv"], 66, ["nowhere.csv", "no such recording", "cop_ml_mm"]),
        (["--recording", "empty.csv"], 65, ["empty.csv"]),
        (["--recording", "nan.csv"], 65, ["nan.csv:4", "cop_ap_mm"]),
        (["--recording", "columns.csv"], 65, ["columns.csv", "cop_ml_mm"]),
        (["--person", "nobody"], 64, ["'nobody'", "young-1", "model-at-risk"]),
        (["--protocol", "dance"], 64, ["'dance'", "walk-up", "quiet-stance"]),
        (["--speed", "quick"], 64, ["'quick'", "max"]),
        (["--loses", "handstand@3"], 64, ["handstand@3", "tandem"]),
        (["--answers", "nowhere.json"], 66, ["nowhere.json"]),
        (["--answers", "broken.json"], 65, ["broken.json"]),
        (["--answers", "misspelt.json"], 65, ["'question.feel'", "question.fell"]),
        (["--answers", "impossible.json"], 65, ["'question.fell'", "'perhaps'", "yes, no"]),
        (["--age", "9"], 64, ["--age"]),
        (["--dance"], 64, ["--dance"]),
    ],
)
def test_bad_input_gives_one_clear_line_and_a_code(
    run_cli: Run, tmp_path: Path, arguments: list[str], code: int, words: list[str]
) -> None:
    write(tmp_path / "empty.csv", "")
    write(
        tmp_path / "nan.csv",
        HEADER + "0,1,1\n0.01,1,1\n0.02,1,nan\n" + "".join(f"{k / 100},1,1\n" for k in range(3, 400)),
    )
    write(tmp_path / "columns.csv", "t,x,y\n0,1,2\n")
    write(tmp_path / "broken.json", "{")
    write(tmp_path / "misspelt.json", '{"question.feel": "yes"}')
    write(tmp_path / "impossible.json", '{"question.fell": "perhaps"}')
    arguments = [str(tmp_path / each) if each.endswith((".csv", ".json")) else each for each in arguments]
    done = run_cli("demo", "--headless", "--no-broker", *arguments)
    said = done.stderr.strip().splitlines()
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert len(said) == 1, done.stderr
    for word in words:
        assert word in said[0]


def test_a_busy_broker_port_is_said_before_anything_is_started(run_cli: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_cli("demo", "--headless", "--broker-port", str(port))
    assert done.returncode == 75
    assert f"port {port}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
