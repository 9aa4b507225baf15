"""The ring: what a writer puts in is what readers get, in order and at most once, and never anything else."""

import mmap
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import CorruptFrameError, HardwareError, NotPresentError, SettingError
from hardware.imu import ImuCounters
from hardware.ring import HEADER_BYTES, SLOT_BYTES, SLOTS_AT, STATUS_BYTES, RingReader, RingState, RingWriter
from hardware.sensor import Channel, Flag, Sample
from hardware.status import AcquireStatus, ImuStatus, Scheduling, SourceStatus

SLOTS = 128


def sample(n: int) -> Sample:
    """A sample of which every field follows from n, so that a mixture of two shows."""
    return Sample(n % 4, n % 256, n * 1_000_003, (n, -n, n + 1, -n - 1, n ^ 0x5555, n // 3))


def numbers(samples: list[Sample]) -> list[int]:
    for got in samples:
        assert got == sample(got.values[0])
    return [got.values[0] for got in samples]


def test_a_sample_comes_out_as_it_went_in() -> None:
    ring = RingWriter.in_memory(SLOTS)
    reader = ring.reader()
    extremes = [
        Sample(Channel.DECK_IMU, Flag.OVERRUN | Flag.CONFIG_LOST, 2**62, (32767, -32768, 0, 1, -1, 7)),
        Sample(Channel.BACK_RIGHT, 0, 0, (-0x800000, 0, 0, 0, 0, 0)),
    ]
    for put in extremes:
        ring.write(put)
    assert reader.read() == extremes
    assert reader.read() == []


def test_a_reader_that_opens_later_starts_at_the_newest_sample() -> None:
    ring = RingWriter.in_memory(SLOTS)
    ring.write(sample(1))
    reader = ring.reader()
    ring.write(sample(2))
    assert numbers(reader.read()) == [2]
    assert reader.lost == 0


def test_two_readers_do_not_disturb_each_other() -> None:
    ring = RingWriter.in_memory(SLOTS)
    first, second = ring.reader(), ring.reader()
    ring.write(sample(1))
    assert numbers(first.read()) == [1]
    ring.write(sample(2))
    assert numbers(second.read()) == [1, 2]
    assert numbers(first.read()) == [2]


def test_what_was_overwritten_before_it_was_read_is_counted_as_lost() -> None:
    ring = RingWriter.in_memory(SLOTS)
    reader = ring.reader()
    for n in range(1, 1001):
        ring.write(sample(n))
    got = numbers(reader.read())
    assert got[-1] == 1000
    assert got == list(range(got[0], 1001))
    assert reader.lost + len(got) == 1000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.integers(1, 3 * SLOTS), st.just(0)), max_size=30))
def test_no_interleaving_of_writes_and_reads_repeats_reorders_or_hides_a_sample(steps: list[int]) -> None:
    ring = RingWriter.in_memory(SLOTS)
    reader = ring.reader()
    written, got = 0, []
    for step in [*steps, 0]:
        for _ in range(step):
            written += 1
            ring.write(sample(written))
        if step == 0:
            got += numbers(reader.read())
            assert len(got) + reader.lost == written
    assert got == sorted(set(got))


class TornMap:
    """Stands for the writer's memory: lets only the first bytes of the next slot through."""

    def __init__(self, inner: mmap.mmap, through: int) -> None:
        self.inner = inner
        self.through = through

    def __setitem__(self, where: slice, data: bytes) -> None:
        self.inner[where.start : where.start + self.through] = data[: self.through]


@given(lap=st.booleans(), through=st.integers(0, SLOT_BYTES - 1))
def test_a_half_written_slot_is_never_delivered(lap: bool, through: int) -> None:
    ring = RingWriter.in_memory(SLOTS)
    for n in range(1, SLOTS + 1 if lap else 10):
        ring.write(sample(n))
    reader = ring.reader()
    n = ring.written + 1
    whole = ring._map
    ring._map = TornMap(whole, through)  # type: ignore[assignment]
    ring.write(sample(n))  # the index says it is there; only part of it is visible
    assert reader.read() == []
    assert reader.lost == 0, "the rest of the slot may still come"
    ring._map = whole
    ring.write(sample(n + 1))
    assert numbers(reader.read()) == [n + 1]
    assert reader.lost == 1


def test_a_slot_that_becomes_visible_late_is_delivered_then() -> None:
    ring = RingWriter.in_memory(SLOTS)
    reader = ring.reader()
    whole = ring._map
    ring._map = TornMap(whole, 20)  # type: ignore[assignment]
    ring.write(sample(1))
    assert reader.read() == []
    ring._map = whole
    ring._count = 0
    ring.write(sample(1))
    assert numbers(reader.read()) == [1]
    assert reader.lost == 0


def test_a_reader_cannot_write_into_the_ring(tmp_path: Path) -> None:
    ring = RingWriter.create(tmp_path / "samples.ring", SLOTS)
    for reader in (RingReader.open(tmp_path / "samples.ring"), RingWriter.in_memory(SLOTS).reader()):
        with pytest.raises(TypeError, match="read-only"):
            reader._view[HEADER_BYTES] = 1
    ring.close()


def test_heartbeat_and_state_are_seen_by_a_reader(tmp_path: Path) -> None:
    ring = RingWriter.create(tmp_path / "samples.ring", SLOTS)
    reader = RingReader.open(tmp_path / "samples.ring")
    assert (reader.heartbeat_ns, reader.state) == (0, RingState.NONE)
    ring.beat(123_456_789_012)
    ring.state |= RingState.VIRTUAL
    ring.state |= RingState.NOT_LOCKED
    assert reader.heartbeat_ns == 123_456_789_012
    assert reader.state == RingState.VIRTUAL | RingState.NOT_LOCKED
    ring.close()
    ring.close()
    assert RingState.CLOSED in reader.state


def test_a_reader_goes_over_to_a_writer_that_started_anew(tmp_path: Path) -> None:
    path = tmp_path / "samples.ring"
    old = RingWriter.create(path, SLOTS)
    reader = RingReader.open(path)
    old.write(sample(1))
    old.close()
    new = RingWriter.create(path, 2 * SLOTS)
    new.write(sample(10))
    before = reader.generation
    assert numbers(reader.read()) == [1]
    assert numbers(reader.read()) == [10]
    assert reader.restarts == 1
    assert reader.generation != before
    new.write(sample(11))
    assert numbers(reader.read()) == [11]
    new.close()


def test_a_reader_outlives_the_file_of_a_dead_writer(tmp_path: Path) -> None:
    path = tmp_path / "samples.ring"
    ring = RingWriter.create(path, SLOTS)
    reader = RingReader.open(path)
    ring.write(sample(1))
    path.unlink()
    assert numbers(reader.read()) == [1]
    assert reader.read() == []
    path.write_text("something else")
    assert reader.read() == []


def test_a_second_writer_on_the_same_ring_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    path = tmp_path / "samples.ring"
    ring = RingWriter.create(path, SLOTS)
    with pytest.raises(SettingError, match=rf"samples\.ring: another acquire \(process {os.getpid()}\)"):
        RingWriter.create(path, SLOTS)
    ring.close()
    RingWriter.create(path, SLOTS).close()
    assert [file.name for file in tmp_path.iterdir()] == ["samples.ring"]


def test_a_missing_ring_says_where_and_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(NotPresentError, match=r"nowhere\.ring: .*balance-station run acquire"):
        RingReader.open(tmp_path / "nowhere.ring")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "too few"),
        (b"BALRING1", "too few"),
        (b"x" * 200, "not a ring"),
        (b"BALRING1" + (9).to_bytes(4, "little") + bytes(100), "not a ring"),
    ],
)
def test_a_file_that_is_no_ring_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "samples.ring"
    path.write_bytes(content)
    with pytest.raises(CorruptFrameError, match=said):
        RingReader.open(path)


def test_a_truncated_ring_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples.ring"
    RingWriter.create(path, SLOTS).close()
    os.truncate(path, SLOTS_AT + 5 * SLOT_BYTES)
    with pytest.raises(CorruptFrameError, match="do not hold 128 slots"):
        RingReader.open(path)


def test_a_ring_in_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotPresentError, match=r"No such file.*runtime_dir"):
        RingWriter.create(tmp_path / "missing" / "samples.ring")


@pytest.mark.parametrize("slots", [0, 1, 2**30])
def test_a_size_that_makes_no_sense_is_refused(slots: int) -> None:
    with pytest.raises(HardwareError, match="makes no sense"):
        RingWriter.in_memory(slots)


WRITER = """
import sys
from pathlib import Path
from hardware.ring import RingWriter
from hardware.sensor import Sample
ring = RingWriter.create(Path(sys.argv[1]), 256)
n = int(sys.argv[2])
print("ready", flush=True)
while True:
    n += 1
    ring.write(Sample(n % 4, n % 256, n * 1_000_003, (n, -n, n + 1, -n - 1, n ^ 0x5555, n // 3)))
"""


def start_writer(path: Path, first: int) -> "subprocess.Popen[str]":
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(first)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def read_until(reader: RingReader, many: int, writer: "subprocess.Popen[str]") -> list[int]:
    """Read until so many came; the writer laps this small ring all the time."""
    got: list[int] = []
    while len(got) < many:
        assert writer.poll() is None
        got += numbers(reader.read())
    return got


def test_nothing_torn_comes_from_another_process_even_when_it_is_killed_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "samples.ring"
    for first in (0, 1_000_000_000):
        writer = start_writer(path, first)
        try:
            if first == 0:
                reader = RingReader.open(path)
            got = read_until(reader, 20_000, writer)
            assert got == sorted(set(got)), "in order, each at most once"
            assert got[-1] > first
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            assert writer.stdout is not None
            writer.stdout.close()
    assert reader.restarts == 1


def status(number: int) -> AcquireStatus:
    """A status of which every part follows from the number, so that a mixture of two shows."""
    imu = ImuStatus("deck_imu", "lsm6dsox", None, ImuCounters(), None, None, temperature_c=number / 8)
    source = SourceStatus("b" * (number % 300), str(number), None, (), (imu,), (str(-number),))
    return AcquireStatus(source, Scheduling(str(number), str(number), number % 4, False), float(number))


def test_a_reader_sees_the_newest_status_whole(tmp_path: Path) -> None:
    ring = RingWriter.create(tmp_path / "ring", SLOTS)
    reader = RingReader.open(tmp_path / "ring")
    assert reader.acquire_status() is None
    for number in range(1, 6):
        ring.publish_status(status(number))
        assert reader.acquire_status() == status(number)


@given(number=st.integers(2, 1000), stopped_at=st.integers(0, STATUS_BYTES))
def test_a_status_that_is_half_written_hides_the_one_before_it_never(number: int, stopped_at: int) -> None:
    ring = RingWriter.in_memory(SLOTS)
    reader = ring.reader()
    for each in (number - 1, number):
        ring.publish_status(status(each))
    before = bytes(ring._map[HEADER_BYTES:SLOTS_AT])
    ring.publish_status(status(number + 1))
    after = bytes(ring._map[HEADER_BYTES:SLOTS_AT])
    ring._map[HEADER_BYTES:SLOTS_AT] = before
    at = HEADER_BYTES + 3 % 2 * STATUS_BYTES
    ring._map[at : at + stopped_at] = after[at - HEADER_BYTES : at - HEADER_BYTES + stopped_at]
    assert reader.acquire_status() in (status(number), status(number + 1))


def test_a_status_that_has_no_room_is_refused() -> None:
    long = SourceStatus("b" * 5000, "", None, (), ())
    with pytest.raises(SettingError, match="the ring has room for"):
        RingWriter.in_memory(SLOTS).publish_status(AcquireStatus(long, Scheduling("", "", None, False), 0.0))
