"""Running the installed command as a user does."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kiosk_ui.xwindow import XWindow

ROOT = Path(__file__).parents[2]
StartDemo = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_cli(tmp_path: Path) -> Run:
    """Return a function that runs `balance-station ...` without a display and returns what it said."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        return subprocess.run(
            [sys.executable, "-m", "station.cli.main", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            cwd=ROOT,
            check=False,
        )

    return run


@pytest.fixture
def run_demo(run_cli: Run) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a headless demo to its end and returns its JSON document."""

    def run(*arguments: str) -> dict[str, Any]:
        done = run_cli("demo", "--headless", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return run


@pytest.fixture
def start_demo() -> Iterator[StartDemo]:
    """Return a function that starts `balance-station demo --json ...` on a window; none outlives a test that fails."""
    started: list[subprocess.Popen[str]] = []

    def start(window: XWindow, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "station.cli.main", "demo", "--json", *arguments]
        started.append(
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=window.environment, cwd=ROOT
            )
        )
        return started[-1]

    yield start
    for demo in started:
        if demo.poll() is None:
            demo.send_signal(signal.SIGINT)  # it ends its children
            demo.communicate(timeout=60)
