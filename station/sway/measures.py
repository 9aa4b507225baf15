"""Every measure of a centre-of-pressure signal that there is, as a table of families, and which of them go where.

`analyze` prints all of them; a record and its message carry the time domain only, so that they stay 1 to 2 kB (the raw
trial is kept, so the rest can be computed at any time). What they mean stands in the file of each family.

A family that measures something else than the centre of pressure (load, trunk) is not in `FAMILIES`: it returns a
`family.Measures` of its own, which `analysis.with_measures` adds to an analysis; its keys belong into `SHOWN_UNITS`.
"""

from typing import Final

from station.sway import loading, trunk
from station.sway.complexity import COMPLEXITY
from station.sway.density import DENSITY
from station.sway.diffusion import DIFFUSION
from station.sway.family import Family, units_of
from station.sway.frequency import FREQUENCY
from station.sway.time_domain import TIME_DOMAIN

FAMILIES: Final[tuple[Family, ...]] = (TIME_DOMAIN, FREQUENCY, DIFFUSION, DENSITY, COMPLEXITY)
# What a record carries.
RECORDED: Final[tuple[Family, ...]] = (TIME_DOMAIN,)

# Every key with its unit (UCUM), in the order in which it is shown.
UNITS: Final[dict[str, str]] = units_of(FAMILIES)
# With what is not of the centre of pressure: every key that an analysis may show.
SHOWN_UNITS: Final[dict[str, str]] = UNITS | loading.UNITS | trunk.UNITS
