"""The figures as a page in Markdown. Words only; every number in them comes from the findings."""

import math
import textwrap
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

from station.sway.measures import UNITS
from station.sway.norms import MEASURES, Norms
from station.sway.norms_build import SOURCE, WINDOW_S
from station.sway.validation.auc import Auc
from station.sway.validation.findings import FIRM, SHUFFLES, Findings, HowSure, Repeats, Tells
from station.sway.validation.peers import SAME, Peers
from station.sway.validation.people import CONDITIONS
from station.sway.validation.percentile import fewest_with_upper_limit

COMMAND: Final = "make validation"
WIDTH: Final = 118
_UNBROKEN: Final[Any] = {"break_long_words": False, "break_on_hyphens": False}


def page(findings: Findings, peers: Peers, norms: Norms, data_sha256: str) -> str:
    """Return the whole page."""
    parts = (
        _head(findings, norms, data_sha256),
        _agreement(findings),
        _peers(peers),
        _repeatability(findings),
        _norms(findings, norms),
        _age(findings),
        _falls(findings),
        _limits(findings),
    )
    return "\n".join("\n".join(_wrapped(part)) + "\n" for part in parts)


def _wrapped(lines: Iterable[str]) -> Iterable[str]:
    """Yield the lines with running text and list items filled to the width of the page."""
    text: list[str] = []

    def fill() -> Iterable[str]:
        indent = "  " if text and text[0].startswith("* ") else ""
        yield from textwrap.wrap(" ".join(text), WIDTH, subsequent_indent=indent, **_UNBROKEN)
        text.clear()

    for line in lines:
        if not line or line.startswith(("#", "|", "* ")):
            yield from fill()
        if line and not line.startswith(("#", "|")):
            text.append(line.strip())
        else:
            yield line
    yield from fill()


def below(value: float) -> str:
    """Return the power of ten that a small difference is below, down to 1e-12: the same on every machine."""
    return f"1e{max(-12, math.floor(math.log10(value)) + 1 if value > 0 else -12)}"


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def _aged(who: tuple[int, float, float]) -> str:
    return f"{who[0]} aged {int(who[1])} to {int(who[2])}"


def _head(findings: Findings, norms: Norms, data_sha256: str) -> Iterable[str]:
    from_s, to_s = WINDOW_S
    return (
        "# Validation",
        "",
        f"Made by `{COMMAND}`; every figure is computed, none is typed. What the measures agree with, how far they",
        "repeat, what they can tell and what they cannot.",
        "",
        f"* People: {findings.people} ({_aged(findings.young)}, {_aged(findings.older)}), "
        f"{findings.agreement.trials} trials of quiet standing. {SOURCE}.",
        f"* Pipeline `{norms.pipeline}`, fingerprint `{norms.pipeline_sha256}`.",
        f"* Data, sha256 over all trials: `{data_sha256}`.",
        f"* Unless said otherwise: {from_s:g} to {to_s:g} s of each trial, through `{norms.pipeline}`.",
    )


def _agreement(findings: Findings) -> Iterable[str]:
    found = findings.agreement
    return (
        "## Against published values",
        "",
        "The authors published area and mean velocity of every trial. Profile `published` (no filter: they had",
        f"filtered already) over all {found.trials} trials, whole, the worst relative difference:",
        "",
        "| measure | worst of all trials |",
        "|---|---|",
        f"| `ellipse_area_95_mm2` | below {below(found.area)} |",
        f"| `mean_velocity_mm_s` | below {below(found.velocity)} |",
    )


def _peers(peers: Peers) -> Iterable[str]:
    quijoux, other = peers.quijoux, peers.openbalance
    velocities = [program.velocity_mm_s for program in peers.programs]
    areas = [program.ellipse_mm2 for program in peers.programs]
    return (
        "## Against other programs",
        "",
        "The same 30 s of one person, as four configurations of three programs print it and as it comes out here:",
        "",
        "| program | done before measuring | mean velocity, mm/s | 95 % ellipse, mm2 |",
        "|---|---|---|---|",
        *(
            f"| {each.name} | {each.before} | {each.velocity_mm_s:.2f} | {each.ellipse_mm2:.1f} |"
            for each in peers.programs
        ),
        "",
        f"Velocities range from {min(velocities):.2f} to {max(velocities):.2f} mm/s "
        f"(+{_percent(max(velocities) / min(velocities) - 1)}), areas differ by "
        f"{_percent(max(areas) / min(areas) - 1, 1)}: a velocity means",
        "nothing without its filter, so every value here carries its pipeline, and norms hold for theirs only.",
        "",
        f"* Quijoux et al. 2021: profile `quijoux2021` gives {quijoux.outputs} outputs under that paper's names; of "
        f"{quijoux.compared} values from {quijoux.recordings} recordings {quijoux.compared - quijoux.beyond} agree "
        f"within {SAME:g}, the worst is below {below(quijoux.worst)}. Their area is a prediction ellipse too, with the "
        "covariance over N; their total power is a sum of bins, so it grows with the record.",
        f"* openbalance 0.1.5: its path is {other.path_ratio_low:.3f} to {other.path_ratio_high:.3f} times that of "
        f"`station-1` over {other.recordings} recordings, because it keeps up to 13 Hz. Behind its own filter our path "
        f"agrees with it to {below(other.path_same_filter)}, our hull to {below(other.hull_same_filter)}. Its ellipse "
        "takes the factor of chi-squared (an infinite sample) where ours takes that of F: with its factor and filter "
        f"ours agrees to {below(other.ellipse_same_filter)}, as printed to {_percent(other.ellipse_as_printed, 1)}.",
        f"* micromotion 1.15.0: measures the unfiltered signal. Without a filter our path agrees to "
        f"{below(peers.micromotion_path)}, our hull to {below(peers.micromotion_hull)}; its rate divides by "
        "(N - 1)/fs, ours by N/fs. Its ellipse takes the factor of chi-squared as well: with it ours agrees to "
        f"{below(peers.micromotion_ellipse)}. Its sample entropy is of all 100 samples/s, ours of 25: at its rate ours "
        f"agrees to {below(peers.micromotion_entropy)}. Its DFA takes other scales: {peers.micromotion_dfa[0]:.2f} in "
        f"ML, ours {peers.micromotion_dfa[1]:.2f}.",
    )


def _repeatability(findings: Findings) -> Iterable[str]:
    shown = [each for each in findings.older_firm if each.seen is not None]
    left_out = [each.measure for each in findings.older_firm if each.seen is None]
    return (
        "## How far a measure repeats",
        "",
        f"The older people ({_aged(findings.older)}), three trials each within one session. ICC(2,1) with its 95 %",
        "limits, ICC of the mean of three, and the minimal detectable change (95 %) as a ratio, on the logarithm: a",
        "second",
        "value beyond the ratio, in either direction, is a real change. Between days people vary more than within a",
        "session, so for change between visits these ratios are the least that must be asked for. The table of norms",
        "carries them, and every record does.",
        "",
        *_by_condition(findings),
        "",
        f"All measures, {FIRM}:",
        "",
        "| measure | n | ICC | 95 % | ICC of 3 | ratio | ratio of 3 |",
        "|---|---|---|---|---|---|---|",
        *(_repeat_row(each) for each in shown),
        "",
        "No ratio, because they can be 0 or below in a person: " + ", ".join(f"`{key}`" for key in left_out) + "."
        if left_out
        else "Every measure has a ratio.",
    )


def _by_condition(findings: Findings) -> Iterable[str]:
    yield "| measure | condition | n | ICC | 95 % | ICC of 3 | ratio | ratio of 3 |"
    yield "|---|---|---|---|---|---|---|---|"
    for place, key in enumerate(MEASURES):
        for condition, rows in findings.by_condition.items():
            row = _repeat_row(rows[place], condition)
            yield row if rows[place].seen is not None else f"| `{key}` | {condition} | {rows[place].n} | | | | | |"


def _repeat_row(each: Repeats, condition: str | None = None) -> str:
    seen = each.seen
    if seen is None:
        return ""
    return (
        f"| `{each.measure}` |{'' if condition is None else f' {condition} |'} {each.n} | {seen.icc_one_trial:.2f} | "
        f"{seen.icc_one_trial_low:.2f} to {seen.icc_one_trial_high:.2f} | {seen.icc_mean_of_three:.2f} | "
        f"{seen.mdc_ratio_one_trial:.2f} | {seen.mdc_ratio_mean_of_three:.2f} |"
    )


def _norms(findings: Findings, norms: Norms) -> Iterable[str]:
    fewest = fewest_with_upper_limit(0.9)
    small = [name for name, band in norms.bands.items() if band.n < fewest]
    return (
        "## How sure the norms are",
        "",
        f"The 90th percentile of {norms.condition}, {norms.statistic}, with 95 % limits by order statistics,",
        "which assume nothing of the distribution:",
        "",
        "| measure | age | n | P90 | 95 % |",
        "|---|---|---|---|---|",
        *(
            f"| `{each.measure}` | {each.band} | {each.n} | {each.p90:.2f} | " + " to ".join(_bounds(each)) + " |"
            for each in findings.norms
        ),
        "",
        f"Fewer than {fewest} people have no upper limit: all of them may be below the 90th percentile of people like "
        f"them. So it is with {_and(small)} years."
        if small
        else "Every band has both limits.",
        f"{_falling(norms)} Above P90 means more sway than nearly all of these few, and no more than that:",
        "it asks for a second look. A clinic's own results make better bands (`balance-station norms build",
        "--from-ingest`).",
    )


def _falling(norms: Norms) -> str:
    """Return in how many measures an older band's 90th percentile is below that of the band before it, in words."""
    bands = list(norms.bands.items())
    falls = [
        f"{sum(older.measures[key].p90 < younger.measures[key].p90 for key in MEASURES)} of {len(MEASURES)} from {one} "
        f"to {other}"
        for (one, younger), (other, older) in pairwise(bands)
    ]
    return (
        f"Sway is not known to fall with age, yet the 90th percentile does in {_and(falls)}: that is who happened to "
        "come."
    )


def _bounds(each: HowSure) -> tuple[str, ...]:
    return tuple("none" if limit is None else f"{limit:.2f}" for limit in (each.low, each.high))


def _and(words: list[str]) -> str:
    return " and ".join(words)


def _age(findings: Findings) -> Iterable[str]:
    best = max(findings.age, key=lambda each: each.auc.area)
    firm = [each for each in findings.age if each.condition == FIRM]
    telling = sum(each.auc.tells for each in firm)
    return (
        "## Does it tell older from younger people?",
        "",
        f"People: {_aged(findings.older)} against {_aged(findings.young)}, a person counted with the median of three",
        "trials. Area under the ROC curve with 95 % limits (DeLong): 0.5 is chance.",
        "",
        *_auc_table(findings.age),
        "",
        f"Best: `{best.measure}`, {best.condition}, {_said(best.auc)}. With {FIRM}, the stance of the walk-up screen, "
        f"{telling} of {len(firm)} measures tell the two apart.",
    )


def _falls(findings: Findings) -> Iterable[str]:
    falls = findings.falls
    telling = [each for each in falls.main if each.auc.tells]
    firm = sum(each.condition == FIRM for each in telling)
    return (
        "## Does it tell who has fallen?",
        "",
        f"Of the older people {falls.fell} had fallen in the past twelve months and {falls.rest} had not. It is a weak",
        "label (falls are forgotten, and came before the measurement) and a small group.",
        "",
        *_auc_table(falls.main),
        "",
        f"{len(telling)} of these {len(falls.main)} areas have limits without 0.5, {firm} of them with {FIRM}.",
        "Limits like these do not know that many measures were tried. Were falls dealt out by chance among the "
        f"{falls.complete + falls.complete_rest} people who have",
        f"every value ({falls.complete} of whom fell), the farthest of the areas would be as far from 0.5 in "
        f"{_percent(falls.by_chance, 1)} of {SHUFFLES} shuffles.",
        "",
        f"Of all sway measures in all conditions, {falls.tried} areas, {falls.outside_chance} have limits without 0.5; "
        f"{0.05 * falls.tried:.0f} would",
        "by chance alone if they were independent, which they are not. The farthest is",
        f"`{falls.best.measure}`, {falls.best.condition}, {_said(falls.best.auc)}; the best of so many looks better",
        "than it is.",
        "",
        f"For comparison, on the same people: Mini-BESTest {_said(falls.mini_bestest)}, short FES-I "
        f"{_said(falls.fes_i)}.",
        "",
        "How to read this: these people are a part of the data set. On all of its people, falls could not be told from",
        "sway (Pennone et al. 2024, PLOS ONE 19:e0296355, six learning algorithms). A difference between groups that",
        "comes and goes with who is in them is no ground to judge one person, least of all to call one safe. So sway",
        "is",
        "shown beside people of the same age, may ask for a review, and never lowers a result; the screen rests on the",
        "questions, the stances and the chair stand.",
    )


def _auc_table(tells: Iterable[Tells]) -> Iterable[str]:
    conditions = list(CONDITIONS.values())
    found = {(each.measure, each.condition): each.auc for each in tells}
    yield "| measure | " + " | ".join(conditions) + " |"
    yield "|---" * (len(conditions) + 1) + "|"
    for key in MEASURES:
        cells = [_said(found[key, each]) if (key, each) in found else "" for each in conditions]
        yield f"| `{key}` | " + " | ".join(cells) + " |"


def _said(area: Auc) -> str:
    return f"{area.area:.2f} ({area.low:.2f} to {area.high:.2f})"


def _limits(findings: Findings) -> Iterable[str]:
    return (
        "## What this page does not show",
        "",
        "* The people are one laboratory's, on a force plate; hardly anybody was between "
        f"{int(findings.young[2]) + 1} and {int(findings.older[1]) - 1}, nobody over {int(findings.older[2])}.",
        "That the station's deck measures what a force plate measures is shown by simulation only, not on people.",
        "* Repeatability is within one session. Between days it is not known here.",
        "* Falls were asked for, not followed. Nothing here says who will fall.",
        f"* Units: {', '.join(sorted({unit for unit in UNITS.values() if unit != '1'}))}. Definitions: the modules of "
        "`station/sway`.",
    )
