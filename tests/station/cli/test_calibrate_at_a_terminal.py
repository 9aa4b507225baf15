"""`balance-station calibrate` by somebody who sits at a terminal: every question asked, answered, and mistyped."""

import os
import pty
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calibration.chain import read_chain
from station.config import dump_config
from tests.station.live.staffing import PIN, staff_config

WITHIN_S = 120.0  # of real time; a calibration in virtual time takes about ten


class Terminal:
    """A child on a terminal of its own: what it has shown so far, and somebody who types."""

    def __init__(self, config: Path, *moments: str) -> None:
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, [sys.executable, "-m", "tests.station.cli.living", str(config), *moments])
        self.shown = ""
        self._seen = 0

    def waits_with(self, words: str) -> None:
        """Read until these words have come since the last ones that were waited for."""
        until_s = time.monotonic() + WITHIN_S
        while (at := self.shown.find(words, self._seen)) < 0:
            if not self._read(until_s - time.monotonic()):
                raise AssertionError(f"{words!r} never came: {self.shown[self._seen :]}")
        self._seen = at + len(words)

    def types(self, line: str) -> None:
        os.write(self._end, line.encode() + b"\n")

    def ends(self) -> int:
        """Return its exit code."""
        until_s = time.monotonic() + WITHIN_S
        while self._read(until_s - time.monotonic()):
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self._end)

    def _read(self, timeout_s: float) -> bool:
        try:
            more = os.read(self._end, 65536) if select.select([self._end], [], [], max(0.0, timeout_s))[0] else b""
        except OSError:  # the child has closed its side
            more = b""
        self.shown += more.decode(errors="replace")
        return bool(more)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    file = tmp_path / "station.toml"
    file.write_text(dump_config(staff_config(tmp_path)), encoding="utf-8")
    opened: list[Terminal] = []

    def start(*moments: str) -> Terminal:
        opened.append(Terminal(file, *moments))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_from_the_first_question_to_the_signed_certificate_with_mistakes_an_undo_and_a_stop(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    first = terminal("calibrate.level:go", "calibrate.level:go", "6", "11")
    first.waits_with("PIN")
    first.types(PIN)
    first.waits_with("Which weights stand ready (20-1, 20-2, 10-1)? Enter for all")
    first.types("20-1, 99")
    first.waits_with("there is no weight '99' in the register; there are: 20-1, 20-2, 10-1")
    first.waits_with("Which weights stand ready")
    first.types("10-1")
    first.waits_with("20 and 40 kg cannot be made yet")
    first.waits_with("Which weights stand ready")
    first.types("")
    first.waits_with("Press Enter when nothing rocks")
    first.types("it rocks")
    first.waits_with("'it rocks' means nothing here. Press Enter when nothing rocks")
    first.types("")
    first.waits_with("[6/23]")
    first.types("u")
    first.waits_with("[5/23]")
    first.waits_with("[11/23]")
    first.types("S")
    first.waits_with("stopped: the calibration is paused; start the same command to go on")
    assert first.ends() == os.EX_TEMPFAIL
    assert PIN not in first.shown
    assert not (tmp_path / "state" / "calibration.jsonl").exists()

    second = terminal()
    second.waits_with("PIN")
    second.types(PIN)
    second.waits_with("Going on with the calibration that is under way.")
    second.waits_with("Sign? y or Enter")
    second.types("Y")
    second.waits_with("calibrated: ")
    assert second.ends() == 0
    read = [int(at) for at in re.findall(r"\[(\d+)/23\]", second.shown)]
    assert read[-1] == 23
    assert min(read) >= 10, "what was read before the stop is not read again"
    (certificate,) = read_chain(tmp_path / "state" / "calibration.jsonl")
    assert certificate.id in second.shown
    assert certificate.evidence is not None
    assert certificate.evidence.operator == "AB"
    assert "interrupted 1 time" in certificate.note
    assert sum(each.kind == "zero" for each in certificate.evidence.readings) == 2, "and again after the stop"


def test_the_end_of_the_input_is_a_stop_and_never_an_answer(terminal: Callable[..., Terminal]) -> None:
    gone = terminal("calibrate.level:go")
    gone.waits_with("PIN")
    gone.types(PIN)
    gone.waits_with("Which weights stand ready")
    gone.types("")
    gone.waits_with("Press Enter when nothing rocks")
    os.write(gone._end, b"\x04")  # Ctrl-D
    gone.waits_with("stopped: the calibration is paused")
    assert gone.ends() == os.EX_TEMPFAIL
