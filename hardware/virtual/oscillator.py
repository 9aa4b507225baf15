"""When a virtual HX711 has conversions ready: the one rule that the pin model and the sample-level path share.

A chip converts on its own free-running RC oscillator. Conversion k is ready at exactly
`first_ready_ns + k * period_ns`, in whole nanoseconds, so two models of one chip can never drift apart.

Measured on real boards: 10,702 us a conversion at RATE=1 (93.4 samples/s, not the 80 of the data sheet), see
olkal/HX711_ADC issue 81; chips differ by a few percent. Not modelled: drift with temperature and supply, and jitter.
"""

import random
from typing import Final

import msgspec

NOMINAL_PERIOD_NS: Final = 10_702_000
PERIOD_SPREAD: Final = 0.04  # a chip's period lies within nominal * (1 +- this), uniformly
SETTLING_CONVERSIONS: Final = 4  # data sheet: 50 ms at 80 samples/s after power-up, reset, channel or gain change
# The converter's filter is symmetric and settles over four conversions, so what is ready now is the load of two ago.
GROUP_DELAY_CONVERSIONS: Final = 2


class Oscillator(msgspec.Struct, frozen=True):
    """The conversion times of one chip since it was powered up or last reset.

    first_ready_ns: station time at which conversion 0 is ready, ns; period_ns: time between conversions, ns, above 0.
    """

    first_ready_ns: int
    period_ns: int

    @classmethod
    def from_seed(cls, seed: int, channel: int, start_ns: int) -> "Oscillator":
        """Return the oscillator of the chip on `channel` in the deck `seed`, powered up at `start_ns`.

        The same three numbers always give the same oscillator. The first ready comes after the settling conversions
        and a start-up delay of up to one period.
        """
        draw = random.Random(f"hx711 oscillator {seed} {int(channel)}")
        period_ns = round(NOMINAL_PERIOD_NS * (1 + PERIOD_SPREAD * (2 * draw.random() - 1)))
        startup_ns = int(draw.random() * period_ns)
        return cls(start_ns + startup_ns + SETTLING_CONVERSIONS * period_ns, period_ns)

    @property
    def rate_hz(self) -> float:
        """Return conversions per second."""
        return 1e9 / self.period_ns

    def ready_ns(self, k: int) -> int:
        """Return when conversion k (0, 1, 2, ...) is ready, ns."""
        return self.first_ready_ns + k * self.period_ns

    @property
    def group_delay_ns(self) -> int:
        """Return how long before it is ready a conversion sees its load, ns."""
        return GROUP_DELAY_CONVERSIONS * self.period_ns

    def index_range(self, after_ns: int, until_ns: int) -> range:
        """Return the conversions k >= 0 that become ready in `after_ns < ready_ns(k) <= until_ns`."""
        start = max(0, (after_ns - self.first_ready_ns) // self.period_ns + 1)
        stop = max(start, (until_ns - self.first_ready_ns) // self.period_ns + 1)
        return range(start, stop)
