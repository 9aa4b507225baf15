"""The page of validation: its figures are those of the people, and the page that ships is of the code that ships."""

import csv
import itertools
import math
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from station.errors import DataError, NoInputError
from station.sway.norms import MEASURES, load_norms
from station.sway.norms_build import build_norms
from station.sway.validation.auc import auc, chance_of_farthest
from station.sway.validation.findings import FIRM, find
from station.sway.validation.page import below, page
from station.sway.validation.peers import compare
from station.sway.validation.people import CONDITIONS, data_sha256, measure_everybody
from station.sway.validation.percentile import fewest_with_upper_limit, percentile_limits

from .making import sway_mm
from .recorded import BESIDE, needs_all_recordings

SHIPPED = Path(__file__).parents[3] / "docs" / "validation.md"
COLUMNS = [
    *("trial", "subject", "vision", "surface", "age_years", "falls_12_months", "fes_i_short_total"),
    *("mini_bestest_total", "published_area_cm2", "published_velocity_cm_s"),
]


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Write eleven people, three trials in each of four conditions; the older four of whom fell sway more."""
    folder = tmp_path_factory.mktemp("people")
    rows = []
    for number in range(1, 12):
        fell, older = number > 7, number > 3
        trials = {}
        for k, (vision, surface) in itertools.product(range(3), CONDITIONS):
            name = f"P{number:02d}{vision[0]}{surface[1]}{k}"
            cop = sway_mm(4500, seed=100 * number + 10 * k + len(vision + surface)) * (1 + 0.2 * older + 0.5 * fell)
            trials[name] = np.rint(cop * 1e5).astype(np.int32).T
            rows.append([name, number, vision, surface, 70 if older else 30, int(fell), 9, 20, 1.0, 1.0])
        np.savez(folder / f"subject_{number:03d}.npz", **trials)
    with (folder / "trials.csv").open("w", newline="") as lines:
        csv.writer(lines).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture(scope="module")
def trials(people):
    return list(measure_everybody(people, 1))


def medians(trials, key, who):
    found = {}
    for trial in trials:
        if trial.condition == FIRM and who(trial):
            found.setdefault(trial.subject, []).append(trial.metrics[key])
    return [sorted(values)[1] for values in found.values()]


def test_the_area_is_the_share_of_pairs_in_the_right_order(trials):
    findings = find(trials)
    old = medians(trials, "rms_ml_mm", lambda trial: trial.age_years == 70)
    young = medians(trials, "rms_ml_mm", lambda trial: trial.age_years == 30)
    right = np.mean([one > other for one, other in itertools.product(old, young)])
    (told,) = [each for each in findings.age if (each.measure, each.condition) == ("rms_ml_mm", FIRM)]
    assert told.auc.area == pytest.approx(right)
    assert (told.auc.n_more, told.auc.n_less) == (8, 3)
    assert (findings.falls.fell, findings.falls.rest) == (4, 4)
    assert findings.people == 11
    assert findings.young == (3, 30.0, 30.0)


def test_whatever_is_computed_stands_on_the_page(trials, monkeypatch):
    findings = find(trials)
    text = page(findings, FakePeers, load_norms(), data_sha256(trials))
    assert "11 (3 aged 30 to 30, 8 aged 70 to 70), 132 trials" in text
    for each in (*findings.age, *findings.falls.main):
        assert f"{each.auc.area:.2f} ({each.auc.low:.2f} to {each.auc.high:.2f})" in text
    for each in findings.older_firm:
        if each.seen is not None:
            assert f"| `{each.measure}` | {each.n} | {each.seen.icc_one_trial:.2f} | " in text
    assert f"below {below(findings.agreement.area)}" in text
    assert all(len(line) <= 118 or line.startswith(("|", "* ")) for line in text.splitlines())


def test_one_process_measures_what_several_do(people, trials):
    assert list(measure_everybody(people, 2)) == trials


def test_the_hash_is_of_every_trial(trials):
    assert data_sha256(trials) == data_sha256(trials)
    assert len({data_sha256(trials), data_sha256(trials[1:]), data_sha256(trials[::-1])}) == 3


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(NoInputError, match=r"trials\.csv: cannot be read: No such file"):
        list(measure_everybody(tmp_path))
    (tmp_path / "trials.csv").write_text("trial,subject\nT1,one\n")
    with pytest.raises(DataError, match=r"trials\.csv: not an index of trials"):
        list(measure_everybody(tmp_path))
    (tmp_path / "trials.csv").write_text(",".join(COLUMNS) + "\n")
    with pytest.raises(DataError, match="holds no trial"):
        list(measure_everybody(tmp_path))


def test_areas_and_limits_of_a_worked_example():
    # the area is 13.5 of 16 pairs; limits by the definition of DeLong et al., written out
    more, less = np.array([3.0, 5.0, 6.0, 7.0]), np.array([1.0, 2.0, 4.0, 5.0])
    wins = np.array([[float(one > other) + 0.5 * float(one == other) for other in less] for one in more])
    spread = np.sqrt(wins.mean(axis=1).var(ddof=1) / 4 + wins.mean(axis=0).var(ddof=1) / 4)
    found = auc(more, less)
    assert found.area == pytest.approx(13.5 / 16) == pytest.approx(wins.mean())
    assert found.low == pytest.approx(13.5 / 16 - 1.959964 * spread)
    assert found.high == 1.0, "no area is above 1"


numbers = st.lists(st.integers(-20, 20).map(float), min_size=3, max_size=12).map(np.array)


@settings(deadline=None)
@given(numbers, numbers)
def test_an_area_turns_about_when_the_groups_do_and_knows_no_scale(one, other):
    found, turned = auc(one, other), auc(other, one)
    assert found.area + turned.area == pytest.approx(1.0)
    assert auc(np.exp(one / 10), np.exp(other / 10)).area == pytest.approx(found.area)
    assert 0 <= found.low <= found.area <= found.high <= 1


def test_groups_that_differ_surpass_chance_and_alike_ones_do_not():
    random = np.random.default_rng(1)
    group = np.arange(40) < 15
    alike = random.normal(size=(40, 20))
    assert chance_of_farthest(alike, group, 500, 1) > 0.05
    apart = alike + group[:, None] * 2.0
    assert chance_of_farthest(apart, group, 500, 1) == pytest.approx(1 / 501)
    assert chance_of_farthest(alike, group, 500, 1) == chance_of_farthest(alike, group, 500, 1)


def test_small_differences_are_said_by_powers_of_ten_that_hold():
    assert [below(value) for value in (0.0, 3e-16, 2e-9, 9.9e-3, 1e-3)] == ["1e-12", "1e-12", "1e-8", "1e-2", "1e-2"]


def test_the_shipped_page_is_of_the_pipeline_and_the_norms_that_ship():
    text = SHIPPED.read_text(encoding="utf-8")
    norms = load_norms()
    assert f"fingerprint `{norms.pipeline_sha256}`" in text, "the pipeline has changed: run `make validation`"
    study = norms.repeatability["60+"]
    for key in MEASURES:
        seen = study.measures[key]
        assert f"| `{key}` | {FIRM} | {study.n} | {seen.icc_one_trial:.2f} | " in text
        assert f"| {seen.mdc_ratio_one_trial:.2f} | {seen.mdc_ratio_mean_of_three:.2f} |" in text
    assert re.search(r"over all 1294 trials", text)
    for name, band in norms.bands.items():
        for key, row in band.measures.items():
            assert f"| `{key}` | {name} | {band.n} | {row.p90:.2f} | " in text


@pytest.mark.parametrize("count", [4, 25, 35, 36, 55, 200])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_limits_of_a_percentile_hold_it_with_95_percent_whatever_the_distribution(count, share):
    low, high = percentile_limits(np.random.default_rng(1).permutation(count) + 1.0, share)
    below = stats.binom(count, share)  # how many people are below the true percentile
    from_rank, to_rank = low or 0, high or count + 1
    assert below.cdf(to_rank - 1) - below.cdf(from_rank - 1) >= 0.95
    assert low is None or below.cdf(from_rank) > 0.025, "no closer one would do"
    assert high is None or below.sf(to_rank - 2) > 0.025, "no closer one would do"
    assert (high is None) == (count < fewest_with_upper_limit(share))


@needs_all_recordings
def test_what_the_page_says_of_other_programs_comes_out_again():
    peers = compare(BESIDE)
    text = SHIPPED.read_text(encoding="utf-8")
    assert peers.quijoux.outputs == 72
    assert peers.quijoux.beyond == 0
    same = (peers.micromotion_path, peers.micromotion_ellipse, peers.micromotion_hull, peers.micromotion_entropy)
    assert max(same) < 1e-12
    assert f"{peers.quijoux.compared} agree" in " ".join(text.split())
    for program in peers.programs:
        assert (
            f"| {program.name} | {program.before} | {program.velocity_mm_s:.2f} | {program.ellipse_mm2:.1f} |" in text
        )


def leaves(value, path=""):
    """Yield every value of a document with where it stands."""
    if isinstance(value, dict | list | tuple):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, f"{path}/{key}")
    else:
        yield path, value


@needs_all_recordings
def test_the_shipped_norms_come_out_again_to_a_billionth():
    built, shipped = (
        dict(leaves(msgspec.to_builtins(table))) for table in (build_norms(BESIDE / "human-balance"), load_norms())
    )
    differ = [
        (path, built.get(path), value)
        for path, value in shipped.items()
        if not (built.get(path) == value if isinstance(value, str) else math.isclose(built[path], value, rel_tol=1e-9))
    ]
    # rounding may differ from one processor to the next, and with it the hash of the table
    assert [each for each in differ if each[0] != "/table_sha256"] == []
    assert set(built) == set(shipped)


class FakePeers:
    """What peers.compare returns, with numbers that say they are of a test."""

    from station.sway.validation.peers import OpenBalance, Outputs, Program

    quijoux = Outputs(1, 72, 72, 0, 1e-9)
    openbalance = OpenBalance(1, 1.0, 1.01, 1e-9, 1e-9, 1e-9, 0.002)
    programs = (Program("one", "nothing", 13.0, 200.0), Program("other", "filtered", 7.0, 201.0))
    micromotion_path = 0.0
    micromotion_ellipse = 1e-13
    micromotion_hull = 0.0
    micromotion_entropy = 1e-14
    micromotion_dfa = (1.6, 1.7)
