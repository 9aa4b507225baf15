"""Running the installed command as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
            cwd=Path(__file__).parents[2],
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
