"""What can go wrong with a virtual deck itself: its cells, their cables, its frame.

Everything is a function of time, like the deck: nothing here depends on who asks, or in what order. Faults of a chip
or of the lines to it are not here; `hardware.virtual.hx711` plays those.
"""

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.sensor import Channel

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

# A kick against the frame: it rings at some 25 Hz and is still again after a third of a second. Ours, for a knock that
# an IMU cannot miss (two g) and a person on the deck does not fall from (30 N a cell).
KNOCK_G: Final = 2.0
KNOCK_N: Final = 30.0
KNOCK_HZ: Final = 25.0
_KNOCK_DECAY_S: Final = 0.07
_KNOCK_NS: Final = 500_000_000


class CellOffset(msgspec.Struct, frozen=True):
    """A cell reads `counts` too much from `from_ns` to `until_ns`; it takes `ramp_ns` to get there."""

    channel: Channel
    counts: float
    from_ns: int
    until_ns: int
    ramp_ns: int = 1

    def at(self, t_ns: int) -> float:
        """Return the counts at one moment."""
        if not self.from_ns <= t_ns < self.until_ns:
            return 0.0
        return self.counts * min(1.0, (t_ns - self.from_ns + 1) / self.ramp_ns)

    def over(self, t_ns: IntArray) -> FloatArray:
        """Return the counts at many moments."""
        inside = (self.from_ns <= t_ns) & (t_ns < self.until_ns)
        reached: FloatArray = np.minimum(1.0, (t_ns - self.from_ns + 1) / self.ramp_ns)
        return inside * (self.counts * reached)


class Swap(msgspec.Struct, frozen=True):
    """The cables of two corners are exchanged from `from_ns` to `until_ns`."""

    channels: tuple[Channel, Channel]
    from_ns: int
    until_ns: int


class DeckFaults:
    """The faults of one deck. Add to the lists; `None` in the deck's place of this costs it nothing."""

    def __init__(self) -> None:
        self.offsets: list[CellOffset] = []
        self.swaps: list[Swap] = []
        self.knocks_ns: list[int] = []

    def cell_of(self, channel: int, t_ns: int) -> int:
        """Return which cell the chip on `channel` is wired to."""
        for swap in self.swaps:
            if swap.from_ns <= t_ns < swap.until_ns and channel in swap.channels:
                return int(swap.channels[0] + swap.channels[1] - channel)
        return channel

    def cells_of(self, channel: int, t_ns: IntArray) -> IntArray:
        """Return the same for many moments."""
        return np.array([self.cell_of(channel, each) for each in t_ns.tolist()], dtype=np.int64)

    def offset(self, channel: int, gain_counts_per_n: float, t_ns: int) -> float:
        """Return by how many counts the cell on `channel` is off."""
        counts = sum(each.at(t_ns) for each in self.offsets if each.channel == channel)
        return counts + gain_counts_per_n * KNOCK_N * sum(_ringing(t_ns - start_ns) for start_ns in self.knocks_ns)

    def offsets_over(self, channel: int, gain_counts_per_n: float, t_ns: IntArray) -> FloatArray:
        """Return the same for many moments."""
        counts = np.zeros(t_ns.shape)
        for each in self.offsets:
            if each.channel == channel:
                counts += each.over(t_ns)
        if self.knocks_ns:
            shake = [sum(_ringing(t - start_ns) for start_ns in self.knocks_ns) for t in t_ns.tolist()]
            counts += gain_counts_per_n * KNOCK_N * np.array(shake)
        return counts

    def shake_g(self, t_ns: int) -> float:
        """Return what a knock adds to the acceleration, sideways, g."""
        return KNOCK_G * sum(_ringing(t_ns - start_ns) for start_ns in self.knocks_ns)


def _ringing(since_ns: int) -> float:
    """Return a decaying oscillation of amplitude 1 that began `since_ns` ago."""
    if not 0 <= since_ns < _KNOCK_NS:
        return 0.0
    since_s = since_ns * 1e-9
    return math.exp(-since_s / _KNOCK_DECAY_S) * math.sin(2 * math.pi * KNOCK_HZ * since_s)
