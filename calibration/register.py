"""The register of weights: a TOML file that staff or the workshop keep, one table a weight.

[[weight]]
id = "20-1"
nominal_kg = 20
mass_kg = 20.0007            # conventional mass, as its certificate says
uncertainty_g = 1.0          # expanded (k = 2), as its certificate says
certificate_number = "K-4711"
valid_until = 2027-05-31
"""

import math
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from calibration.errors import RegisterError
from calibration.evidence import Weight

_EXAMPLE: Final = "enter your weights as `balance-station calibration weights --example` shows"
HEAVIEST_KG: Final = 100.0
MOST_OFF_NOMINAL: Final = 0.02


class _Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    weight: tuple[Weight, ...] = ()


def load_register(path: Path) -> tuple[Weight, ...]:
    """Read and check the register; raises RegisterError with file and weight, and what was expected."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RegisterError(f"{path}: the register of weights cannot be read ({why}); {_EXAMPLE}") from error
    try:
        weights = msgspec.convert(tomllib.loads(text), _Register).weight
    except tomllib.TOMLDecodeError as error:
        raise RegisterError(f"{path}: not valid TOML: {error}; {_EXAMPLE}") from error
    except msgspec.ValidationError as error:
        raise RegisterError(f"{path}: {_explain(str(error))}; {_EXAMPLE}") from error
    for weight in weights:
        _check(path, weight)
    ids = [weight.id for weight in weights]
    for each in ids:
        if ids.count(each) > 1:
            raise RegisterError(f"{path}: there are two weights with the id {each!r}; each needs one of its own")
    return weights


def _explain(problem: str) -> str:
    """Turn msgspec's `problem - at `$.weight[1].mass_kg`` into the weight, counted from 1, its key and the problem."""
    said, _, where = problem.partition(" - at `$.weight")
    at = re.match(r"\[(\d+)\](?:\.(\w+))?", where)
    said = f"{said[:1].lower()}{said[1:]}"
    if at is None:
        return f"weight: {said}" if where else said
    return f"weight number {int(at[1]) + 1}{', ' + at[2] if at[2] else ''}: {said}"


def pick(weights: Sequence[Weight], ids: Sequence[str]) -> tuple[Weight, ...]:
    """Return the weights of these ids; raises RegisterError that lists the ones there are."""
    known = {weight.id: weight for weight in weights}
    for each in ids:
        if each not in known:
            raise RegisterError(f"there is no weight {each!r} in the register; there are: {', '.join(known) or 'none'}")
    return tuple(known[each] for each in dict.fromkeys(ids))


def _check(path: Path, weight: Weight) -> None:
    where = f"{path}: weight {weight.id!r}"
    if not 0 < weight.nominal_kg <= HEAVIEST_KG:
        raise RegisterError(f"{where}: nominal_kg is {weight.nominal_kg:g}; expected above 0, up to {HEAVIEST_KG:g}")
    if not abs(weight.mass_kg - weight.nominal_kg) <= MOST_OFF_NOMINAL * weight.nominal_kg:
        raise RegisterError(
            f"{where}: mass_kg is {weight.mass_kg:g} and nominal_kg {weight.nominal_kg:g}; "
            "they must agree within 2 %: look at the certificate again"
        )
    if not 0 < weight.uncertainty_g < math.inf:
        raise RegisterError(f"{where}: uncertainty_g is {weight.uncertainty_g:g}; expected above 0, in grams")
    if not weight.id.strip() or not weight.certificate_number.strip():
        raise RegisterError(f"{where}: a weight needs an id and the number of its certificate")
    if not weight.id.isprintable() or "," in weight.id:
        raise RegisterError(f"{where}: an id is what can be stamped on a weight, without a comma")
