"""A result on a terminal, as a person would read it: words first, then every line with its cut-off and source."""

from typing import Any

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from station.errors import DataError
from station.records.record import Part, Record

_STATES = {
    "done": "done",
    "not done": "not done",
    "not offered": "not offered here",
    "not assessable": "not assessable",
}
_SHOWN_MEASURES = (
    ("mean_velocity_mm_s", "mean velocity", "mm/s"),
    ("mean_velocity_ap_mm_s", "mean velocity AP", "mm/s"),
    ("rms_ml_mm", "RMS amplitude ML", "mm"),
    ("sway_area_per_second_mm2_s", "sway area a second", "mm2/s"),
    ("ellipse_area_95_mm2", "95 % ellipse area", "mm2"),
)
_UNITS = {"{findings}": "findings", "{measures}": "measures"}  # UCUM annotations, as a person reads them


def read_record(document: dict[str, Any] | bytes) -> Record:
    """Return the record in a stored payload; raises DataError when it is none."""
    try:
        if isinstance(document, bytes):
            return msgspec.json.decode(document, type=Record)
        return msgspec.convert(document, Record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not a result of this station: {error}") from error


def print_record(record: Record, console: Console) -> None:
    """Print one result."""
    who = ", ".join(each for each in (record.sex, record.age_band) if each) or "age not given"
    when = record.ended.utc or "time unknown"
    console.print(f"[bold]Result {record.id}[/bold]", highlight=False)
    console.print(f"{record.protocol} {record.protocol_version}; {who}; {when}", highlight=False)
    console.print(f"\n  [bold]{record.tier.upper()}[/bold]\n")
    for reason in record.reasons:
        console.print(Padding(f"- {reason.text}  [dim][{reason.source}][/dim]", (0, 0, 0, 2)))
    if record.reasons:
        console.print()
    console.print(Padding(_parts(record.parts), (0, 0, 1, 2)))
    if record.sway is not None:
        console.print(Padding(_sway(record), (0, 0, 1, 2)))
    for source in _sources(record.parts):
        console.print(Padding(f"[dim]{source}[/dim]", (0, 0, 0, 2)))
    for flag in record.quality_flags:
        console.print(f"  quality: {flag}")
    versions = (
        f"rule {record.rule_version}, pipeline {record.pipeline_version}, norms {record.norms_version}, "
        f"calibration {record.calibration_id[:12]}, software {record.software_version}"
    )
    console.print(Padding(f"[dim]{versions}[/dim]", (1, 0, 0, 2)))
    console.print("\n  A screening aid for clinician review; not a diagnosis. A person decides.")


def _parts(parts: tuple[Part, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("part", "", "value", "at risk when", "met"):
        table.add_column(heading, overflow="fold")
    for part in parts:
        value = "" if part.value is None else f"{part.value} {_UNITS.get(part.unit or '', part.unit or '')}".strip()
        met = {True: "yes", False: "no", None: ""}[part.met]
        table.add_row(part.name, _STATES[part.state], value, part.cut_off or "", met)
    return table


def _sway(record: Record) -> Table:
    assert record.sway is not None
    metrics = record.sway["metrics"]
    bands = {band.metric: band for band in record.sway_bands}
    reference = next((f"people of {band.reference}" for band in record.sway_bands), "no reference for this age")
    table = Table(box=None, pad_edge=False)
    for heading in ("standing quietly", "value", reference, "P75", "P90"):
        table.add_column(heading, overflow="fold")
    for key, words, unit in _SHOWN_MEASURES:
        value = metrics.get(key)
        band = bands.get(key)
        shown = "not computed" if value is None else f"{value:.1f} {unit}"
        if band is None:
            table.add_row(words, shown, "-", "", "")
        else:
            table.add_row(words, shown, band.band, f"{band.p75:.1f}", f"{band.p90:.1f}")
    return table


def _sources(parts: tuple[Part, ...]) -> list[str]:
    """Return each source once, in the order of the parts, with the parts that rest on it."""
    by_source: dict[str, list[str]] = {}
    for part in parts:
        if part.source:
            by_source.setdefault(part.source, []).append(part.name)
    return [f"{', '.join(names)}: {source}" for source, names in by_source.items()]
