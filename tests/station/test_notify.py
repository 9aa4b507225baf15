"""sd_notify: tells systemd what it should know, and never does harm."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from station import notify


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    address = str(tmp_path / "notify") if request.param == "file" else f"@balance-station-test-{tmp_path.name}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
    listener.settimeout(2.0)
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setattr(notify, "_last_beat_s", -notify.BEAT_EVERY_S)
    yield listener
    listener.close()


def test_systemd_hears_what_it_is_told(systemd: socket.socket) -> None:
    notify.notify_ready()
    notify.notify_stopping()
    assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"STOPPING=1"]


def test_a_loop_may_beat_as_often_as_it_likes_and_one_a_second_is_sent(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    systemd.setblocking(False)
    for now_s, sent in ((5.0, 1), (5.9, 0), (6.0, 1)):
        monkeypatch.setattr(notify, "time", SimpleNamespace(monotonic=lambda now_s=now_s: now_s))
        for _ in range(1000):
            notify.notify_beat()
        assert [systemd.recv(100) for _ in range(sent)] == sent * [b"WATCHDOG=1"]
        with pytest.raises(BlockingIOError):
            systemd.recv(100)


@pytest.mark.parametrize("address", [None, "", "nonsense", "/nowhere/at/all", "@nobody-listens-here"])
def test_without_systemd_nothing_happens(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if address is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setattr(notify, "_last_beat_s", -notify.BEAT_EVERY_S)
    assert (notify.notify_ready(), notify.notify_beat(), notify.notify_stopping()) == (None, None, None)
