"""The virtual deck: a rigid plate on four load cells, which turns a load into counts, and its motion into an IMU's.

The load's force and centre of pressure are shared bilinearly between the cells: with W and L the distances between
their centres, f = Fz/4 (1 +- 2x/W)(1 +- 2y/L). The product term in x and y is a choice: four supports of a rigid plate
are one too many, and how the twist is shared does not change force or COP. Outside the cells a corner can be lifted;
the deck's own weight keeps the cells loaded for a while.

Every number is a function of the seed, the channel, the index of the conversion and the load at its time, and of
nothing else: whoever asks, and in whatever order, gets the same counts. A deck may be given `Flaws`: cells that are not
where they should be, that feel their neighbours, that are not quite linear, under a plate that is stiff in twist. Not
modelled: creep, hysteresis, temperature. The delay of converter and IMU is in whoever asks (`Oscillator`).
"""

import math
from typing import Final, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import SettingError
from hardware.sensor import CORNERS, Channel
from hardware.virtual.deck_faults import DeckFaults
from hardware.virtual.load import Load

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

# 100 kg cells of 2 mV/V at 5 V: 10 mV at 980.7 N; the HX711's step at gain 128 is 5 V / (128 * 2^24) = 2.33 nV.
# (A 50 kg cell has twice that, 8,760 counts/N, but one leg of a heavy person over a corner would overload it.)
COUNTS_PER_N: Final = 10e-3 / 980.665 / (5.0 / (128 * 2**24))
GAIN_SPREAD: Final = 0.03  # sd of cell gains, uncalibrated
ZERO_SPREAD_COUNTS: Final = 60_000.0  # sd of what an unloaded bridge reads
NOISE_COUNTS: Final = 52.0  # rms at 80 samples/s: 90 nV is 39 counts at 5 V, 45 at 4.3 V, 59 at 3.3 V
DECK_MASS_KG: Final = 8.0
CODE_MIN: Final = -0x800000
CODE_MAX: Final = 0x7FFFFF

# LSM6DSOX: 70 ug/rtHz and 3.8 mdps/rtHz over 104 Hz
ACCEL_NOISE_G: Final = 0.0007
GYRO_NOISE_DPS: Final = 0.039
# How the deck gives way under a step: vertical acceleration for a change of force within 10 ms (a light person's
# step onto a stiff plate: a few hundredths of g). Ours, for a bump that can be seen; nothing is measured from it.
_BUMP_G_PER_N: Final = 0.002
_BUMP_NS: Final = 10_000_000
MOTION_BIN_NS: Final = 4_000_000  # one noise value each 4 ms: below any sample period of the IMU

_SIDE: Final = {  # sign of x (right +) and y (forward +) of each cell
    Channel.FRONT_LEFT: (-1.0, 1.0),
    Channel.FRONT_RIGHT: (1.0, 1.0),
    Channel.BACK_LEFT: (-1.0, -1.0),
    Channel.BACK_RIGHT: (1.0, -1.0),
}


class BlockNoise:
    """Normal noise by index: value k depends on seed, stream and k alone (Philox, one block of `SIZE` at a time)."""

    SIZE: Final = 1024

    def __init__(self, seed: int, stream: int, sd: npt.NDArray[np.float64]) -> None:
        self._key = np.array([seed & 0xFFFFFFFFFFFFFFFF, stream], dtype=np.uint64)
        self._sd = sd
        self._blocks: dict[int, npt.NDArray[np.float64]] = {}
        self._number = -1
        self._rows: list[list[float]] = []

    def block(self, number: int) -> npt.NDArray[np.float64]:
        """Return block `number`: an array (SIZE, len(sd)). The last two are kept."""
        block = self._blocks.get(number)
        if block is None:
            counter = np.array([0, 0, number, 0], dtype=np.uint64)
            random = np.random.Generator(np.random.Philox(key=self._key, counter=counter))
            block = random.standard_normal((self.SIZE, len(self._sd))) * self._sd
            if len(self._blocks) > 1:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[number] = block
        return block

    def row(self, index: int) -> list[float]:
        """Return the values at one index."""
        number = index >> 10
        if number != self._number:
            self._rows = self.block(number).tolist()
            self._number = number
        return self._rows[index & 1023]

    def rows(self, index: IntArray) -> FloatArray:
        """Return the values at an array of indices, (len(index), len(sd))."""
        numbers = index >> 10
        if len(index) and (numbers == numbers[0]).all():
            rows: FloatArray = self.block(int(numbers[0]))[index & 1023]
            return rows
        result = np.empty((len(index), len(self._sd)))
        for number in np.unique(numbers):
            mask = numbers == number
            result[mask] = self.block(int(number))[index[mask] & 1023]
        return result


class Flaws(msgspec.Struct, frozen=True):
    """What a calibration has to find, as standard deviations over decks and cells.

    cross_talk: part of a neighbour's force that a cell feels; non_linearity: change of gain at `RATED_N`;
    cell_position_mm: how far a cell is from where it should be, each axis; twist: 1 is a plate that gives way in twist
    (a corner load is carried by its corner), 0 a rigid one.
    """

    cross_talk: float = 0.0
    non_linearity: float = 0.0
    cell_position_mm: float = 0.0
    twist: float = 1.0


NO_FLAWS: Final = Flaws()
TYPICAL_FLAWS: Final = Flaws(cross_talk=0.003, non_linearity=0.0005, cell_position_mm=1.5, twist=0.2)
RATED_N: Final = 490.0  # 50 kg on a cell


class _Cell:
    """One load cell and its converter.

    What it feels is a polynomial of where the load is: with u = 2x/W and v = 2y/L, force * (c + cu u + cv v + cw u v).
    Neighbours' cross-talk and the cell's own place only change the four numbers.
    """

    def __init__(self, channel: Channel, gain: float, zero: float, noise: BlockNoise) -> None:
        self.side_x, self.side_y = _SIDE[channel]
        self.gain = gain
        self.zero = zero
        self.noise = noise
        self.feels: tuple[float, float, float, float] | None = None
        self.bend = 0.0


class VirtualDeck:
    """A deck with its own cell gains, zeros and noise, drawn from `seed`, under a load that can be exchanged.

    cell_spacing_*_mm: distances between the cells' centres; tilt_deg: how far the deck is out of level (front up);
    noise_counts: rms of each cell. Public for those who want an ideal calibration: `gains_counts_per_n` and
    `zeros_counts` (empty deck), in the order front left, front right, back left, back right.
    """

    def __init__(
        self,
        load: Load,
        seed: int = 1,
        *,
        cell_spacing_ml_mm: float = 400.0,
        cell_spacing_ap_mm: float = 400.0,
        deck_mass_kg: float = DECK_MASS_KG,
        noise_counts: float = NOISE_COUNTS,
        tilt_deg: float = 0.0,
        flaws: Flaws = NO_FLAWS,
    ) -> None:
        if not (cell_spacing_ml_mm > 0 and cell_spacing_ap_mm > 0):
            raise SettingError(f"cells {cell_spacing_ml_mm:g} x {cell_spacing_ap_mm:g} mm apart make no deck")
        self.load = load
        self.seed = seed
        self.faults: DeckFaults | None = None  # what goes wrong, if anything: see hardware.virtual.faults
        self.cell_spacing_ml_mm = cell_spacing_ml_mm
        self.cell_spacing_ap_mm = cell_spacing_ap_mm
        self._per_x = 2 / cell_spacing_ml_mm
        self._per_y = 2 / cell_spacing_ap_mm
        random = np.random.default_rng([seed, 4])
        gains = COUNTS_PER_N * (1 + GAIN_SPREAD * np.clip(random.standard_normal(4), -2.5, 2.5))
        bridge = ZERO_SPREAD_COUNTS * random.standard_normal(4)
        zeros = bridge + gains * (deck_mass_kg * 9.80665 / 4)
        self.gains_counts_per_n: tuple[float, ...] = tuple(gains.tolist())
        self.zeros_counts: tuple[float, ...] = tuple(zeros.tolist())
        sd = np.array([noise_counts])
        self._cells = {
            int(channel): _Cell(channel, gain, zero, BlockNoise(seed, int(channel), sd))
            for channel, gain, zero in zip(CORNERS, self.gains_counts_per_n, self.zeros_counts, strict=True)
        }
        if flaws != NO_FLAWS:
            self._make_imperfect(flaws)
        self._shake = BlockNoise(
            seed, int(Channel.DECK_IMU), np.array([ACCEL_NOISE_G] * 3 + [GYRO_NOISE_DPS] * 3, dtype=np.float64)
        )
        self._gravity_ap_g = math.sin(math.radians(tilt_deg))
        self._gravity_up_g = math.cos(math.radians(tilt_deg))

    def _make_imperfect(self, flaws: Flaws) -> None:
        """Draw this deck's flaws from its seed."""
        random = np.random.default_rng([self.seed, 12])
        sides = np.array([(cell.side_x, cell.side_y) for cell in self._cells.values()])
        moved = flaws.cell_position_mm * random.standard_normal((4, 2)) * (self._per_x, self._per_y)
        # cells of equal stiffness under a rigid plate: forces that balance the load, of least sum of squares
        places = np.column_stack((np.ones(4), sides + moved))
        balance = places @ np.linalg.inv(places.T @ places)
        # and the one pattern of four forces that balances nothing: the plate's twist
        twist = np.linalg.svd(places.T)[2][3]
        twist *= 0.5 * flaws.twist * np.sign(twist[0] * sides[0, 0] * sides[0, 1])
        own = np.column_stack((balance, twist))
        talk = flaws.cross_talk * random.standard_normal((4, 4))
        np.fill_diagonal(talk, 1.0)
        felt = talk @ own
        bends = flaws.non_linearity / RATED_N * random.standard_normal(4)
        for cell, row, bend in zip(self._cells.values(), felt.tolist(), bends.tolist(), strict=True):
            cell.feels, cell.bend = (row[0], row[1], row[2], row[3]), bend

    def conversion(self, channel: int, k: int, t_ns: int) -> int:
        """Return the code of conversion `k` of a corner, ready at `t_ns`: signed 24 bit, saturated like the chip."""
        faults = self.faults
        cell = self._cells[channel if faults is None else faults.cell_of(channel, t_ns)]
        fz, x, y = self.load.at(t_ns)
        if cell.feels is None:
            share = fz * 0.25 * (1 + cell.side_x * (x * self._per_x)) * (1 + cell.side_y * (y * self._per_y))
        else:
            share = _felt(cell.feels, cell.bend, fz, x * self._per_x, y * self._per_y)
        counts = cell.zero + cell.gain * share + cell.noise.row(k)[0]
        if faults is not None:
            counts += faults.offset(channel, cell.gain, t_ns)
        code = round(counts)
        return CODE_MIN if code < CODE_MIN else CODE_MAX if code > CODE_MAX else code

    def conversions(self, channel: int, k: IntArray, t_ns: IntArray) -> IntArray:
        """Return the codes of many conversions: the same integers that `conversion` gives one by one."""
        if self.faults is None:
            return self._codes(channel, channel, k, t_ns)
        codes = np.empty(t_ns.shape, dtype=np.int64)
        wired_to = self.faults.cells_of(channel, t_ns)
        for number in np.unique(wired_to):
            mask = wired_to == number
            codes[mask] = self._codes(channel, int(number), k[mask], t_ns[mask])
        return codes

    def _codes(self, channel: int, wired_to: int, k: IntArray, t_ns: IntArray) -> IntArray:
        cell = self._cells[wired_to]
        fz, x, y = self.load.over(t_ns)
        if cell.feels is None:
            share = fz * 0.25 * (1 + cell.side_x * (x * self._per_x)) * (1 + cell.side_y * (y * self._per_y))
        else:
            share = _felt(cell.feels, cell.bend, fz, x * self._per_x, y * self._per_y)
        counts = cell.zero + cell.gain * share + cell.noise.rows(k)[:, 0]
        if self.faults is not None:
            counts += self.faults.offsets_over(channel, cell.gain, t_ns)
        return np.clip(np.rint(counts), CODE_MIN, CODE_MAX).astype(np.int64)

    def motion(self, t_ns: int) -> tuple[float, float, float, float, float, float]:
        """Return what an IMU in the deck feels: acceleration in g (x right, y forward, z up; rest is +1 z), deg/s."""
        shake_g = 0.0
        if self.faults is not None:
            shake_g = self.faults.shake_g(t_ns)
        nx, ny, nz, gx, gy, gz = self._shake.row(t_ns // MOTION_BIN_NS)
        bump = _BUMP_G_PER_N * (self.load.at(t_ns)[0] - self.load.at(t_ns - _BUMP_NS)[0])
        if shake_g:
            nx += shake_g
        return nx, ny + self._gravity_ap_g, nz + self._gravity_up_g + bump, gx, gy, gz

    def motions(self, t_ns: IntArray) -> FloatArray:
        """Return `motion` for many moments, one a row: the same numbers."""
        if self.faults is not None:
            return np.array([self.motion(each) for each in t_ns.tolist()], dtype=np.float64).reshape(-1, 6)
        values = self._shake.rows(t_ns // MOTION_BIN_NS)
        fz, _, _ = self.load.over(np.concatenate((t_ns, t_ns - _BUMP_NS)))
        bump = _BUMP_G_PER_N * (fz[: len(t_ns)] - fz[len(t_ns) :])
        values[:, 1] += self._gravity_ap_g
        values[:, 2] = values[:, 2] + self._gravity_up_g + bump
        return values


_Value = TypeVar("_Value", float, FloatArray)


def _felt(feels: tuple[float, float, float, float], bend: float, fz: _Value, u: _Value, v: _Value) -> _Value:
    """Return what an imperfect cell feels, N; one moment or an array of them, by the same operations."""
    share = fz * (feels[0] + feels[1] * u + feels[2] * v + feels[3] * (u * v))
    return share * (1 + bend * share)
