"""How fast a result is made durable, and how soon after that a consumer's acknowledgement has closed it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from station.records.outbox import Outbox
from station.records.store import RecordStore
from tests.mqtt_bridge.clinic import Clinic
from tests.station.records.making import make_record

RAW_TRIAL = bytes(range(256)) * 200  # about what half a minute of four corners takes, compressed


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


def test_commit_of_a_record_its_raw_trial_and_its_outbox_row(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    with RecordStore.open(tmp_path / "station.db", station="st-1") as store:
        benchmark.pedantic(lambda: store.commit(make_record, {"quiet-stance-1": RAW_TRIAL}), rounds=200)


def test_a_look_at_an_outbox_that_nobody_has_changed(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    RecordStore.open(tmp_path / "station.db", station="st-1").close()
    outbox = Outbox(tmp_path / "station.db")
    outbox.changed()
    assert not benchmark(outbox.changed)
    outbox.close()


def test_from_commit_to_the_consumers_acknowledgement(benchmark: BenchmarkFixture, clinic: Clinic) -> None:
    """Ten results a second, over bridge, broker and consumer as processes of their own."""
    with RecordStore.open(clinic.config.station.database, station="st-1") as store:
        clinic.start("broker", "consumer", "bridge")
        store.commit(make_record, {})
        assert clinic.wait_until_empty(30)

        def pause() -> None:
            time.sleep(0.1)

        def deliver() -> None:
            result_id = store.commit(make_record, {}).id
            while store.outbox.state_of(result_id).state == "open":
                time.sleep(0.001)

        benchmark.pedantic(deliver, setup=pause, rounds=100)
    samples_ms = sorted(1000 * each for each in benchmark.stats.stats.data)
    benchmark.extra_info["p50_ms"] = round(samples_ms[len(samples_ms) // 2], 1)
    benchmark.extra_info["p99_ms"] = round(samples_ms[int(len(samples_ms) * 0.99) - 1], 1)


def test_a_backlog_of_two_thousand_results(benchmark: BenchmarkFixture, clinic: Clinic) -> None:
    """What waited while the network was away, from the bridge's start to the last acknowledgement."""
    with RecordStore.open(clinic.config.station.database, station="st-1") as store:
        for _ in range(2000):
            store.commit(make_record, {})
    clinic.start("broker", "consumer")

    def drain() -> None:
        clinic.start("bridge")
        assert clinic.wait_until_empty(120)

    benchmark.pedantic(drain, rounds=1)
    benchmark.extra_info["results_per_s"] = round(2000 / benchmark.stats.stats.max)
