"""The certificate that an ideal calibration of a virtual deck would give: its true gains and zeros, but for a small,
stated error, so that tests and the demo go from counts to newtons through a real certificate file.
"""

from datetime import datetime, timedelta
from typing import Final

import numpy as np

from calibration.certificate import CORNER_NAMES, SCHEMA, Cell, Certificate, now_utc
from calibration.geometry import wrench_matrix
from hardware.sensor import CORNERS
from hardware.virtual.deck import VirtualDeck

GAIN_ERROR: Final = 2e-4  # sd of a cell's gain, relative: a grid of drilled positions and 20 kg, research Monte Carlo
ZERO_ERROR_COUNTS: Final = 5.0  # sd; 1 mN
STANDARD_GRAVITY_M_S2: Final = 9.80665


def certify_virtual_deck(
    deck: VirtualDeck,
    station: str = "virtual",
    valid_days: int = 365,
    issued: datetime | None = None,
    gain_error: float = GAIN_ERROR,
    zero_error_counts: float = ZERO_ERROR_COUNTS,
) -> Certificate:
    """Return the signed certificate of a virtual deck; its errors are drawn from the deck's seed.

    issued: None is now (UTC).
    """
    issued = issued or now_utc()
    random = np.random.default_rng([deck.seed, 9])
    gain_factors = (1 + gain_error * random.standard_normal(4)).tolist()
    zero_shifts = (zero_error_counts * random.standard_normal(4)).tolist()
    cells = tuple(
        Cell(
            corner=name,
            channel=int(channel),
            serial=f"virtual-{deck.seed}-{name}",
            gain_n_per_count=factor / gain,
            zero_counts=zero + shift,
        )
        for name, channel, gain, zero, factor, shift in zip(
            CORNER_NAMES,
            CORNERS,
            deck.gains_counts_per_n,
            deck.zeros_counts,
            gain_factors,
            zero_shifts,
            strict=True,
        )
    )
    gains = [cell.gain_n_per_count for cell in cells]
    rows = (wrench_matrix(deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm) * gains).tolist()
    return Certificate(
        schema=SCHEMA,
        number=1,
        previous="",
        station=station,
        method="virtual",
        issued=issued,
        valid_until=issued + timedelta(days=valid_days),
        cell_spacing_ml_mm=deck.cell_spacing_ml_mm,
        cell_spacing_ap_mm=deck.cell_spacing_ap_mm,
        gravity_m_s2=STANDARD_GRAVITY_M_S2,
        cells=cells,
        matrix=tuple((a, b, c, d) for a, b, c, d in rows),
        condition_number=1.0,
        evidence=None,
        note=f"ideal calibration of virtual deck {deck.seed}: gains known to {gain_error:g} relative, "
        f"zeros to {zero_error_counts:g} counts (1 sd)",
    ).signed()
