"""Moving the virtual person over a socket: answers carry times, nonsense is refused, nobody can block the loop."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.clock import VirtualClock
from hardware.errors import NotPresentError, SettingError, WaitTimeoutError
from hardware.virtual.control import (
    ChairStands,
    GrabRail,
    LoseBalance,
    PersonClient,
    PersonControl,
    Reach,
    Rise,
    ShiftWeight,
    Sit,
    Stand,
    StepOff,
    StepOn,
    perform,
)
from hardware.virtual.people import find_person
from hardware.virtual.person import Done, VirtualPerson

S = 1_000_000_000
ANSWER_S = 60.0  # the polling thread may be held up, and that is no time-out of ours


class Served:
    """A person behind a polled socket; the polling is a thread of the test."""

    def __init__(self, path: Path) -> None:
        self.clock = VirtualClock(10 * S)
        self.person = find_person("young-1").virtual()
        self.control = PersonControl(path, self.person, self.clock)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while not self.over.wait(0.002):
            self.control.poll()

    def close(self) -> None:
        self.over.set()
        self.thread.join()
        self.control.close()
        self.control.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "person.sock")
    yield served
    served.close()


def test_a_whole_visit_can_be_commanded(served: Served, tmp_path: Path) -> None:
    with PersonClient(tmp_path / "person.sock", ANSWER_S) as client:
        assert client.perform(StepOn()) == Done(10 * S)
        served.clock.t_ns = 14 * S
        done = client.perform(Stand("quiet", lead_s=8, window_s=30))
        assert done.t_ns == 14 * S
        assert done.recording_at_s == pytest.approx(0.01), "a long recording plays from its first sample"
        served.clock.t_ns = 60 * S
        assert client.perform(Stand("tandem", lead_s=3, window_s=10)) == Done(60 * S)
        assert client.perform(GrabRail(for_s=2)) == Done(60 * S, until_ns=62_800_000_000)
        assert client.perform(LoseBalance()) == Done(60 * S, until_ns=62_200_000_000)
        served.clock.t_ns = 80 * S
        assert client.perform(StepOff()) == Done(80 * S, until_ns=80_900_000_000)
    assert not served.person.on_deck


def test_a_command_that_makes_no_sense_is_refused_with_the_reason(served: Served, tmp_path: Path) -> None:
    with PersonClient(tmp_path / "person.sock", ANSWER_S) as client:
        with pytest.raises(SettingError, match="step on first"):
            client.perform(StepOff())
        client.perform(StepOn())
        with pytest.raises(SettingError, match="there is no stance 'headstand'"):
            client.perform(Stand("headstand"))


@pytest.mark.parametrize(
    "line", [b"hello", b"{}", b'{"do":"fly"}', b'{"do":"step_on","now":1}', b"\xff\xfe", b"[" * 2000, b'{"do":"stand"}']
)
def test_a_line_that_is_no_command_is_answered_with_what_is_wrong(served: Served, tmp_path: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(ANSWER_S)
        raw.connect(str(tmp_path / "person.sock"))
        raw.sendall(line + b"\n")
        answer = raw.recv(4096)
    assert answer.startswith(b'{"ok":false,')
    assert b"not a command" in answer
    assert answer.endswith(b"\n")
    assert not served.person.on_deck


def test_commands_may_come_in_pieces_or_together(served: Served, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(ANSWER_S)
        raw.connect(str(tmp_path / "person.sock"))
        raw.sendall(b'{"do":"st')
        raw.sendall(b'ep_on"}\n{"do":"step_off"}\n')
        got = b""
        while got.count(b"\n") < 2:
            got += raw.recv(4096)
    expected = b'{"ok":true,"t_ns":10000000000,"recording_at_s":null,"until_ns":%s,"reached_mm":null,"error":null}\n'
    assert got == expected % b"null" + expected % b"10900000000"


def test_a_line_without_end_gets_the_client_dropped_and_no_one_else(served: Served, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as raw, PersonClient(tmp_path / "person.sock", ANSWER_S) as other:
        raw.settimeout(ANSWER_S)
        raw.connect(str(tmp_path / "person.sock"))
        raw.sendall(b"x" * 5000)
        assert raw.recv(10) == b""
        assert other.perform(StepOn()) == Done(10 * S)


def test_a_client_that_never_reads_or_just_leaves_does_not_hold_the_loop_up(tmp_path: Path) -> None:
    control = PersonControl(tmp_path / "person.sock", VirtualPerson(), VirtualClock())
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(tmp_path / "person.sock"))
            raw.sendall(b'{"do":"step_off"}\n' * 200)
            control.poll()
            control.poll()
    for _ in range(20):
        control.poll()
    control.close()
    assert not (tmp_path / "person.sock").exists()


def test_nobody_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NotPresentError, match=r"person\.sock: no virtual person listens there .*hardware\.backend"):
        PersonClient(tmp_path / "person.sock")


def test_an_acquire_that_hangs_is_a_time_out(tmp_path: Path) -> None:
    control = PersonControl(tmp_path / "person.sock", VirtualPerson(), VirtualClock())
    with PersonClient(tmp_path / "person.sock", timeout_s=0.05) as client, pytest.raises(WaitTimeoutError):
        client.perform(StepOn())
    control.close()


def test_an_acquire_that_goes_away_is_said_plainly(tmp_path: Path) -> None:
    control = PersonControl(tmp_path / "person.sock", VirtualPerson(), VirtualClock())
    with PersonClient(tmp_path / "person.sock") as client:
        control.poll()
        control.close()
        with pytest.raises(NotPresentError, match="gone"):
            client.perform(StepOn())


def test_a_socket_left_behind_is_replaced_and_a_missing_folder_is_named(tmp_path: Path) -> None:
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(tmp_path / "person.sock"))
    stale.close()
    PersonControl(tmp_path / "person.sock", VirtualPerson(), VirtualClock()).close()
    with pytest.raises(NotPresentError, match="cannot listen"):
        PersonControl(tmp_path / "none" / "person.sock", VirtualPerson(), VirtualClock())


def test_the_same_commands_work_without_a_socket() -> None:
    person = VirtualPerson(70)
    assert perform(person, StepOn(), 5 * S) == Done(5 * S)
    assert perform(person, Stand("tandem"), 8 * S) == Done(8 * S)
    assert perform(person, StepOff(), 9 * S) == Done(9 * S, until_ns=9_900_000_000)


def test_every_movement_can_be_commanded(served: Served, tmp_path: Path) -> None:
    now_s = 10
    with PersonClient(tmp_path / "person.sock", ANSWER_S) as client:
        client.perform(StepOn())
        for command in (
            Stand("quiet", eyes="closed", surface="foam"),
            ShiftWeight("left"),
            Reach("forward-right", 60.0),
            Sit(),
            ChairStands(2, hands=True),
            Rise(),
        ):
            now_s += 12
            served.clock.t_ns = now_s * S
            done = client.perform(command)
            assert done.t_ns == now_s * S
            assert (done.until_ns is None) is isinstance(command, Stand)
            assert (done.reached_mm is None) is not isinstance(command, Reach | ShiftWeight)
    assert served.person.at(now_s * S + 5 * S)[0] == pytest.approx(served.person.weight_n, rel=0.01)
