"""A person's own way through a whole walk-up screen: every button touched on a real window, from welcome to result."""

import json
from pathlib import Path

from tests.end_to_end.conftest import ROOT, StartDemo
from tests.kiosk_ui.xwindow import XWindow, artefacts

SPEED = 5  # the station's clock runs this much faster than life, so that nobody waits for the rests
# What this person answers; every other question is answered No.
ANSWERS = {"attract": "start", "about": "continue", "consent": "yes", "question.worried": "yes",
           "question.age-band": "age.70-86", "prepare": "continue", "result": "finish"}  # fmt: skip


def test_clicked_through_from_welcome_to_result(start_demo: StartDemo, tmp_path: Path) -> None:
    pictures = artefacts() / "walk-up"
    with XWindow.start_xvfb(tmp_path) as window:
        demo = start_demo(
            window, "--by-hand", "--speed", str(SPEED), "--chips", "samples", "--mass-kg", "73",
            "--recording", str(ROOT / "hardware" / "virtual" / "recordings" / "older-2.csv"),
        )  # fmt: skip
        seen = []
        shown = window.wait_for_screen("attract", timeout_s=60)
        while "thanks" not in [each.name for each in window.screens()]:
            seen.append(shown.name)
            window.screenshot(pictures / f"{len(seen):02d}-{shown.name}.png")
            action = ANSWERS.get(shown.name)
            if action is None and shown.name.startswith(("gate.", "question.")):
                action = "no"
            if action is not None:
                window.click(action)
            shown = window.wait_for_other_screen(shown, timeout_s=60)
        output, said = demo.communicate(timeout=90)
    assert demo.returncode == 0, said
    document = json.loads(output)
    record = document["record"]
    assert document["delivery"]["state"] == "acknowledged", document["delivery"]
    assert record["age_band"] == "70-86"
    assert record["tier"] == "screened at risk"
    assert [reason["part"] for reason in record["reasons"]] == ["key-questions"]
    assert {part["name"]: part["state"] for part in record["parts"]}["one-foot"] == "done"
    for screen in ("gate.dizzy", "step-on", "centre", "measure.quiet-stance", "measure.tandem", "step-off", "result"):
        assert screen in document["screens"]  # some are gone before a picture is taken
