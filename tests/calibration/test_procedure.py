"""The procedure: one step after another, undone, interrupted and resumed, and never ahead of itself."""

import itertools
from datetime import timedelta

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calibration.errors import ProcedureError, RegisterError
from calibration.evidence import Weight
from calibration.journal import Journal
from calibration.plan import MOST_OFF, choose, load_plan, unroll
from calibration.procedure import (
    Begun,
    Entry,
    Levelled,
    Resumed,
    Session,
    Signed,
    Taken,
    Undone,
    WarmedUp,
    above_zero,
    apply,
    begin,
    replay,
)
from tests.calibration.doing import NOW, WEIGHTS, Bench

PLAN = load_plan()
BEGUN = Begun("AB", WEIGHTS, PLAN.version, NOW)


def started() -> Session:
    return apply(apply(begin(BEGUN, PLAN, 400.0, 400.0), WarmedUp(900.0, 2.0)), Levelled(0.2))


def test_the_plan_is_nine_places_a_series_repeats_zero_and_four_places_the_fit_never_sees() -> None:
    steps = unroll(PLAN, WEIGHTS, 400.0, 360.0)
    kinds = [step.kind for step in steps]
    assert kinds == (
        ["zero"]
        + ["place"] * 9
        + ["load-up"] * 3
        + ["load-down"] * 2
        + ["repeat"] * 3
        + ["zero-return"]
        + ["verify"] * 4
    )
    assert [round(step.mass_kg) for step in steps if step.kind.startswith("load")] == [10, 20, 40, 20, 10]
    fitted = {(step.x_mm, step.y_mm) for step in steps if step.kind == "place"}
    assert {(150.0, 135.0), (0.0, 0.0), (-150.0, -135.0)} <= fitted
    assert not fitted & {(step.x_mm, step.y_mm) for step in steps if step.kind == "verify"}


def test_weights_are_combined_to_what_is_wanted_and_refused_when_they_cannot_be() -> None:
    assert [each.id for each in choose(WEIGHTS, 40.0)] == ["20-1", "20-2"]
    assert [each.id for each in choose(WEIGHTS, 29.0)] == ["20-1", "10-1"]
    with pytest.raises(RegisterError, match=r"about 10 kg.*: 20-1 \(20 kg\), 20-2 \(20 kg\); choose more"):
        unroll(PLAN, WEIGHTS[:2], 400.0, 400.0)


def of_kg(*nominal_kg: float) -> list[Weight]:
    return [
        msgspec.structs.replace(WEIGHTS[0], id=f"w{at}", nominal_kg=kg, mass_kg=kg) for at, kg in enumerate(nominal_kg)
    ]


@given(
    st.one_of(
        st.lists(st.sampled_from([50, 100, 200, 500, 750, 1000, 2000]), max_size=8),
        st.lists(st.integers(1, 10_000), max_size=8),
    ),
    st.sampled_from([1000, 2000, 2900, 4000]),
)
@example([176, 89, 485], 1000)  # a quarter off, no more; as floats 4.85 + 1.76 + 0.89 is less than 7.5
def test_no_other_combination_is_nearer_or_has_fewer_weights(nominal_10g: list[int], wanted_10g: int) -> None:
    sums = [each for count in range(9) for each in itertools.combinations(nominal_10g, count)]
    off, count = min((abs(sum(each) - wanted_10g), len(each)) for each in sums)
    weights = of_kg(*(each / 100 for each in nominal_10g))
    if off > MOST_OFF * wanted_10g:
        with pytest.raises(RegisterError):
            choose(weights, wanted_10g / 100)
        return
    chosen = choose(weights, wanted_10g / 100)
    sum_10g = sum(round(each.nominal_kg * 100) for each in chosen)
    assert (abs(sum_10g - wanted_10g), len(chosen)) == (off, count)
    assert len({each.id for each in chosen}) == count, "no weight twice"
    assert list(chosen) == sorted(chosen, key=lambda each: -each.nominal_kg)


def test_a_register_of_many_small_weights_is_no_trouble() -> None:
    assert len(choose(of_kg(*[2.5] * 60), 40.0)) == 16  # two to the sixtieth combinations


def test_a_step_that_does_not_come_now_is_refused_in_words() -> None:
    session = begin(BEGUN, PLAN, 400.0, 400.0)
    with pytest.raises(ProcedureError, match="phase 'level'; the calibration is in 'warm-up'"):
        apply(session, Levelled(0.1))
    bench = Bench(1)
    second = bench.read(started().steps[1])
    with pytest.raises(ProcedureError, match="the reading that comes now is 'zero', not 'place'"):
        apply(started(), Taken(second))
    with pytest.raises(ProcedureError, match="no reading to undo"):
        apply(started(), Undone())
    with pytest.raises(ProcedureError, match="under way"):
        apply(started(), BEGUN)
    with pytest.raises(ProcedureError, match="initials"):
        begin(msgspec.structs.replace(BEGUN, operator="  "), PLAN, 400.0, 400.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["take", "take", "take", "undo", "resume"]), max_size=80))
def test_however_it_is_undone_and_interrupted_it_ends_with_every_reading_of_the_plan(deeds: list[str]) -> None:
    bench, session = Bench(2), started()
    entries: list[Entry] = [BEGUN, WarmedUp(900.0, 2.0), Levelled(0.2)]

    def happen(entry: Entry) -> None:
        nonlocal session
        session = apply(session, entry)
        entries.append(entry)

    for deed in deeds:
        if deed == "resume":
            happen(Resumed(NOW + timedelta(hours=1)))
        elif deed == "undo" and session.readings:
            happen(Undone())
        elif deed == "take" and session.step is not None:
            happen(Taken(bench.read(session.step)))
    while session.step is not None:
        happen(Taken(bench.read(session.step)))
    planned = [step.kind for step in session.steps if step.kind != "zero"]
    assert [reading.kind for reading in session.readings if reading.kind != "zero"] == planned
    assert session.readings[0].kind == "zero"
    assert session.phase == "sign"
    assert replay(entries, PLAN, 400.0, 400.0) == session


def test_after_an_interruption_the_empty_deck_is_read_first_and_its_new_zero_counts() -> None:
    bench, session = Bench(3), started()
    for _ in range(3):
        assert session.step is not None
        session = apply(session, Taken(bench.read(session.step)))
    session = apply(session, Resumed(NOW))
    assert session.step is not None
    assert (session.step.kind, session.taken) == ("zero", 3)
    zero = bench.read(session.step)
    moved = msgspec.structs.replace(zero, counts=tuple(each + 5000 for each in zero.counts))
    session = apply(session, Taken(moved))
    assert session.step is not None
    assert session.step.kind == "place"
    place = bench.read(session.step)
    session = apply(session, Taken(place))
    _, counts = above_zero(session.readings)[-1]
    assert counts == tuple(a - b for a, b in zip(place.counts, moved.counts, strict=True))
    session = apply(apply(session, Undone()), Undone())
    assert session.step is not None
    assert session.step.kind == "zero", "an undone zero is read again too"


@pytest.mark.parametrize("killed_after", range(1, 27))
def test_a_journal_that_is_cut_off_anywhere_goes_on_where_it_was(tmp_path, killed_after: int) -> None:
    """Killed after each entry, and in the middle of writing the next one."""
    path = tmp_path / "session.jsonl"
    bench = Bench(4)
    journal = Journal(path, PLAN, 400.0, 400.0)
    written = 0

    def add(entry: Entry) -> None:
        nonlocal journal, written
        journal.add(entry)
        written += 1
        if written == killed_after:
            before = journal.session
            path.write_bytes(path.read_bytes() + b'{"entry":"taken","read')
            journal = Journal(path, PLAN, 400.0, 400.0)
            assert journal.session == before
            journal.add(Resumed(NOW))

    for entry in (BEGUN, WarmedUp(900.0, 2.0), Levelled(0.2)):
        add(entry)
    while journal.session is not None and journal.session.step is not None:
        add(Taken(bench.read(journal.session.step)))
    add(Signed("CD", NOW))
    again = Journal(path, PLAN, 400.0, 400.0)
    assert again.session == journal.session
    assert again.session is not None
    assert again.session.phase == "done"


def test_a_journal_that_is_not_one_says_where_and_how_to_get_rid_of_it(tmp_path) -> None:
    path = tmp_path / "session.jsonl"
    path.write_bytes(msgspec.json.encode(BEGUN) + b'\n{"entry":"danced"}\n')
    with pytest.raises(ProcedureError, match=r"session\.jsonl:2: not an entry.*--discard"):
        Journal(path, PLAN, 400.0, 400.0)
    path.write_bytes(msgspec.json.encode(Levelled(0.1)) + b"\n")
    with pytest.raises(ProcedureError, match="does not start with the beginning"):
        Journal(path, PLAN, 400.0, 400.0)
    with pytest.raises(ProcedureError, match="no calibration is under way"):
        Journal(tmp_path / "none.jsonl", PLAN, 400.0, 400.0).add(Undone())


def test_a_deck_that_was_off_warms_up_again_and_keeps_its_first_temperature() -> None:
    bench, session = Bench(3), begin(BEGUN, PLAN, 400.0, 400.0)
    session = apply(apply(session, WarmedUp(900.0, 4.0, 21.0)), Levelled(0.2))
    assert session.step is not None
    session = apply(session, Taken(bench.read(session.step)))
    cold = apply(apply(session, Resumed(NOW, cold=True)), Resumed(NOW))
    assert cold.phase == "warm-up", "leaving and coming back warms nothing"
    with pytest.raises(ProcedureError, match="the calibration is in 'warm-up'"):
        apply(cold, Taken(bench.read(session.steps[0])))
    warm = apply(cold, WarmedUp(900.0, -7.0, 25.0))
    assert (warm.phase, warm.step) == ("readings", session.steps[0])
    assert warm.warm == WarmedUp(900.0, -7.0, 21.0)
    assert apply(cold, WarmedUp(900.0, 1.0, 25.0)).warm == session.warm
    assert apply(session, Resumed(NOW)).phase == "readings"


def test_loads_after_the_zero_return_are_taken_above_it() -> None:
    readings = Bench(3).perform(sign=False).readings
    returned = next(each for each in readings if each.kind == "zero-return")
    reading, counts = above_zero(readings)[-1]
    assert reading.kind == "verify"
    assert counts == tuple(a - b for a, b in zip(reading.counts, returned.counts, strict=True))
