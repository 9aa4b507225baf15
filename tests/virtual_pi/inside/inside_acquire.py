"""Acquire as a process, over the real libraries, the kernel's lines and its I2C bus, while a recorded person stands."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calibration.model import DeckModel
from calibration.virtual import certify_virtual_deck
from hardware.ring import RingState
from hardware.sensor import CORNERS, Channel, Flag, Sample
from station.config import HardwareConfig
from station.live.grid import Grid, Row
from tests.virtual_pi import deck_device
from tests.virtual_pi.deck_device import ChipState, WiredChip
from tests.virtual_pi.inside.acquire import AcquireProcess
from tests.virtual_pi.inside.bus import I2cBusProcess
from tests.virtual_pi.inside.conftest import Solder
from tests.virtual_pi.inside.figures import note
from tests.virtual_pi.recorded_person import (
    chips_as_they_run,
    chips_under,
    deck_under,
    recorded_person,
    step_on,
    window_from_ns,
)

WINDOW_S = 10.0
S, MS, US = 1_000_000_000, 1_000_000, 1_000


def numbered(sample: Sample, chip: ChipState) -> tuple[int, int]:
    """Return which conversion a sample must be by its stamp, and by how much the stamp is off, ns."""
    k = chip.k_first + round((sample.t_ns - chip.first_ready_ns) / chip.period_ns)
    return k, sample.t_ns - chip.ready_ns(k)


def check_each_sample(
    samples: list[Sample], state: ChipState, wired: WiredChip, most_off_ns: int
) -> tuple[int, int, int]:
    """Return `(frames, flagged, lost)` of one corner; every unflagged sample must be the conversion of its time."""
    numbers = []
    flagged = 0
    for sample in samples:
        k, off_ns = numbered(sample, state)
        numbers.append(k)
        if sample.flags:
            flagged += 1
        else:
            assert abs(off_ns) < most_off_ns, f"conversion {k} is stamped {off_ns / US:.0f} us after it was ready"
            assert k < len(wired.counts)
            assert sample.values[0] == wired.counts[k], f"conversion {k}"
    assert numbers == sorted(set(numbers)), "each conversion once, in order"
    return len(numbers), flagged, numbers[-1] - numbers[0] + 1 - len(numbers)


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


# A polled line's edge is known to lie between two looks, and nobody looks while another chip or the IMU is read. What
# may be off by more than a tenth of a conversion is flagged.
@pytest.mark.parametrize(
    ("backend", "label", "most_off_ns", "most_flagged", "least_good_rows"),
    [("gpiod", "pinctrl-bcm2711", 50 * US, 0.0, 1.0), ("rpigpio", "pinctrl-rp1", 1100 * US, 0.02, 0.98)],
)
def test_the_recorded_person_s_centre_of_pressure_comes_out_of_the_real_acquisition(
    controller: Solder,
    i2c_bus: Callable[..., I2cBusProcess],
    tmp_path: Path,
    backend: str,
    label: str,
    most_off_ns: int,
    most_flagged: float,
    least_good_rows: float,
) -> None:
    controller(label)
    bus = i2c_bus("--motion", "deck", "--window-s", str(WINDOW_S))
    hardware = HardwareConfig(backend=backend)
    person = recorded_person()
    deck = deck_under(person)
    power_up_ns = time.monotonic_ns()
    empty = chips_under(deck, power_up_ns, hardware.clock_lines, hardware.data_lines, 20.0)
    deck_device.load(empty)
    acquire = AcquireProcess(tmp_path, hardware)
    try:
        acquire.wait_for_good_samples()
        step_on_ns = time.monotonic_ns() + 2 * S
        end_ns = window_from_ns(step_on_ns) + round(WINDOW_S * S)
        step_on(person, step_on_ns, WINDOW_S)
        bus.order(f"step-on {step_on_ns}")
        time.sleep(0.2)  # the order may have cost a pulse: the bus is at a priority that no process on a Pi has
        before = deck_device.state()
        wired = chips_as_they_run(deck, before, (end_ns - time.monotonic_ns()) / S + 10)
        deck_device.load_counts(wired)
        assert time.monotonic_ns() < step_on_ns
        from_ns = time.monotonic_ns() + 100 * MS
        grid = Grid(acquire.reader_again(), DeckModel(certify_virtual_deck(deck)), acquire.config.deck)
        samples: list[Sample] = []
        rows: list[Row] = []
        while (now_ns := time.monotonic_ns()) < end_ns + S:
            samples += acquire.samples_until(now_ns + 200 * MS)
            rows += grid.rows(now_ns)
        status = acquire.reader.acquire_status()
        ring_state, lost_in_ring = acquire.reader.state, acquire.reader.lost
        states = deck_device.state()
        code, said = acquire.stop()
    finally:
        acquire.close()

    assert (code, lost_in_ring) == (0, 0), said
    assert ring_state == RingState.NONE, "FIFO priority and locked memory, and no IMU lost"
    frames = flagged = lost = 0
    for channel, earlier, state, chip in zip(CORNERS, before, states, wired, strict=True):
        corner = [sample for sample in samples if sample.channel == channel and sample.t_ns > from_ns]
        counted = check_each_sample(corner, state, chip, most_off_ns)
        frames, flagged, lost = frames + counted[0], flagged + counted[1], lost + counted[2]
        assert state.power_downs == earlier.power_downs, channel.label
        assert state.longest_high_ns < 50 * US, channel.label
    assert (flagged <= most_flagged * frames, lost) == (True, 0), (flagged, frames, lost, status)

    window = [row for row in rows if window_from_ns(step_on_ns) <= row.t_ns <= end_ns]
    assert len(window) == pytest.approx(WINDOW_S * 100, abs=1)
    window = [row for row in window if not row.flags]
    good_rows = len(window) / (WINDOW_S * 100)
    assert good_rows >= least_good_rows - 0.002, "but for the row at either end"
    true_fz_n, true_ml_mm, true_ap_mm = person.over(np.array([row.t_ns for row in window]))
    error_ml = np.array([row.cop_ml_mm for row in window]) - true_ml_mm
    error_ap = np.array([row.cop_ap_mm for row in window]) - true_ap_mm
    cop_rms_mm = rms(np.hypot(error_ml, error_ap))
    assert rms(np.array([row.fz_n for row in window]) / true_fz_n - 1) < 1e-3
    assert cop_rms_mm < 0.15
    assert np.ptp(true_ap_mm) > 5, "or there would have been nothing to see"

    imu = [sample for sample in samples if sample.channel == Channel.DECK_IMU and sample.t_ns > from_ns]
    gaps = np.diff([sample.t_ns for sample in imu])
    assert {sample.flags for sample in imu} == {Flag.GOOD}
    assert gaps.max() < 1.5 * np.median(gaps)
    assert status is not None
    delay = status.source.frame_delay_us
    note(
        **{
            f"{backend} frames": frames,
            f"{backend} flagged": flagged,
            f"{backend} conversions lost": lost,
            f"{backend} good rows percent": round(100 * good_rows, 1),
            f"{backend} cop_rms_mm": round(cop_rms_mm, 4),
            f"{backend} longest_high_us": max(state.longest_high_ns for state in states) / 1000,
            f"{backend} cpu_percent": status.cpu_percent,
            f"{backend} frame_delay_p99_us": 0.0 if delay is None else delay.p99,
        }
    )
