"""A clinic's own norms: only what people agreed to, nobody recognisable, and the same pipeline."""

import json
import sqlite3

import msgspec
import numpy as np
import pytest

from mqtt_bridge.ingest import Inbox
from mqtt_bridge.topics import Topics
from station.errors import DataError, NoInputError
from station.records.record import KEEP_AND_COMPARE, Part
from station.sway.norms import MEASURES, encode_norms, load_norms, parse_norms, reference_band
from station.sway.norms_ingest import FEWEST_RESULTS, build_from_ingest
from tests.station.records.making import make_record

from .making import balance_station

SOURCE = Topics("balance", "clinic", "st-1")
PARTS = (Part(name="quiet-stance", state="done"),)


def sway(scale=1.0, **changes):
    metrics = {key: scale * (number + 1) for number, key in enumerate(MEASURES)}
    whole = {"profile": "station-1", "duration_s": 30.0, "metrics": metrics, "quality": {"assessable": True}}
    return whole | changes


@pytest.fixture
def clinic(tmp_path):
    """Return a function that lets the real consumer store results: (how many, age band, what differs in them)."""
    path = tmp_path / "clinic.db"
    stored = iter(range(1, 100_000))
    random = np.random.default_rng(1)

    def store(count, age_band="70-86", **changes):
        inbox = Inbox(path)
        for _ in range(count):
            result_id = f"st-1:e:{next(stored)}"
            record = msgspec.structs.replace(
                make_record(result_id),
                **{
                    "age_band": age_band,
                    "consent": KEEP_AND_COMPARE,
                    "parts": PARTS,
                    "sway": sway(float(random.lognormal(2, 0.3))),
                }
                | changes,
            )
            verdict = inbox.take(SOURCE.under("result/walk-up"), SOURCE, msgspec.json.encode(record), b"")
            assert verdict.status == "stored"
        inbox.close()
        return path

    return store


def test_the_bands_are_those_of_the_results_and_of_nothing_else(clinic):
    path = clinic(60)
    clinic(FEWEST_RESULTS, "45-59")
    taken = build_from_ingest(path, "Clinic North")
    assert {name: band.n for name, band in taken.norms.bands.items()} == {"45-59": 40, "70+": 60}
    with sqlite3.connect(path) as inbox:
        bodies = [json.loads(body) for (body,) in inbox.execute("SELECT body FROM inbox")]
    own = [body["sway"]["metrics"]["rms_ml_mm"] for body in bodies if body["age_band"] == "70-86"]
    row = taken.norms.bands["70+"].measures["rms_ml_mm"]
    assert (row.p50, row.p90) == pytest.approx(np.percentile(own, [50, 90]))
    assert taken.left_out == {}
    assert reference_band(taken.norms, "45-59") == "45-59"
    assert taken.norms.repeatability == load_norms().repeatability


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consent": None}, "without consent to be compared"),
        ({"visit_token": "K7QP-2M9X"}, "with a visit token, so not anonymous"),
        ({"age_band": None}, "without an age"),
        ({"pipeline_version": "station-0"}, "of another pipeline than station-1"),
        ({"sway": None}, "without an assessable quiet-stance"),
        ({"sway": sway(quality={"assessable": False})}, "without an assessable quiet-stance"),
        ({"parts": ()}, "without an assessable quiet-stance"),
        ({"sway": sway(duration_s=20.0)}, "of another length than 30 s"),
        ({"sway": sway(metrics={"rms_ml_mm": 2.0})}, "without every measure"),
        ({"sway": sway(metrics=dict.fromkeys(MEASURES))}, "without every measure"),
    ],
)
def test_what_may_not_or_cannot_be_compared_is_left_out_and_counted(clinic, changes, reason):
    path = clinic(FEWEST_RESULTS)
    before = build_from_ingest(path, "c").norms
    clinic(3, **changes)
    taken = build_from_ingest(path, "c")
    assert taken.norms == before
    assert taken.left_out == {reason: 3}


def test_a_stranger_in_the_database_is_counted_and_stops_nothing(clinic):
    path = clinic(FEWEST_RESULTS)
    with sqlite3.connect(path) as inbox:
        for number, body in enumerate([b"", b"\xff", b"[]", b'{"schema": "other/1"}']):
            inbox.execute(
                "INSERT INTO inbox (id, station, topic, received_utc, body) VALUES (?, 's', 't', 'now', ?)",
                (f"x:y:{number}", body),
            )
    assert build_from_ingest(path, "c").left_out == {"not readable": 4}


def test_a_small_group_makes_no_band(clinic):
    path = clinic(FEWEST_RESULTS)
    clinic(FEWEST_RESULTS - 1, "60-69")
    taken = build_from_ingest(path, "c")
    assert list(taken.norms.bands) == ["70+"]
    assert taken.left_out == {"fewer than 40 results of 60-69 years": 39}
    with pytest.raises(DataError, match=r"no age band has 41 results that may be used: 39 fewer than 41 .*; 40 fewer"):
        build_from_ingest(path, "c", 41)
    with pytest.raises(ValueError, match="at least 40"):
        build_from_ingest(path, "c", 39)


def test_nothing_about_a_person_is_kept(clinic):
    path = clinic(FEWEST_RESULTS)
    with sqlite3.connect(path) as inbox:
        bodies = [json.loads(body) for (body,) in inbox.execute("SELECT body FROM inbox")]
    text = encode_norms(build_from_ingest(path, "c").norms).decode()
    for body in bodies:
        assert body["id"] not in text
        assert body["started"]["utc"] not in text
        assert not any(repr(value) in text for value in body["sway"]["metrics"].values())


def test_the_same_results_are_the_same_table_and_one_more_is_another(clinic):
    path = clinic(FEWEST_RESULTS)
    one, again = build_from_ingest(path, "c").norms, build_from_ingest(path, "c").norms
    clinic(1)
    other = build_from_ingest(path, "c").norms
    assert one == again
    assert one.data_sha256 != other.data_sha256
    assert one.version == f"clinic-{one.data_sha256[:8]}" != other.version


def test_the_database_is_only_read(clinic):
    path = clinic(FEWEST_RESULTS)
    before = path.read_bytes()
    path.chmod(0o400)
    build_from_ingest(path, "c")
    assert path.read_bytes() == before


def test_a_database_that_is_none_is_named(tmp_path):
    with pytest.raises(NoInputError, match=r"none\.db: no such database"):
        build_from_ingest(tmp_path / "none.db", "c")
    (tmp_path / "text.db").write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(DataError, match=r"text\.db: not a database of results"):
        build_from_ingest(tmp_path / "text.db", "c")
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(DataError, match=r"empty\.db: not a database of results .*no such table"):
        build_from_ingest(tmp_path / "empty.db", "c")


def test_the_command_writes_a_table_that_a_station_takes(clinic, monkeypatch, capsys, tmp_path):
    path = clinic(FEWEST_RESULTS)
    clinic(2, consent=None)
    out = tmp_path / "own.json"
    ran = balance_station(
        monkeypatch, capsys, "norms", "build", "--from-ingest", path, "--name", "Clinic North", "--out", out
    )
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr == "left out: 2 without consent to be compared\n"
    assert parse_norms(out.read_bytes(), "own").source.startswith("Clinic North: ")
    assert load_norms(str(out)).bands["70+"].n == FEWEST_RESULTS
