"""The catalogue of faults that a virtual deck can play, as data: what happens, and what the station has to make of it.

    faults = [parse_fault("missing-channel@12"), parse_fault("spike")]
    source = build_virtual_source("pins", person, seed, clock, ring, faults=faults)

`hardware.virtual.fault_player` plays them. The table in docs/faults.md says the same and a test holds it to this one.
"""

from typing import Final, Literal

import msgspec

from hardware.errors import SettingError
from hardware.sensor import CORNERS, Channel, Flag

Needs = Literal["pins", "either"]  # chips clocked pin by pin, or samples as well


class Fault(msgspec.Struct, frozen=True):
    """One fault. needs: the level it can be played on; duration_s: None stays until the session ends, 0 is a moment.

    flags: what the samples carry, any of them; none where no single sample is wrong. answer: who notices, and how.
    """

    name: str
    what: str
    needs: Needs
    flags: tuple[Flag, ...]
    answer: str
    duration_s: float | None = 0.0


_GAP: Final = "the hole makes the trial not assessable and it is repeated"
_BRIDGED: Final = "one sample is left out and bridged; the trial goes on"

CATALOGUE: Final[tuple[Fault, ...]] = (
    Fault(
        "shifted-bit",
        "The chip misses a clock pulse, or takes one for two: every bit after it is read in another's place.",
        "pins",
        (Flag.DOUT_LOW_AFTER_FRAME, Flag.SPIKE, Flag.PERIOD),
        "DOUT is low after pulse 25, or the value leaves its neighbours: " + _BRIDGED + ". An extra pulse selects the"
        " other input, which hides eight conversions: " + _GAP,
    ),
    Fault(
        "all-ones",
        "DOUT goes high as soon as the first bit is clocked: every frame reads 0xFFFFFF.",
        "pins",
        (Flag.ALL_ONES,),
        "no good sample for half a second: fault, naming the cell; over when good samples come again",
        2.0,
    ),
    Fault(
        "saturation",
        "A cell is driven beyond the converter's range, as by a broken bridge wire.",
        "either",
        (Flag.SATURATED,),
        "no good sample for half a second: fault, naming the cell; over when good samples come again",
        2.0,
    ),
    Fault(
        "spike",
        "Interference inverts one of the upper bits of one frame on its way to the Pi.",
        "pins",
        (Flag.SPIKE, Flag.SATURATED),
        "the value leaves the line through its neighbours: " + _BRIDGED,
    ),
    Fault(
        "stuck-high",
        "DOUT is held high: the data wire is off and the pull-up has it.",
        "pins",
        (Flag.PERIOD,),
        "no sample for half a second: fault, naming the cell; the chip is powered down and up until it answers",
        3.0,
    ),
    Fault(
        "stuck-low",
        "DOUT is held low: the data wire touches ground.",
        "pins",
        (Flag.PERIOD, Flag.DOUT_LOW_AFTER_FRAME),
        "no sample for half a second: fault, naming the cell; the chip is powered down and up until it answers",
        3.0,
    ),
    Fault(
        "missing-channel",
        "One corner's plug is pulled, and put back twenty seconds later.",
        "pins",
        (Flag.PERIOD,),
        "fault within a second, naming the cell; the trial is not assessable; over when the cell delivers again and the"
        " person has stepped off",
        20.0,
    ),
    Fault(
        "swapped-channels",
        "Two corners' plugs are exchanged.",
        "either",
        (),
        "the empty deck reads two zeros that are each other's: fault before anybody is measured, naming the two cells;"
        " in mid-visit the deck does not come back to zero, and nothing that was measured counts",
        None,
    ),
    Fault(
        "slow-board",
        "The board's RATE pin is tied low: 11.7 conversions a second instead of 93.",
        "pins",
        (Flag.PERIOD,),
        "in mid-trial the hole ends it, and too few samples a second come after it; at the start the measured rate is"
        " outside 75-100 samples/s: fault, naming cell and rate",
        None,
    ),
    Fault(
        "late-ready",
        "One conversion takes up to 9 ms longer.",
        "pins",
        (Flag.PERIOD,),
        "the sample came too late for this chip's own rate: it is left out and bridged; where that makes a hole of more"
        " than two intervals, the trial is repeated",
    ),
    Fault(
        "preempted-pulse",
        "The reader is interrupted while a clock pulse is high: after 60 us the chip powers down in mid-frame.",
        "pins",
        (Flag.LONG_PULSE, Flag.SETTLING),
        "the pulse was timed and the frame is flagged, as are four after it: " + _GAP,
    ),
    Fault(
        "drifted-oscillator",
        "A chip's oscillator slows down to 70 conversions a second within half a minute.",
        "pins",
        (),
        "its times are right all along; below 75 samples/s: fault, naming cell and rate",
        None,
    ),
    Fault(
        "zero-drift",
        "A cell's zero wanders off by 150 g.",
        "either",
        (),
        "the empty deck reads more than 50 g on a cell, before the visit or after it: nothing that was measured counts,"
        " and staff are told that the deck needs a new zero",
        None,
    ),
    Fault(
        "knocked-deck",
        "Somebody kicks the frame.",
        "either",
        (),
        "the deck's IMU feels a blow: a trial that is running is not assessable and is repeated",
    ),
    Fault(
        "imu-nack",
        "The deck's IMU does not acknowledge its address.",
        "pins",
        (Flag.OVERRUN,),
        "fault within a second: nobody knows whether the deck is level; over when it answers again",
        2.0,
    ),
    Fault(
        "imu-bus-held",
        "Something holds a line of the I2C bus low: every transfer times out.",
        "pins",
        (Flag.OVERRUN,),
        "fault within a second: nobody knows whether the deck is level; over when the bus is free again",
        2.0,
    ),
    Fault(
        "imu-brown-out",
        "The IMU loses power for a moment and forgets its settings.",
        "pins",
        (Flag.CONFIG_LOST,),
        "it is set up again within 50 ms; one sample says so",
    ),
    Fault(
        "imu-fifo-overrun",
        "acquire is kept from running for 1.2 s: the IMU's FIFO overflows, and corners go unread.",
        "pins",
        (Flag.OVERRUN,),
        "fault while nothing arrives; the first sample after it says that others are missing",
        1.2,
    ),
    Fault(
        "imu-frozen",
        "The IMU answers, but says the same again and again.",
        "pins",
        (Flag.FROZEN,),
        "from the eighth time on it counts as silent: fault within a second; over when it lives again",
        3.0,
    ),
)
FAULTS: Final = {fault.name: fault for fault in CATALOGUE}


class PlannedFault(msgspec.Struct, frozen=True):
    """A fault of the catalogue at a second of the session; what is None is drawn from the seed.

    pulse (1 to 25), extra_pulses (1 or -1), bit (0 to 23), hold_us: where a frame is struck, and how.
    """

    name: str
    at_s: float | None = None
    channel: Channel | None = None
    pulse: int | None = None
    extra_pulses: int | None = None
    bit: int | None = None
    hold_us: float | None = None
    duration_s: float | None = None

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise SettingError(f"there is no fault {self.name!r}; faults are {', '.join(FAULTS)}")
        if self.at_s is not None and not 0 <= self.at_s <= 86_400:
            raise SettingError(f"fault {self.name}: second {self.at_s:g} is not in a session; 0 to 86400 are")
        if self.channel is not None and self.channel not in CORNERS:
            raise SettingError(f"fault {self.name}: {self.channel.label} is not a corner")


def parse_fault(text: str) -> PlannedFault:
    """Return the fault in `NAME` or `NAME@SECOND`; raises SettingError that lists the names there are."""
    name, at, second = text.partition("@")
    if not at:
        return PlannedFault(name)
    try:
        return PlannedFault(name, float(second))
    except ValueError:
        if name not in FAULTS:
            PlannedFault(name)
        raise SettingError(f"{text!r}: {second!r} is not a second of the session; NAME@SECOND is expected, such as "
                           "missing-channel@60") from None  # fmt: skip


def check_faults(texts: tuple[str, ...], chips: str) -> tuple[PlannedFault, ...]:
    """Return the faults in a configuration; raises SettingError for one that is unknown or that `chips` cannot play."""
    planned = tuple(parse_fault(text) for text in texts)
    for fault in planned:
        if chips == "samples" and FAULTS[fault.name].needs == "pins":
            able = ", ".join(name for name, each in FAULTS.items() if each.needs == "either")
            raise SettingError(
                f"fault {fault.name} happens on the wires, and sample-level chips have none: use chips = "
                f'"pins" (demo --chips pins), or one of {able}'
            )
    return planned
