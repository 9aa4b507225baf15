"""Every way the hardware room can fail, as one tree.

    HardwareError
    +-- NotPresentError    nothing answers: no chip, no bus, no pin chip, no such recording
    +-- CorruptFrameError  an answer that cannot be right: register read back wrong, bad parity
    +-- WaitTimeoutError   an answer that did not come in time
    +-- BusError           the bus itself: NACK, held low
    +-- SettingError       what we were asked to do makes no sense

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
