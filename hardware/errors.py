"""Every way the hardware room can fail, as one tree.

    HardwareError
    +-- NotPresentError    nothing answers: no chip, no bus, no pin chip, no such recording, not a Raspberry Pi
    +-- CorruptFrameError  an answer that cannot be right: register read back wrong, bad parity
    +-- WaitTimeoutError   an answer that did not come in time
    +-- BusError           the bus itself: NACK, held low
    +-- SettingError       what we were asked to do makes no sense
    +-- NotAllowedError    it is there, and this user may not open it
    +-- InUseError         it is there, and somebody else holds it: another program, a kernel driver
    +-- MissingLibraryError  the Python library that drives it is not installed, or is too old

A sample that is wrong is no error: it is flagged and counted (see hardware.sensor.Flag).
"""


class HardwareError(Exception):
    """Root of everything that hardware raises."""


class NotPresentError(HardwareError, LookupError):
    """No chip, bus, line or file is there; the message names it."""


class CorruptFrameError(HardwareError, ValueError):
    """The chip answered, and the answer cannot be right."""


class WaitTimeoutError(HardwareError, TimeoutError):
    """The chip did not answer within the stated time."""


class BusError(HardwareError, OSError):
    """The bus refused or held the line; the message carries the errno."""


class SettingError(HardwareError, ValueError):
    """A setting is outside what the hardware can do."""


class NotAllowedError(HardwareError, PermissionError):
    """This user may not open the device; the message names the group that may."""


class InUseError(HardwareError, OSError):
    """Somebody else holds the line or the device; the message names who, where the system tells."""


class MissingLibraryError(HardwareError, ImportError):
    """An optional library is missing; the message names the extra that brings it."""
