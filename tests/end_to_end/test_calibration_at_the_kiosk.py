"""A member of staff calibrates a deck that has no certificate, every button touched on a real window.

The station runs ten times as fast as life, and the deck needs only five seconds to warm up (`calibration.warm_up_s`);
the plan, the readings and the limits are those of every station. A virtual member of staff carries the weights.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import msgspec
import pytest

from calibration.chain import read_chain
from calibration.plan import load_plan
from calibration.register import load_register
from hardware.virtual.control import PutWeight, perform
from station.config import Config, KioskConfig, dump_config
from station.demo.one_process import OneProcess
from station.demo.staff_hands import StaffHands
from tests.kiosk_ui.xwindow import XWindow, artefacts
from tests.station.live.staffing import IDS, PIN, StaffedStation, staff_config

ROOT = Path(__file__).parents[2]
SPEED = 10.0
READINGS = 23
HALF_MM = (200.0, 200.0)  # half the distances between the cells


class RunningStation:
    """A station in a thread of its own, so that the kiosk can be clicked meanwhile."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.failed: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=60)
        if self.failed is not None:
            raise self.failed

    def _run(self) -> None:
        try:
            process = OneProcess(self._config, speed=SPEED, serve=True, certified=False)
            hands = StaffHands(load_register(Path(self._config.calibration.register)), HALF_MM)
            screen = process.station.engine.screen
            while not self._stop.is_set():
                process.step()
                before, screen = screen, process.station.engine.screen
                load = hands.asked(screen)
                if screen.name == "calibrate.done" != before.name:
                    load = PutWeight(0.0)  # the last one is taken away again
                if load is not None:
                    perform(process.person, load, process.now_ns)
            process.close()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self.failed = error


def test_a_full_calibration_clicked_through_ends_in_a_certificate(tmp_path: Path) -> None:
    pictures = artefacts() / "calibration"
    config = msgspec.structs.replace(staff_config(tmp_path), kiosk=KioskConfig(fullscreen=True))
    file = tmp_path / "station.toml"
    file.write_text(dump_config(config))
    with XWindow.start_xvfb(tmp_path) as window, RunningStation(config):
        kiosk = subprocess.Popen(
            [sys.executable, "-m", "station.cli.main", "run", "kiosk"],
            env={**window.environment, "BALANCE_STATION_CONFIG": str(file)}, cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            # nobody can be measured on a deck without a certificate, and that is where staff have to come in
            window.wait_for_screen("fault", timeout_s=60)
            window.hold_staff_corner()
            shown = window.wait_for_screen("staff.pin")
            for digit in PIN:
                window.click(f"digit.{digit}")
                shown = window.wait_for_other_screen(shown)
            window.click_through("enter")
            assert window.click_through("calibrate").name == "calibrate.weights"
            shown = window.screens()[-1]
            for each in IDS:
                window.click(f"weight.{each}")
                shown = window.wait_for_other_screen(shown)
            window.screenshot(pictures / "1-weights.png")
            assert window.click_through("go").name == "calibrate.warm-up"
            window.wait_for_screen("calibrate.level", timeout_s=60)
            window.screenshot(pictures / "2-level.png")
            assert window.click_through("go").name == "calibrate.read"
            window.screenshot(pictures / "3-read.png")
            shown = window.wait_for_screen("calibrate.re[sf]*", timeout_s=200)
            window.screenshot(pictures / "4-result.png")
            assert shown.name == "calibrate.result"
            assert window.click_through("sign").name == "calibrate.done"
            window.screenshot(pictures / "5-done.png")
            assert window.click_through("back").name == "staff.menu"
            window.click_through("leave")
            window.wait_for_screen("attract")  # now people can be measured
        finally:
            kiosk.terminate()
            output, _ = kiosk.communicate(timeout=20)
        assert window.presses()[:6] == ["staff", *len(PIN) * ["digit"], "enter"]
    assert kiosk.returncode == os.EX_OK, output
    assert "digit." not in output
    (certificate,) = read_chain(Path(config.deck.certificate))
    evidence = certificate.evidence
    assert evidence is not None
    assert evidence.operator == "AB"
    assert {each.id for each in evidence.weights} == set(IDS)
    assert [each.kind for each in evidence.readings].count("place") == sum(
        not hole.startswith("V") for hole in load_plan().holes
    )
    assert len(evidence.readings) == READINGS
    assert all(each.passed for each in evidence.judgements)
    # the same deck, calibrated by the same flow without a window: the same gains, but for the noise of the cells
    (tmp_path / "unseen").mkdir()
    unseen = StaffedStation(staff_config(tmp_path / "unseen"))
    try:
        unseen.sign_in()
        unseen.calibrate()
        unseen.sign()
        unseen.step(1.0)
    finally:
        unseen.close()
    (other,) = read_chain(Path(unseen.config.deck.certificate))
    for ours, theirs in zip(certificate.cells, other.cells, strict=True):
        assert ours.gain_n_per_count == pytest.approx(theirs.gain_n_per_count, rel=1e-4)
