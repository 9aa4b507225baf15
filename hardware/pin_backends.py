"""The pin backends for real lines, by name, and the choice between them.

`auto` takes gpiod, which runs on every Pi and has the kernel's edge times; where gpiod or its chip is not there,
RPi.GPIO (or rpi-lgpio), and says why. A line that somebody else holds, or that this user may not open, is no reason to
fall back: RPi.GPIO would drive it past the kernel, which knows better. And it never falls back to virtual chips: a
station that measures nobody must not look as if it did. Virtual chips (`hardware.virtual.pins`) are a backend too, but
a deck of them needs somebody who stands on it, so `hardware.virtual.source` opens them.
"""

import importlib
from typing import Any, Final

import msgspec

from hardware.clock import Clock
from hardware.errors import HardwareError, MissingLibraryError, NotPresentError
from hardware.pins import PinBank
from hardware.wiring import PinBackendName, Wiring


class PinBackend(msgspec.Struct, frozen=True):
    """Where a backend is, and what `Wiring` says that it can use."""

    module: str
    bank: str
    takes_gpio_chip: bool


PIN_BACKENDS: Final[dict[PinBackendName, PinBackend]] = {  # in the order in which `auto` tries them
    "gpiod": PinBackend("hardware.gpiod_pins", "GpiodPinBank", takes_gpio_chip=True),
    "rpigpio": PinBackend("hardware.rpigpio_pins", "RpigpioPinBank", takes_gpio_chip=False),
}


def open_backend(name: PinBackendName, wiring: Wiring, clock: Clock) -> PinBank:
    """Open the named backend. Raises HardwareError in words."""
    backend = PIN_BACKENDS[name]
    make: Any = getattr(importlib.import_module(backend.module), backend.bank)
    settings: dict[str, Any] = {"gpio_chip": wiring.gpio_chip} if backend.takes_gpio_chip else {}
    bank: PinBank = make(wiring.clock_lines, wiring.data_lines, clock=clock, **settings)
    return bank


def open_bank(wiring: Wiring, clock: Clock) -> tuple[PinBank, tuple[str, ...]]:
    """Open the backend that is asked for, or the first that works; return it with warnings about what did not.

    Raises what the one that is asked for raises. Without one: NotPresentError with every backend's reason, or
    NotAllowedError, InUseError, BusError, SettingError of the first backend that is there.
    """
    if wiring.backend is not None:
        return open_backend(wiring.backend, wiring, clock), ()
    skipped: list[tuple[str, HardwareError]] = []
    for name in PIN_BACKENDS:
        try:
            bank = open_backend(name, wiring, clock)
        except HardwareError as error:
            if not isinstance(error, MissingLibraryError | NotPresentError):
                raise
            skipped.append((name, error))
        else:
            return bank, tuple(f"{each} was skipped: {why}" for each, why in skipped)
    reasons = "; ".join(f"{name}: {why}" for name, why in skipped)
    raise NotPresentError(
        f'hardware.backend = "auto" found no GPIO lines. {reasons}. '
        'For virtual chips say so: hardware.backend = "virtual"'
    )
