"""Figures that a test inside measures and the host prints: one JSON object a line in a file that both sides see."""

import json
import os
from pathlib import Path


def note(**figures: float) -> None:
    """Write figures down. Does nothing where no file is named (a single test run by hand)."""
    if path := os.environ.get("FIGURES"):
        with Path(path).open("a") as file:
            file.write(json.dumps(figures) + "\n")
