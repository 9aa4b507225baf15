"""How the sensors of a real deck are wired to the Raspberry Pi: which lines, which bus, which chips, read by what.

Only data; `hardware.deck_source` opens it. BCM line numbers, corners in the order of `hardware.sensor.CORNERS`.
"""

from typing import Final, Literal

import msgspec

from hardware.errors import SettingError
from hardware.imu import IMU_MODELS, ImuName

PinBackendName = Literal["gpiod", "rpigpio"]
ReaderName = Literal["frame", "adafruit"]

MAX_LINE: Final = 27  # the 40-pin header carries BCM lines 0 to 27
RESERVED_LINES: Final = {0: "the HAT's EEPROM", 1: "the HAT's EEPROM", 2: "I2C data", 3: "I2C clock"}


# BCM line -> pin of the 40-pin header, the same on every Raspberry Pi that has 40 (Raspberry Pi documentation, GPIO).
HEADER_PINS: Final = {
    0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33,
    14: 8, 15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13,
}  # fmt: skip
POWER_PINS: Final = {
    1: "3V3", 17: "3V3", 2: "5V", 4: "5V", **dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "GND")
}  # fmt: skip
I2C_LINES: Final = (2, 3)  # data and clock of bus 1
# As docs/wiring.md draws it: each board's two lines are neighbours on the header.
CLOCK_LINES: Final = (5, 13, 20, 23)
DATA_LINES: Final = (6, 19, 21, 24)


class Wiring(msgspec.Struct, frozen=True):
    """The lines, the bus and the chips of one deck.

    backend: None looks for one at run time; gpio_chip: a path or label, None finds the header's chip by its label.
    reader: `frame` is our own driver, `adafruit` goes through adafruit-circuitpython-hx711's `read_fast`.
    """

    clock_lines: tuple[int, int, int, int] = CLOCK_LINES
    data_lines: tuple[int, int, int, int] = DATA_LINES
    backend: PinBackendName | None = None
    gpio_chip: str | None = None
    reader: ReaderName = "frame"
    i2c_bus: int = 1
    deck_imu: ImuName = "lsm6dsox"
    deck_imu_address: int | None = None
    waist_imu: ImuName | None = None
    waist_imu_address: int | None = None
    imu_rate_hz: int | None = None

    @property
    def shared_clock(self) -> bool:
        """Return whether one SCK line drives all four chips."""
        return len(set(self.clock_lines)) == 1

    def imu_addresses(self) -> tuple[int, int | None]:
        """Return the I2C addresses of the deck's and the waist's IMU; a waist IMU defaults to its second address."""
        deck = self.deck_imu_address or IMU_MODELS[self.deck_imu].addresses[0]
        if self.waist_imu is None:
            return deck, None
        return deck, self.waist_imu_address or IMU_MODELS[self.waist_imu].addresses[1]


# Simulated: twelve decks of chips within 4 % of 93 samples/s lose 2.6 % of their conversions so; 6 frames in 86,716 met
# an update all the same and were flagged (1 in 80, were frames not held back from it).
SHARED_CLOCK_COST: Final = (
    "one clock line is shared by all four HX711: each frame reads chips up to a conversion (12 ms) after they were "
    "ready, the rate falls to the slowest chip's, so that the others lose a conversion now and then, and one bad pulse "
    "or one restart resets all four. Wire a clock line to each chip (docs/wiring.md)"
)


def check_wiring(wiring: Wiring) -> tuple[str, ...]:
    """Return warnings about a wiring that works, but at a cost.

    Raises SettingError, in words, for one that cannot work: a line twice, a line that the header does not have, two
    chips at one address, a clock shared by some chips only.
    """
    lines = [*wiring.data_lines, *([wiring.clock_lines[0]] if wiring.shared_clock else wiring.clock_lines)]
    for line in lines:
        if not 0 <= line <= MAX_LINE:
            raise SettingError(f"line {line} is not on the 40-pin header, which has BCM lines 0 to {MAX_LINE}")
        if line in RESERVED_LINES:
            raise SettingError(f"BCM line {line} is {RESERVED_LINES[line]}; choose another for the load cells")
        if lines.count(line) > 1:
            raise SettingError(
                f"BCM line {line} is named twice: each HX711 needs lines of its own, or one clock line for all four"
            )
    deck, waist = wiring.imu_addresses()
    if deck == waist:
        raise SettingError(f"both IMUs are at I2C address 0x{deck:02x}: set the address jumper of one of them")
    return (SHARED_CLOCK_COST,) if wiring.shared_clock else ()
