"""Makes the shipped recordings from the public data set: `python -m hardware.virtual.make_recordings --from FOLDER`.

FOLDER holds `subject_NNN.npz` (one int32 array of shape (6000, 2) a trial: ML, AP in 10 nm; `TRIAL_fz` in N where it
was recorded; sample k, from 0, at (k + 1)/100 s) and `trials.csv` with one row a trial. Nothing but units, format and
the choice of trials is changed. Writes NAME.csv and people.json into `hardware/virtual/recordings`.
"""

import argparse
import csv
import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from hardware.virtual.recordings import FOLDER, INDEX, ShippedPerson

# name, trial, and what was made up: stances this person cannot hold, and for how many seconds they hold them.
# Chosen: different subjects, both sexes, the range of ages and of sway speed of each group, first eyes-open firm trial.
CHOSEN: Final[tuple[tuple[str, str, dict[str, float]], ...]] = (
    ("young-1", "BDS00001", {}),
    ("young-2", "BDS00073", {}),
    ("young-3", "BDS00088", {}),
    ("young-4", "BDS00145", {}),
    ("older-1", "BDS00481", {}),
    ("older-2", "BDS00553", {}),
    ("older-3", "BDS01168", {"one-foot": 6.5}),
    ("older-4", "BDS01588", {"one-foot": 3.5}),
    ("older-falls-1", "BDS00037", {"one-foot": 7.0}),
    ("older-falls-2", "BDS00757", {"tandem": 6.5, "one-foot": 2.5}),
    ("older-falls-3", "BDS00969", {"tandem": 4.0, "one-foot": 2.0}),
    ("older-falls-4", "BDS01258", {"tandem": 5.0, "one-foot": 1.5}),
)
SAMPLE_RATE_HZ: Final = 100
UNITS_PER_MM: Final = 1e5


def make(source: Path, target: Path) -> list[ShippedPerson]:
    """Write the recordings and their index; return who is in it. Raises OSError or KeyError when a trial is missing."""
    with (source / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["trial"]: row for row in csv.DictReader(file)}
    made = []
    for name, trial, loses_after_s in CHOSEN:
        row = rows[trial]
        person = ShippedPerson(
            name=name,
            age_years=int(float(row["age_years"])),
            sex="female" if row["sex"] == "F" else "male",
            mass_kg=float(row["mass_kg"]),
            height_cm=float(row["height_cm"]),
            falls_12_months=int(row["falls_12_months"]),
            trial=trial,
            subject=int(row["subject"]),
            loses_after_s=loses_after_s,
        )
        with np.load(source / f"subject_{person.subject:03d}.npz") as trials:
            fz = trials.get(f"{trial}_fz")
            text = _csv(trials[trial] / UNITS_PER_MM, fz)
        (target / f"{name}.csv").write_text(text, encoding="utf-8")
        made.append(person)
    index = msgspec.json.format(msgspec.json.encode(made), indent=2)
    (target / INDEX).write_bytes(index + b"\n")
    return made


def _csv(cop_mm: np.ndarray, fz_n: np.ndarray | None) -> str:
    lines = ["time_s,cop_ml_mm,cop_ap_mm" + ("" if fz_n is None else ",fz_n")]
    for k, (ml, ap) in enumerate(cop_mm.tolist()):
        line = f"{(k + 1) / SAMPLE_RATE_HZ:.2f},{ml:.5f},{ap:.5f}"
        lines.append(line if fz_n is None else f"{line},{fz_n[k]:.2f}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Make the shipped recordings from the public data set.")
    parser.add_argument("--from", dest="source", type=Path, required=True, metavar="FOLDER", help="the data set")
    source: Path = parser.parse_args().source
    try:
        made = make(source, FOLDER)
    except (OSError, KeyError) as error:
        sys.stderr.write(f"{source}: not the data set, or not all of it: {error}\n")
        return 66
    sys.stdout.write(f"{len(made)} recordings in {FOLDER}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
