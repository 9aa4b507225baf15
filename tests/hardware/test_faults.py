"""The catalogue of faults: named, explained, played at their time, lifted when they are over, and noticed."""

import re
from pathlib import Path

import pytest

from hardware.clock import VirtualClock
from hardware.errors import SettingError
from hardware.ring import RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.fault_player import FaultySource
from hardware.virtual.faults import CATALOGUE, FAULTS, Fault, PlannedFault, check_faults, parse_fault
from hardware.virtual.load import EmptyDeck
from hardware.virtual.source import Level, build_virtual_source

S = 1_000_000_000
START_NS = 9 * S
NAMES = [
    *("shifted-bit", "all-ones", "saturation", "spike", "stuck-high", "stuck-low", "missing-channel"),
    *("swapped-channels", "slow-board", "late-ready", "preempted-pulse", "drifted-oscillator", "zero-drift"),
    *("knocked-deck", "imu-nack", "imu-bus-held", "imu-brown-out", "imu-fifo-overrun", "imu-frozen"),
]
ON_DECK = [fault for fault in CATALOGUE if fault.needs == "either"]


def play(level: Level, faults: list[PlannedFault], seconds: int, seed: int = 1) -> list[Sample]:
    """Return every sample of an empty deck that plays these faults."""
    ring = RingWriter.in_memory()
    reader = ring.reader()
    source = build_virtual_source(level, EmptyDeck(), seed, VirtualClock(START_NS), ring, faults=faults)
    samples: list[Sample] = []
    for step in range(1, 10 * seconds + 1):
        source.service(START_NS + step * S // 10)
        samples += reader.read()
    source.close()
    return samples


def test_every_fault_that_was_asked_for_is_in_the_catalogue_once_and_says_what_it_does() -> None:
    assert [fault.name for fault in CATALOGUE] == NAMES
    for fault in CATALOGUE:
        assert fault.what.endswith("."), fault.name
        assert fault.answer, fault.name


@pytest.mark.parametrize("fault", [each for each in CATALOGUE if each.flags], ids=lambda fault: fault.name)
def test_a_fault_that_spoils_samples_shows_in_one_of_the_flags_that_it_names(fault: Fault) -> None:
    seen = 0
    for sample in play("pins", [PlannedFault(fault.name, 2.0, duration_s=fault.duration_s and 1.2)], 5):
        seen |= sample.flags if sample.t_ns > START_NS + S else 0
    assert any(seen & flag for flag in fault.flags), Flag(seen)


@pytest.mark.parametrize("fault", [each for each in CATALOGUE if each.duration_s], ids=lambda fault: fault.name)
def test_a_fault_that_ends_leaves_nothing_behind(fault: Fault) -> None:
    samples = play("pins", [PlannedFault(fault.name, 1.0, duration_s=1.2)], 6)
    late = [sample for sample in samples if sample.t_ns > START_NS + 5 * S]
    assert {sample.channel for sample in late} == {*CORNERS, Channel.DECK_IMU}
    assert not any(sample.flags for sample in late)
    assert len(late) > 4 * 80 + 150


@pytest.mark.parametrize("fault", ON_DECK, ids=lambda fault: fault.name)
def test_a_fault_of_the_deck_is_the_same_for_chips_and_for_samples(fault: Fault) -> None:
    planned = [PlannedFault(fault.name, 2.0)]
    pins, samples = play("pins", planned, 5), play("samples", planned, 5)
    clean = play("samples", [], 5)
    for channel in CORNERS:
        assert [s for s in pins if s.channel == channel] == [s for s in samples if s.channel == channel]
    assert [s for s in samples if s.channel < 4] != [s for s in clean if s.channel < 4]


def test_a_fault_strikes_at_its_second_and_the_same_seed_strikes_the_same() -> None:
    planned = [PlannedFault("stuck-high", 2.0, Channel.BACK_LEFT)]
    before = [s for s in play("pins", planned, 4) if s.channel == Channel.BACK_LEFT and s.t_ns < START_NS + 4 * S]
    assert 0 < START_NS + 2 * S - before[-1].t_ns < 12_000_000
    drawn = [PlannedFault("spike"), PlannedFault("preempted-pulse"), PlannedFault("zero-drift")]
    assert play("pins", drawn, 61) == play("pins", drawn, 61) != play("pins", drawn, 61, seed=2)


def test_a_fault_is_read_from_its_name_and_second() -> None:
    assert parse_fault("missing-channel@12.5") == PlannedFault("missing-channel", 12.5)
    assert parse_fault("spike") == PlannedFault("spike")


@pytest.mark.parametrize("text", ["", "spikes", "spikes@3", "@3"])
def test_a_wrong_name_is_answered_with_all_there_are(text: str) -> None:
    with pytest.raises(SettingError) as raised:
        parse_fault(text)
    assert all(name in str(raised.value) for name in NAMES)


@pytest.mark.parametrize("text", ["spike@", "spike@soon", "spike@-1", "spike@nan", "spike@1e9"])
def test_a_wrong_second_is_refused_in_words(text: str) -> None:
    with pytest.raises(SettingError, match="second"):
        parse_fault(text)


def test_what_needs_wires_is_refused_where_there_are_none() -> None:
    with pytest.raises(SettingError, match=r"stuck-low happens on the wires.*pins.*zero-drift"):
        check_faults(("saturation@3", "stuck-low@3"), "samples")
    with pytest.raises(SettingError, match="happens on the wires"):
        build_virtual_source(
            "samples", EmptyDeck(), 1, VirtualClock(0), RingWriter.in_memory(), faults=[parse_fault("spike")]
        )
    with pytest.raises(SettingError, match="not a corner"):
        PlannedFault("spike", channel=Channel.DECK_IMU)


def test_a_deck_without_faults_is_not_wrapped() -> None:
    source = build_virtual_source("samples", EmptyDeck(), 1, VirtualClock(0), RingWriter.in_memory())
    assert not isinstance(source, FaultySource)


def test_the_table_in_the_documentation_is_the_catalogue() -> None:
    page = Path("docs/faults.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == list(FAULTS)
    assert rows == [table_row(fault) for fault in CATALOGUE]


def table_row(fault: Fault) -> tuple[str, str, str, str, str]:
    """Return one row of docs/faults.md; print `"| " + " | ".join(row) + " |"` of each to make the table anew."""
    flags = ", ".join(flag.name or "" for flag in fault.flags) or "none"
    return fault.name, fault.what, "pins" if fault.needs == "pins" else "pins, samples", flags, fault.answer
