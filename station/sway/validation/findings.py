"""From everybody's trials to the figures of the page: agreement, repeatability, what sway tells apart. Pure."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.sway.measures import UNITS
from station.sway.norms import MEASURES
from station.sway.norms_build import BANDS
from station.sway.repeatability import Repeatability, repeatability
from station.sway.validation.auc import FEWEST, Auc, auc, chance_of_farthest
from station.sway.validation.people import CONDITIONS, Trial
from station.sway.validation.percentile import percentile_limits

FloatArray = npt.NDArray[np.float64]

YOUNG: Final = (18, 44)
OLDER: Final = (60, 120)
TRIALS: Final = 3
# Of the permutation test: fixed, so that the page comes out the same again.
SHUFFLES: Final = 10_000
SEED: Final = 1
FIRM: Final = CONDITIONS["Open", "Firm"]


class Agreement(msgspec.Struct, frozen=True):
    """Ours against the values that the authors of the data published: the worst relative differences."""

    trials: int
    area: float
    velocity: float


class Repeats(msgspec.Struct, frozen=True):
    """How far one measure repeats in `n` people; `seen` None where a ratio has no meaning (values of 0 or below)."""

    measure: str
    n: int
    seen: Repeatability | None


class HowSure(msgspec.Struct, frozen=True):
    """The 90th percentile of one measure in one band of the norms, with 95 % limits; None: too few people for one."""

    measure: str
    band: str
    n: int
    p90: float
    low: float | None
    high: float | None


class Tells(msgspec.Struct, frozen=True):
    """How well one measure tells two groups apart in one condition."""

    measure: str
    condition: str
    auc: Auc


class Falls(msgspec.Struct, frozen=True):
    """Older people with and without a fall in the past year: by sway, and by a clinical test and a questionnaire.

    `by_chance` is how often chance alone would put the farthest of the `main` areas as far from 0.5, over the people
    who have all of them (`complete` of them fell, `complete_rest` did not).
    """

    fell: int
    rest: int
    main: tuple[Tells, ...]
    by_chance: float
    complete: int
    complete_rest: int
    tried: int
    outside_chance: int
    best: Tells
    mini_bestest: Auc
    fes_i: Auc


class Findings(msgspec.Struct, frozen=True):
    """Every figure of the page that comes from people."""

    people: int
    young: tuple[int, float, float]  # how many, the youngest, the oldest (years)
    older: tuple[int, float, float]
    agreement: Agreement
    older_firm: tuple[Repeats, ...]
    by_condition: dict[str, tuple[Repeats, ...]]
    norms: tuple[HowSure, ...]
    age: tuple[Tells, ...]
    falls: Falls


def find(trials: Iterable[Trial]) -> Findings:
    """Return the figures of everybody's trials; a person counts where there are three trials of a condition."""
    trials = list(trials)
    ages = {trial.subject: trial.age_years for trial in trials}
    young, older = _between(ages, YOUNG), _between(ages, OLDER)
    return Findings(
        people=len(ages),
        young=_who(ages, young),
        older=_who(ages, older),
        agreement=Agreement(
            trials=len(trials),
            area=max(abs(each.own_area_mm2 / each.published_area_mm2 - 1) for each in trials),
            velocity=max(abs(each.own_velocity_mm_s / each.published_velocity_mm_s - 1) for each in trials),
        ),
        older_firm=tuple(_repeats(trials, FIRM, key, older) for key in UNITS if _measured(trials, key)),
        by_condition={
            condition: tuple(_repeats(trials, condition, key, older) for key in MEASURES)
            for condition in CONDITIONS.values()
        },
        norms=tuple(
            _how_sure(trials, key, band, people)
            for key in MEASURES
            for band, years in BANDS.items()
            if (people := _between(ages, years))
        ),
        age=tuple(
            _tells(trials, key, condition, older, young) for key in MEASURES for condition in CONDITIONS.values()
        ),
        falls=_falls(trials, older),
    )


def _falls(trials: list[Trial], older: set[int]) -> Falls:
    known = {trial.subject: trial for trial in trials if trial.subject in older and trial.falls is not None}
    fell = {subject for subject, trial in known.items() if trial.falls}
    rest = set(known) - fell
    everything = [
        _tells(trials, key, condition, fell, rest)
        for key in UNITS
        if _measured(trials, key)
        for condition in CONDITIONS.values()
        if min(_enough(trials, key, condition, fell), _enough(trials, key, condition, rest)) >= FEWEST
    ]
    values, groups = _complete(trials, fell, rest)
    return Falls(
        fell=len(fell),
        rest=len(rest),
        main=tuple(each for each in everything if each.measure in MEASURES),
        by_chance=chance_of_farthest(values, groups, SHUFFLES, SEED),
        complete=int(groups.sum()),
        complete_rest=int((~groups).sum()),
        tried=len(everything),
        outside_chance=sum(each.auc.tells for each in everything),
        best=max(everything, key=lambda each: abs(each.auc.area - 0.5)),
        # fewer points are expected of those who fell in the one, more in the other
        mini_bestest=auc(*(_known(known, group, lambda trial: trial.mini_bestest, -1.0) for group in (fell, rest))),
        fes_i=auc(*(_known(known, group, lambda trial: trial.fes_i, 1.0) for group in (fell, rest))),
    )


def _known(people: dict[int, Trial], group: set[int], of: Callable[[Trial], float | None], sign: float) -> FloatArray:
    values = [of(people[subject]) for subject in sorted(group)]
    return np.array([sign * value for value in values if value is not None])


def _complete(trials: list[Trial], fell: set[int], rest: set[int]) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the medians of `MEASURES` in all conditions, shape (people, areas), of who has them all; and who fell."""
    found: dict[int, list[float]] = {}
    for key in MEASURES:
        for condition in CONDITIONS.values():
            for subject, values in _by_person(trials, key, condition, fell | rest).items():
                found.setdefault(subject, []).append(float(np.median(values)))
    whole = [subject for subject in sorted(found) if len(found[subject]) == len(MEASURES) * len(CONDITIONS)]
    return np.array([found[subject] for subject in whole]), np.array([subject in fell for subject in whole])


def _who(ages: dict[int, float], people: set[int]) -> tuple[int, float, float]:
    years = [ages[subject] for subject in people]
    return len(years), min(years), max(years)


def _between(ages: dict[int, float], years: tuple[int, int]) -> set[int]:
    return {subject for subject, age in ages.items() if years[0] <= int(age) <= years[1]}


def _measured(trials: list[Trial], key: str) -> bool:
    return any(trial.metrics.get(key) is not None for trial in trials)


def _by_person(trials: list[Trial], key: str, condition: str, people: set[int]) -> dict[int, list[float]]:
    """Return the three values of a measure of everybody who has three."""
    found: dict[int, list[float]] = {}
    for trial in trials:
        value = trial.metrics.get(key)
        if trial.condition == condition and trial.subject in people and value is not None:
            found.setdefault(trial.subject, []).append(value)
    return {subject: values for subject, values in sorted(found.items()) if len(values) == TRIALS}


def _values(trials: list[Trial], key: str, condition: str, people: set[int]) -> FloatArray:
    """Return a measure, shape (people, 3 trials), of the people who have three values of it."""
    whole = list(_by_person(trials, key, condition, people).values())
    return np.array(whole, dtype=np.float64).reshape(-1, TRIALS)


def _enough(trials: list[Trial], key: str, condition: str, people: set[int]) -> int:
    return len(_values(trials, key, condition, people))


def _repeats(trials: list[Trial], condition: str, key: str, people: set[int]) -> Repeats:
    values = _values(trials, key, condition, people)
    positive = bool((values > 0).all()) and len(values) >= FEWEST
    return Repeats(key, len(values), repeatability(values) if positive else None)


def _how_sure(trials: list[Trial], key: str, band: str, people: set[int]) -> HowSure:
    medians = np.median(_values(trials, key, FIRM, people), axis=1)
    return HowSure(key, band, len(medians), float(np.percentile(medians, 90)), *percentile_limits(medians, 0.9))


def _tells(trials: list[Trial], key: str, condition: str, more: set[int], less: set[int]) -> Tells:
    medians = (np.median(_values(trials, key, condition, group), axis=1) for group in (more, less))
    return Tells(key, condition, auc(*medians))
