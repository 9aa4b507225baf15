"""Measures as tables for people: one recording in groups with units, or several with a line each.

Shows what it is given and computes nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from station.sway import quijoux2021
from station.sway.measures import SHOWN_UNITS

# What stands together, by how the keys begin; the first that fits. What fits nowhere stands at the end.
_GROUPS: Final = (
    ("Distance", ("mean_distance", "rms_", "range")),
    ("Path and velocity", ("path_", "mean_velocity", "peak_velocity", "mean_frequency")),
    ("Area", ("ellipse_", "circle_", "hull_", "sway_area")),
    ("Spectrum, 0.15 to 5 Hz", ("power_", "centroid_", "frequency_dispersion")),
    ("Diffusion", ("diffusion_", "hurst_", "critical_")),
    ("Sway density", ("sway_density",)),
    ("Complexity", ("sample_entropy", "dfa_", "fractal_")),
    ("Loading", ("body_mass", "load_", "weight_", "fz_")),
    ("Trunk", ("trunk_",)),
)
_ELSE: Final = "Other"
# What is written to a file or a pipe is not folded: names stay whole.
_WIDTH_ELSEWHERE: Final = 200
_AXIS: Final = re.compile(r"_(ml|ap)(?=_|$)")
_PAPER_AXIS: Final = re.compile(r"_(ML_AND_AP|Radius|ML|AP)$")
_SUMMARY: Final = {
    "mean_velocity_mm_s": "velocity\nmm/s",
    "mean_velocity_ap_mm_s": "AP\nmm/s",
    "rms_ml_mm": "RMS ML\nmm",
    "ellipse_area_95_mm2": "ellipse\nmm2",
}
_WORN_SUMMARY: Final = {
    "trunk_mean_velocity_m_s": "velocity\nm/s",
    "trunk_rms_m_s2": "RMS\nm/s2",
    "trunk_f95_hz": "95 %\nHz",
}
# Rises from a chair: key of each rule and what it is called, then what is shown of a rise. The first is the station's.
_RISES: Final = {"sit_to_stands": "station", "sit_to_stands_displacement": "displacement"}
_RISE: Final = {
    "start_s": ("start\ns", ".2f"),
    "end_s": ("end\ns", ".2f"),
    "duration_s": ("duration\ns", ".2f"),
    "rise_m": ("height\nm", ".2f"),
    "peak_velocity_m_s": ("peak\nm/s", ".2f"),
    "lean_deg": ("lean\ndeg", ".0f"),
}


def print_one(result: Mapping[str, Any]) -> None:
    """Print every measure of one recording: a row a measure, columns for the plane and its axes."""
    console = _console()
    table = Table(title=escape(f"{result['file']}: {_pipeline(result)}"), title_justify="left")
    table.add_column("measure", no_wrap=True)
    for heading in ("planar", "ML", "AP"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("unit")
    for group, rows in _grouped(result["metrics"]):
        table.add_section()
        table.add_row(f"[bold]{group}[/bold]")
        for name, keys in rows.items():
            cells = [_cell(result["metrics"], keys.get(axis)) for axis in ("", "ml", "ap")]
            unit = SHOWN_UNITS.get(next(iter(keys.values())), "")
            table.add_row(f"  {name}", *cells, unit if unit != "1" else "")
    console.print(table)
    if result.get("quijoux2021"):
        _print_paper(console, result["quijoux2021"])
    if _is_worn(result):
        _print_rises(console, result)
    for reason, missing in _by_reason(result["not_computed"]).items():
        console.print(escape(f"not computed: {reason}: {', '.join(missing)}"), soft_wrap=True, highlight=False)
    _print_quality(console, result)


def print_many(results: Iterable[Mapping[str, Any]]) -> None:
    """Print a line for each of several recordings, and what their quality gates say."""
    results = list(results)
    if not results:
        return
    console = _console()
    names = [Path(result["file"]).name for result in results]
    if len(set(names)) < len(names):
        names = [result["file"] for result in results]
    named = list(zip(names, results, strict=True))
    _print_summary(console, [(name, result) for name, result in named if not _is_worn(result)], _SUMMARY, {})
    _print_summary(console, [(name, result) for name, result in named if _is_worn(result)], _WORN_SUMMARY, _RISES)
    for result in results:
        if result["quality"]["flags"]:
            _print_quality(console, result)


def _console() -> Console:
    console = Console(emoji=False)
    return console if console.is_terminal else Console(emoji=False, width=_WIDTH_ELSEWHERE)


def _print_summary(
    console: Console,
    named: Sequence[tuple[str, Mapping[str, Any]]],
    measures: Mapping[str, str],
    counts: Mapping[str, str],
) -> None:
    """Print a line for each recording: some of its measures, and how many there are of what is counted."""
    if not named:
        return
    table = Table(title=f"profile {named[0][1]['profile']}")
    table.add_column("file", overflow="fold")
    for heading in ("length\ns", *measures.values(), *(f"rises\n{rule}" for rule in counts.values())):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("assess-\nable")
    for name, result in named:
        cells = [_cell(result["metrics"], key) for key in measures]
        cells += ["-" if result[key] is None else str(len(result[key])) for key in counts]
        assessable = "yes" if result["quality"]["assessable"] else "no"
        table.add_row(escape(name), f"{result['duration_s']:.4g}", *cells, assessable)
    console.print(table)


def _is_worn(result: Mapping[str, Any]) -> bool:
    return "sit_to_stands" in result


def _print_rises(console: Console, result: Mapping[str, Any]) -> None:
    """Print the rises from a chair that each rule finds; the reason where it cannot look stands elsewhere."""
    table = Table(title="Rises from a chair, by the station's rule and by another program's", title_justify="left")
    table.add_column("rule")
    for heading, _ in _RISE.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for key, rule in _RISES.items():
        table.add_section()
        if not result[key]:
            table.add_row(rule, "-" if result[key] is None else "none")
        for rise in result[key] or ():
            table.add_row(rule, *(f"{rise[name]:{form}}" if name in rise else "" for name, (_, form) in _RISE.items()))
    console.print(table)


def _print_paper(console: Console, outputs: Mapping[str, float | None]) -> None:
    """Print the outputs of the program of Quijoux et al. 2021 under that paper's names, in its units."""
    table = Table(title="Quijoux et al. 2021, names and units of the paper", title_justify="left")
    table.add_column("output")
    for heading in ("planar", "ML", "AP"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("unit")
    rows: dict[str, dict[str, str]] = {}
    for key in outputs:
        axis = _PAPER_AXIS.search(key)
        which = axis.group(1) if axis and axis.group(1) in ("ML", "AP") else ""
        rows.setdefault(_PAPER_AXIS.sub("", key), {})[which] = key
    for name, keys in rows.items():
        cells = [_cell(outputs, keys.get(axis)) for axis in ("", "ML", "AP")]
        table.add_row(name, *cells, quijoux2021.UNITS[next(iter(keys.values()))])
    console.print(table)


def _grouped(metrics: Mapping[str, float | None]) -> list[tuple[str, dict[str, dict[str, str]]]]:
    """Return groups of rows; a row is a name and its keys by axis, "" for the plane."""
    groups: dict[str, dict[str, dict[str, str]]] = {name: {} for name in (*(name for name, _ in _GROUPS), _ELSE)}
    for key in metrics:
        group = next((name for name, starts in _GROUPS if key.startswith(starts)), _ELSE)
        axis = _AXIS.search(key)
        name = _AXIS.sub("", key)
        groups[group].setdefault(name, {})[axis.group(1) if axis else ""] = key
    return [(name, rows) for name, rows in groups.items() if rows]


def _cell(metrics: Mapping[str, float | None], key: str | None) -> str:
    if key is None:
        return ""
    value = metrics[key]
    return f"{value:.4g}" if value is not None else "-"


def _by_reason(not_computed: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for key, reason in not_computed.items():
        reasons.setdefault(reason, []).append(key)
    return reasons


def _print_quality(console: Console, result: Mapping[str, Any]) -> None:
    word = "assessable" if result["quality"]["assessable"] else "NOT ASSESSABLE"
    flags = "; ".join(result["quality"]["flags"])
    console.print(escape(f"{result['file']}: {word}{': ' if flags else ''}{flags}"), soft_wrap=True, highlight=False)


def _pipeline(result: Mapping[str, Any]) -> str:
    return f"profile {result['profile']}, {result['duration_s']:.6g} s at {result['fs_hz']:.6g} samples/s"
