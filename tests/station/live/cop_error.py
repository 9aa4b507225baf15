"""How far the COP of the chain is from the true one, by three ways of bringing four free-running chips together.

The people: `data/thirty_people.npz`, 20 s each (see the README beside it; made from the data set by
`python -m tests.station.live.cop_error FOLDER`).
Gains and zeros are the deck's own, so that what is left is timing and noise, unless an
ideal calibration's own error is asked for.
"""

import csv
import sys
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from calibration.certificate import Certificate
from calibration.model import DeckModel
from calibration.virtual import certify_virtual_deck
from hardware.clock import VirtualClock
from hardware.ring import RingWriter
from hardware.sensor import CORNERS
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import Load
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.playback import Playback, RecordedStance, centred
from hardware.virtual.samples import SampleLevelSource
from station.cop import cop_of_trial
from station.live.timebase import GROUP_DELAY_CONVERSIONS, ChannelTimebase

FloatArray = npt.NDArray[np.float64]

PEOPLE = Path(__file__).parent / "data" / "thirty_people.npz"
S = 1_000_000_000
START_NS = 1000 * S
LEAD_S = 2.0  # the lines of the timebase are drawn by then


class CopError(msgspec.Struct, frozen=True):
    """RMS distance from the true COP, mm: per-channel interpolation (ours), k-th samples paired, newest values."""

    person: str
    ours_mm: float
    calibrated_mm: float  # ours, with the error of an ideal calibration on top
    paired_mm: float
    latest_mm: float


class Standing(Load):
    """A recorded person of 70 kg who stands there from the start."""

    def __init__(self, recording: RecordedStance) -> None:
        self._playback = Playback(recording)
        self._weight_n = 70 * 9.80665

    def at(self, t_ns: int) -> tuple[float, float, float]:
        share, ml, ap = self._playback.at((t_ns - START_NS) / 1e9)
        return self._weight_n * share, ml, ap

    def over(self, t_ns: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray, FloatArray]:
        share, ml, ap = self._playback.over((t_ns - START_NS) / 1e9)
        return self._weight_n * share, ml, ap


def people(path: Path = PEOPLE) -> dict[str, RecordedStance]:
    """Return the people by trial, 20 s of each."""
    with np.load(path) as trials:
        return {
            name: centred(name, np.arange(1, len(cop) + 1) / 100, cop[:, 0] / 1e5, cop[:, 1] / 1e5)
            for name, cop in trials.items()
        }


def cop_error(recording: RecordedStance, seed: int) -> CopError:
    """Return the errors of one person on the virtual deck of this seed (oscillators, gains, noise)."""
    load = Standing(recording)
    deck = VirtualDeck(load, seed)
    oscillators = {channel: Oscillator.from_seed(seed, channel, START_NS) for channel in CORNERS}
    clock = VirtualClock(START_NS)
    ring = RingWriter.in_memory()
    reader = ring.reader()
    source = SampleLevelSource(deck, oscillators, ring, clock, ())
    bases = [ChannelTimebase() for _ in CORNERS]
    source.service(START_NS + round(recording.duration_s * S))
    rows: list[list[tuple[int, int]]] = [[] for _ in CORNERS]
    for channel, flags, t_ns, values in reader.read():
        bases[channel].push(t_ns, values[0], flags)
        if not flags:
            rows[channel].append((t_ns, values[0]))
    first_ns = START_NS + round(LEAD_S * S)
    grid = np.arange(first_ns, min(base.reaches_ns for base in bases), 10_000_000)
    counts = np.array([[base.at(int(t))[0] for t in grid] for base in bases])  # type: ignore[index]
    ready = [np.array([t for t, _ in row]) for row in rows]
    codes = [np.array([code for _, code in row], dtype=np.float64) for row in rows]
    delay = [GROUP_DELAY_CONVERSIONS * oscillators[channel].period_ns for channel in CORNERS]
    newest = np.array(
        [c[np.searchsorted(t - lag, grid, "right") - 1] for t, c, lag in zip(ready, codes, delay, strict=True)]
    )
    shortest = min(map(len, codes))
    begin = int(np.searchsorted(ready[0] - delay[0], first_ns))
    paired = np.array([code[begin:shortest] for code in codes])
    paired_ns = ready[0][begin:shortest] - delay[0]
    exact = certify_virtual_deck(deck, gain_error=0.0, zero_error_counts=0.0)
    ideal = certify_virtual_deck(deck)
    return CopError(
        person=recording.name,
        ours_mm=_rms(exact, counts, load, grid),
        calibrated_mm=_rms(ideal, counts, load, grid),
        paired_mm=_rms(exact, paired, load, paired_ns),
        latest_mm=_rms(exact, newest, load, grid),
    )


def _rms(certificate: Certificate, counts: FloatArray, load: Load, t_ns: npt.NDArray[np.int64]) -> float:
    forces = DeckModel(certificate).corner_forces_over_n(counts.T)
    spacing = (certificate.cell_spacing_ml_mm, certificate.cell_spacing_ap_mm)
    _, ml, ap = cop_of_trial(forces[:, 0], forces[:, 1], forces[:, 2], forces[:, 3], *spacing)
    _, true_ml, true_ap = load.over(t_ns)
    return float(np.sqrt(np.mean((ml - true_ml) ** 2 + (ap - true_ap) ** 2)))


def cut(folder: Path, out: Path = PEOPLE, wanted: int = 30) -> None:
    """Take 20 s of the first eyes-open firm-surface trial of every n-th person of the data set."""
    firsts: dict[str, str] = {}
    with (folder / "trials.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["vision"] == "Open" and row["surface"] == "Firm":
                firsts.setdefault(row["subject"], row["trial"])
    chosen = list(firsts.items())[:: len(firsts) // wanted][:wanted]
    trials = {}
    for subject, trial in chosen:
        with np.load(folder / f"subject_{int(subject):03d}.npz") as subject_trials:
            trials[trial] = subject_trials[trial][1000:3000]
    np.savez_compressed(out, **trials)  # type: ignore[arg-type]


if __name__ == "__main__":
    cut(Path(sys.argv[1]))
