"""One row of the 100 Hz grid after another: four interpolated corners, calibrated, with centre of pressure and flags.

The grid is tied to sample times, not to when the loop wakes: a late loop makes rows late, never wrong.
"""

from collections.abc import Callable
from enum import IntFlag
from typing import Final, NamedTuple

from calibration.model import DeckModel, Four
from hardware.imu import IMU_MODELS, ImuName
from hardware.ring import RingReader
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.status import AcquireStatus
from station.config import DeckConfig
from station.cop import cop_from_corners
from station.live.deck_motion import DeckMotion
from station.live.loop import TICK_NS
from station.live.timebase import RATE_LIMITS_HZ, ChannelTimebase
from station.messages import ChannelStatus

# A corner is pulled up a little by whoever stands at the opposite edge, and never carries more than a heavy person.
LEAST_CORNER_N: Final = -100.0
MOST_CORNER_N: Final = 2500.0
PRESENT_N: Final = 20.0  # below this no centre of pressure is computed: the quotient would be noise
# A channel that delivers nothing for this long stops the waiting: rows go on without it, marked bad.
PATIENCE_NS: Final = 150_000_000
SILENT_NS: Final = 500_000_000


class RowFlag(IntFlag):
    """Why a row of the grid must not be trusted; 0 is good."""

    GOOD = 0
    GAP = 1  # a corner has a hole of more than two sample intervals here
    CHANNEL_LOST = 2  # a corner delivers nothing
    OUTSIDE = 4  # centre of pressure outside the deck: impossible for somebody who stands on it
    KNOCKED = 8  # the deck's IMU saw a blow
    SATURATED = 16  # a corner was at the end of its range within the last intervals
    IMPOSSIBLE = 32  # a corner says what nobody on a deck can make it say
    UNCALIBRATED = 64  # there is no certificate that says what counts mean


class Row(NamedTuple):
    """One tick of the grid. Forces in N, centre of pressure in mm (NaN when the deck is empty), time in ns."""

    t_ns: int
    front_left_n: float
    front_right_n: float
    back_left_n: float
    back_right_n: float
    fz_n: float
    cop_ml_mm: float
    cop_ap_mm: float
    flags: int


_NAN = float("nan")
# plain integers: arithmetic with enum members costs more than the rest of a row
_SATURATED: Final = int(Flag.SATURATED)
_DECK_IMU: Final = int(Channel.DECK_IMU)


def _without_forces(t_ns: int, flags: int) -> Row:
    return Row(t_ns, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, flags)


class Grid:
    """Reads the ring, keeps a timebase for each corner, and yields rows as soon as all corners have passed them."""

    def __init__(
        self, reader: RingReader, model: DeckModel | None, deck: DeckConfig, deck_imu: ImuName = "lsm6dsox"
    ) -> None:
        self._reader = reader
        self.model = model  # may be exchanged at any time; None: rows carry no forces
        # who wants the counts of each row before the model (and whether they are good): staff who calibrate
        self.tap: Callable[[int, Four, bool], None] | None = None
        self._half_ml_mm = deck.surface_ml_mm / 2
        self._half_ap_mm = deck.surface_ap_mm / 2
        self._spacing = (deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm)
        self.corners = tuple(ChannelTimebase() for _ in CORNERS)
        self.motion = DeckMotion(IMU_MODELS[deck_imu])
        self._next_ns: int | None = None
        self._saturated_until_ns = 0
        self._knocked_until_ns = 0
        self.last_bad: list[tuple[int, int]] = [(0, 0)] * len(
            CORNERS
        )  # time and flags of each corner's last bad sample
        self.impossible_ns: int | None = None  # when a corner last said what cannot be

    def take(self, samples: list[Sample]) -> None:
        """Sort samples into their channels."""
        corners = self.corners
        for channel, flags, t_ns, values in samples:
            if channel < 4:
                corners[channel].push(t_ns, values[0], flags)
                if flags:
                    self.last_bad[channel] = (t_ns, flags)
                    if flags & _SATURATED:
                        self._saturated_until_ns = t_ns + 2 * TICK_NS
            elif channel == _DECK_IMU and self.motion.push(t_ns, flags, values):
                self._knocked_until_ns = t_ns + 20 * TICK_NS

    def rows(self, now_ns: int) -> list[Row]:
        """Return the rows that have become complete since the last call, oldest first."""
        self.take(self._reader.read())
        corners = self.corners
        if self._next_ns is None:
            if not all(corner.reaches_ns for corner in corners):
                return []
            newest = max(corner.reaches_ns for corner in corners)
            self._next_ns = (newest // TICK_NS + 1) * TICK_NS
        rows: list[Row] = []
        ready_ns = min(corner.reaches_ns for corner in corners)
        # do not wait for a corner that has gone silent: rows without it are marked, and the trial learns of it in time
        limit_ns = max(ready_ns, now_ns - PATIENCE_NS)
        next_ns = self._next_ns
        while next_ns <= limit_ns:
            rows.append(self._row(next_ns))
            next_ns += TICK_NS
        self._next_ns = next_ns
        return rows

    def _row(self, t_ns: int) -> Row:
        flags = 0
        counts = []
        for corner in self.corners:
            found = corner.at(t_ns)
            if found is None:
                if self.tap is not None:
                    self.tap(t_ns, (_NAN, _NAN, _NAN, _NAN), False)
                return _without_forces(t_ns, RowFlag.CHANNEL_LOST)
            if not found[1]:
                flags |= RowFlag.GAP
            counts.append(found[0])
        four = (counts[0], counts[1], counts[2], counts[3])
        if self.tap is not None:
            self.tap(t_ns, four, not flags and t_ns >= self._saturated_until_ns)
        if self.model is None:
            return _without_forces(t_ns, flags | RowFlag.UNCALIBRATED)
        forces = self.model.corner_forces_n(four)
        fz_n, ml, ap = cop_from_corners(*forces, *self._spacing)
        if min(forces) < LEAST_CORNER_N or max(forces) > MOST_CORNER_N:
            flags |= RowFlag.IMPOSSIBLE
            self.impossible_ns = t_ns
        if fz_n > PRESENT_N:
            if abs(ml) > self._half_ml_mm or abs(ap) > self._half_ap_mm:
                flags |= RowFlag.OUTSIDE
        else:
            ml = ap = _NAN
        if t_ns < self._saturated_until_ns:
            flags |= RowFlag.SATURATED
        if t_ns < self._knocked_until_ns:
            flags |= RowFlag.KNOCKED
        return Row(t_ns, *forces, fz_n, ml, ap, flags)

    def silent_corners(self, now_ns: int) -> list[str]:
        """Return the labels of corners that have delivered no good sample for half a second."""
        return [
            channel.label
            for channel, corner in zip(CORNERS, self.corners, strict=True)
            if now_ns - corner.newest_good_ns > SILENT_NS
        ]

    def rates_outside_limits(self) -> list[str]:
        """Return `label (rate)` of corners whose measured rate is not an HX711's at RATE = 1."""
        low, high = RATE_LIMITS_HZ
        wrong = []
        for channel, corner in zip(CORNERS, self.corners, strict=True):
            rate = corner.rate_hz()
            if rate is not None and not low <= rate <= high:
                wrong.append(f"{channel.label} ({rate:.1f} samples/s)")
        return wrong

    def latency_ms(self, now_ns: int) -> float | None:
        """Return how long after a movement on the deck its row comes, ms: the slowest corner's; None without one."""
        each = [corner.latency_ms(now_ns) for corner in self.corners]
        known = [ms for ms in each if ms is not None]
        return round(max(known), 1) if known else None

    def acquire_status(self) -> AcquireStatus | None:
        """Return what acquire last said of itself through the ring."""
        return self._reader.acquire_status()

    def deck_temperature_c(self) -> float | None:
        """Return the temperature of the deck's IMU itself, as acquire last said, degC; None while it gives none."""
        status = self.acquire_status()
        imus = () if status is None else status.source.imus
        return next((imu.temperature_c for imu in imus if imu.channel == Channel.DECK_IMU.label), None)

    def channel_status(self, now_ns: int) -> tuple[ChannelStatus, ...]:
        """Return measured rate, noise, load and counters of the four corners."""
        certificate = None if self.model is None else self.model.certificate
        loads_n = self.corners_n(now_ns) or (None,) * len(CORNERS)
        found = []
        for number, (channel, corner, load_n) in enumerate(zip(CORNERS, self.corners, loads_n, strict=True)):
            noise_counts = corner.noise.sd()
            noise_g = None
            if noise_counts is not None and certificate is not None:
                gain = abs(certificate.cells[number].gain_n_per_count)
                noise_g = noise_counts * gain / certificate.gravity_m_s2 * 1e3
            found.append(
                ChannelStatus(
                    channel.label,
                    corner.rate_hz(),
                    corner.frames,
                    corner.flagged,
                    corner.flagged_by(),
                    noise_counts,
                    noise_g,
                    load_n,
                    silent=_is_silent(corner, now_ns),
                )
            )
        return tuple(found)

    def corners_n(self, now_ns: int) -> tuple[float | None, ...] | None:
        """Return what each corner's newest good sample says, N; None for a corner that has been silent for 0.5 s.

        Unlike a row it needs no other corner, so it tells something even of a deck with a dead cell. None altogether
        without a certificate.
        """
        if self.model is None:
            return None
        return tuple(
            None
            if corner.newest_counts is None or _is_silent(corner, now_ns)
            else round((corner.newest_counts - cell.zero_counts) * cell.gain_n_per_count, 2)
            for corner, cell in zip(self.corners, self.model.certificate.cells, strict=True)
        )


def _is_silent(corner: ChannelTimebase, now_ns: int) -> bool:
    return corner.newest_counts is None or now_ns - corner.newest_good_ns > SILENT_NS
