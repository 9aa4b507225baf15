"""Opens a real deck as it is wired: GPIO lines, the four HX711 and the IMUs, all behind one source of samples.

What cannot be opened is an error, and everything that was opened until then is closed again. An IMU that does not
answer is none: it is asked again and again while the load cells are read, and meanwhile the ring's state says so.
"""

import contextlib
import errno
import logging

from hardware.acquire import Acquisition
from hardware.clock import Clock
from hardware.errors import NotAllowedError, NotPresentError
from hardware.i2c import I2cPort
from hardware.imu import Imu, rate_for
from hardware.imus import open_imu
from hardware.pin_backends import open_bank
from hardware.readers import build_chips
from hardware.ring import RingWriter
from hardware.sensor import Channel
from hardware.wiring import Wiring, check_wiring

log = logging.getLogger(__name__)


def open_deck(wiring: Wiring, ring: RingWriter, clock: Clock) -> Acquisition:
    """Open everything that `wiring` names and return what services it; close that, not the ring.

    What works but at a cost is logged once and stands in the status. Raises SettingError for a wiring that cannot work,
    NotPresentError, NotAllowedError, InUseError, MissingLibraryError or BusError for what cannot be opened.
    """
    warnings = check_wiring(wiring)
    with contextlib.ExitStack() as opening:
        bank, skipped = open_bank(wiring, clock)
        opening.callback(bank.close)
        warnings += skipped
        chips = build_chips(bank, wiring.reader, shared_clock=wiring.shared_clock)
        bus = open_i2c(wiring.i2c_bus)
        opening.callback(bus.close)
        imus = _imus(wiring, bus, clock)
        for warning in warnings:
            log.warning("%s", warning)
        return Acquisition(
            bank, chips, imus, ring, clock, owned=opening.pop_all(), reader=wiring.reader, warnings=warnings
        )


def open_i2c(number: int) -> I2cPort:
    """Open /dev/i2c-`number`; raises NotPresentError or NotAllowedError, saying what to do."""
    path = f"/dev/i2c-{number}"
    try:
        return I2cPort(path)
    except FileNotFoundError as error:
        raise NotPresentError(
            f"{path}: no such I2C bus; enable it with dtparam=i2c_arm=on in /boot/firmware/config.txt and load the "
            "module i2c-dev, or name another bus with hardware.i2c_bus"
        ) from error
    except PermissionError as error:
        raise NotAllowedError(
            errno.EACCES, f"{path}: this user may not open it; add it to the group i2c (sudo usermod -aG i2c USER)"
        ) from error
    except OSError as error:
        raise NotPresentError(f"{path} cannot be opened as an I2C bus: {error.strerror or error}") from error


def _imus(wiring: Wiring, bus: I2cPort, clock: Clock) -> list[Imu]:
    deck_address, waist_address = wiring.imu_addresses()
    fitted = [(Channel.DECK_IMU, wiring.deck_imu, deck_address)]
    if wiring.waist_imu is not None and waist_address is not None:
        fitted.append((Channel.WAIST_IMU, wiring.waist_imu, waist_address))
    return [
        open_imu(name, bus, clock, address=address, rate_hz=rate_for(name, wiring.imu_rate_hz), channel=channel)
        for channel, name, address in fitted
    ]
