"""What the units' users share, tried with four real users: each can do its own work on the files, and no more.

Only root can become other users; CI is root. The users need no name: the kernel knows numbers.
"""

import mmap
import os
import re
import shutil
import socket
import stat
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.ring import RingReader, RingWriter
from station.live.server import _listen
from station.records.outbox import Outbox
from station.records.store import RecordStore

UNITS = Path(__file__).parents[2] / "systemd"
GROUP = 61000
ACQUIRE, STATION, KIOSK, BRIDGE, SOMEBODY_ELSE = range(61001, 61006)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the units' users")


def as_user(user: int, group: int, work: Callable[[], object]) -> str:
    """Run `work` in a child of that user, with the units' umask; return "" or the error's name and text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of pytest may run on in here
        said = ""
        try:
            os.umask(umask_of_the_units())
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            work()
        except BaseException as error:  # noqa: BLE001
            said = f"{error!r}\n{traceback.format_exc()}"
        os.write(writing, said.encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def umask_of_the_units() -> int:
    masks = {re.findall(r"^UMask=(\d+)$", path.read_text(), re.M)[0] for path in UNITS.glob("*.service")}
    assert len(masks) == 1
    return int(masks.pop(), 8)


@pytest.fixture
def shared() -> Iterator[Path]:
    """Yield a folder made as systemd-tmpfiles makes the shared ones (tmp_path is closed to other users)."""
    above = Path(tempfile.mkdtemp(prefix="balance-station-test-", dir="/var/tmp"))
    above.chmod(0o755)
    folder = above / "shared"
    folder.mkdir()
    (mode,) = set(re.findall(r"^d /(?:run|var/lib)/balance-station +(\d+)", tmpfiles(), re.M))
    os.chown(folder, STATION, GROUP)
    folder.chmod(int(mode, 8))
    # whatever is imported on first use must be imported while we may still read it
    RecordStore.open(above / "warm-up.db", station="st-1").close()
    Outbox(above / "warm-up.db").open_rows(1)
    yield folder
    shutil.rmtree(above)


def tmpfiles() -> str:
    return (UNITS / "tmpfiles.d" / "balance-station.conf").read_text()


def test_station_makes_the_database_and_the_bridge_settles_rows_in_it(shared: Path) -> None:
    database = shared / "station.db"

    def make() -> None:
        with RecordStore.open(database, station="st-1") as store:
            store._database.execute(  # a row to settle, without a whole visit
                "INSERT INTO outbox (seq, id, topic, body, opened_s) VALUES (1, 'st-1:a:1', 'result', x'7b7d', 0)"
            )

    def settle() -> None:
        assert Outbox(database).close_rows(["st-1:a:1"], "the clinic") == ["st-1:a:1"]

    def go_on() -> None:
        with RecordStore.open(database, station="st-1") as store:
            assert store.outbox.count().open == 0
            store.set_state("attract")  # what the bridge left (-wal, -shm) must not lock the station out

    for user, work in ((STATION, make), (BRIDGE, settle), (STATION, go_on)):
        assert as_user(user, GROUP, work) == ""
    assert stat.S_IMODE(database.stat().st_mode) == 0o660


def test_acquire_writes_the_ring_and_the_station_can_read_but_not_write_it(shared: Path) -> None:
    ring = shared / "samples.ring"

    assert as_user(ACQUIRE, GROUP, lambda: RingWriter.create(ring)) == ""
    assert as_user(STATION, GROUP, lambda: RingReader.open(ring)) == ""

    def spoil() -> None:
        descriptor = os.open(ring, os.O_RDWR)
        mmap.mmap(descriptor, 4096)

    assert as_user(STATION, GROUP, spoil).startswith("PermissionError")


def test_the_kiosk_reaches_the_stations_socket_and_a_stranger_does_not(shared: Path) -> None:
    path = shared / "station.sock"

    def call() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.connect(os.fspath(path))

    before = os.umask(0o007)
    try:
        with _listen(path):
            os.chown(path, STATION, GROUP)
            assert as_user(KIOSK, GROUP, call) == ""
            assert as_user(SOMEBODY_ELSE, SOMEBODY_ELSE, call).startswith("PermissionError")
    finally:
        os.umask(before)


def test_a_stranger_reads_neither_records_nor_samples(shared: Path) -> None:
    assert as_user(STATION, GROUP, lambda: RecordStore.open(shared / "station.db", station="st-1").close()) == ""
    assert as_user(ACQUIRE, GROUP, lambda: RingWriter.create(shared / "samples.ring")) == ""
    for name in ("station.db", "samples.ring"):
        said = as_user(SOMEBODY_ELSE, SOMEBODY_ELSE, (shared / name).read_bytes)
        assert said.startswith("PermissionError")
