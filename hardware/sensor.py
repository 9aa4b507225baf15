"""The sensor contract: what one sample is, wherever it came from.

A sample leaves this room right, or with a flag that says that it is not. Nothing is repaired here.
"""

from enum import IntEnum, IntFlag
from typing import NamedTuple


class Channel(IntEnum):
    """Which sensor a sample is from. The four corners are seen by a person on the deck who faces the screen."""

    FRONT_LEFT = 0
    FRONT_RIGHT = 1
    BACK_LEFT = 2
    BACK_RIGHT = 3
    DECK_IMU = 8
    WAIST_IMU = 9

    @property
    def label(self) -> str:
        """Return the name used in configuration, JSON and messages, e.g. `front_left`."""
        return self.name.lower()


CORNERS = (Channel.FRONT_LEFT, Channel.FRONT_RIGHT, Channel.BACK_LEFT, Channel.BACK_RIGHT)


class Flag(IntFlag):
    """Why a sample must not be trusted. 0 is a good sample; any flag keeps the sample out of every computation."""

    GOOD = 0
    LONG_PULSE = 1  # a clock pulse was high for longer than 50 us: the chip may have powered down in mid-frame
    DOUT_LOW_AFTER_FRAME = 2  # DOUT was not high after pulse 25: the frame is shifted or torn
    SATURATED = 4  # 0x7FFFFF or 0x800000
    ALL_ONES = 8  # 0xFFFFFF: powered down, unplugged, or stuck high
    PERIOD = 16  # came too early or too late for this chip's own rate, or nobody knows well enough when
    SETTLING = 32  # one of the first conversions after power-up or reset
    OVERRUN = 64  # the chip's FIFO overflowed just before this sample
    CONFIG_LOST = 128  # the chip forgot its settings (brown-out); it has been set up again
    SPIKE = 256  # the value left its neighbours and came back within one sample: no load does that
    FROZEN = 512  # the same value again and again: a live sensor has noise


class Sample(NamedTuple):
    """One sample of one sensor.

    `values`: for a corner `(counts, 0, 0, 0, 0, 0)`, signed 24 bit; for an IMU `(ax, ay, az, gx, gy, gz)` in raw
    counts, whose meaning is in `hardware.imu.IMU_MODELS`. `t_ns`: when it was ready, the station's CLOCK_MONOTONIC.
    """

    channel: int
    flags: int
    t_ns: int
    values: tuple[int, int, int, int, int, int]
