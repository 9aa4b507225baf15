"""Each limit refuses the deck that deserves it, in words; and a good deck passes."""

from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest

from calibration.certificate import check_certificate
from calibration.errors import ProcedureError, RefusedError
from calibration.evidence import Four, Judgement
from calibration.judge import Deck, certify, judge, look_at_reading
from calibration.limits import explain, limit_of, load_limits
from calibration.plan import Step
from calibration.procedure import Levelled, Session, Signed, WarmedUp
from calibration.virtual import certify_virtual_deck
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.load import EmptyDeck
from tests.calibration.doing import DECK, NOW, WEIGHTS, Bench, spoiled

TODAY = NOW.date()


def refused(session: Session, deck: Deck = DECK) -> set[str]:
    return {each.limit_name for each in judge(session, deck, None, TODAY).judgements if not each.passed}


def test_a_good_deck_gets_a_certificate_that_follows_the_one_before() -> None:
    session = Bench(1).perform()
    first = certify(session, DECK, None)
    check_certificate(first, "first")
    assert first.valid_until == NOW + timedelta(days=365)
    assert first.evidence is not None
    assert len(first.evidence.readings) == len(session.steps)
    assert all(each.passed for each in first.evidence.judgements)
    second = certify(session, DECK, first)
    assert (second.number, second.previous) == (2, first.id)
    assert "gain-change" in {each.limit_name for each in second.evidence.judgements}  # type: ignore[union-attr]


def test_thirty_good_decks_are_refused_by_nothing() -> None:
    for seed in range(100, 130):
        assert refused(Bench(seed).perform()) == set(), seed


Spoil = Callable[[Step, Four], Four]


def at(kinds: tuple[str, ...], change: Spoil) -> Spoil:
    return lambda step, counts: change(step, counts) if step.kind in kinds else counts


def shifted(counts: Four, by: float) -> Four:
    return counts[0] + by, counts[1] + by, counts[2] + by, counts[3] + by


def swapped(counts: Four, one: int, other: int) -> Four:
    each = list(counts)
    each[one], each[other] = each[other], each[one]
    return each[0], each[1], each[2], each[3]


# 20 kg are about 860,000 counts over the four corners
SPOILT: dict[str, Spoil] = {
    "saturated": at(("place",), lambda step, c: (float(0x7FFFFF), c[1], c[2], c[3]) if step.hole == "B3" else c),
    "order": lambda step, counts: swapped(counts, 0, 1),
    "gain-spread": lambda step, c: (c[0], c[1], c[2] * 1.2, c[3]),
    "zero-return": at(("zero-return",), lambda step, c: shifted(c, 250.0)),
    "hysteresis": at(("load-down",), lambda step, c: shifted(c, 600.0)),
    "corner-spread": at(("place",), lambda step, c: shifted(c, 5000.0) if step.hole == "A1" else c),
    "force": at(("verify",), lambda step, c: shifted(c, 1500.0)),
    "place-worst": at(
        ("verify",), lambda step, c: (c[0] + 12000, c[1] - 12000, c[2], c[3]) if step.hole == "V2" else c
    ),
    "place-rms": at(("verify",), lambda step, c: (c[0] + 5000, c[1] - 5000, c[2] + 5000, c[3] - 5000)),
}


@pytest.mark.parametrize("name", list(SPOILT))
def test_a_deck_that_deserves_it_is_refused_by_that_limit(name: str) -> None:
    bench = Bench(5)
    bench.spoil = SPOILT[name]
    assert name in refused(bench.perform())


def test_a_load_that_does_not_repeat_is_refused() -> None:
    bench, seen = Bench(5), 0

    def restless(step: Step, counts: Four) -> Four:
        nonlocal seen
        if step.kind != "repeat":
            return counts
        seen += 1
        return shifted(counts, 400.0 * seen)

    bench.spoil = restless
    assert "repeatability" in refused(bench.perform())


def changed(session: Session, **changes: object) -> Session:
    return msgspec.structs.replace(session, **changes)


def with_weights(**changes: object) -> Session:
    weights = (msgspec.structs.replace(WEIGHTS[0], **changes), *WEIGHTS[1:])
    session = Bench(6).perform()
    return changed(session, begun=msgspec.structs.replace(session.begun, weights=weights))


def test_what_goes_with_the_session_is_held_to_its_limits_too() -> None:
    good = Bench(6).perform()
    assert refused(good) == set()
    assert refused(with_weights(valid_until=date(2026, 11, 25))) == {"weight-certificate"}
    assert refused(with_weights(valid_until=TODAY)) == set(), "valid until and with that day"
    assert refused(with_weights(uncertainty_g=15.0)) == {"weight-uncertainty"}
    assert refused(changed(good, warm=WarmedUp(900.0, -80.0))) == {"drift"}
    assert refused(changed(good, level=Levelled(1.4))) == {"level"}
    assert refused(good, spoiled(rates_hz=(92.0, 94.0, 10.8, 90.0))) >= {"rate", "rate-spread"}
    assert refused(good, spoiled(rates_hz=(76.0, 94.0, 90.0, 90.0))) == {"rate-spread"}
    warm = msgspec.structs.replace(good.warm, temperature_c=21.0)  # type: ignore[type-var]
    hot = changed(good, warm=warm, signed=Signed("CD", NOW, temperature_c=25.0))
    assert refused(hot) == {"temperature"}
    assert refused(changed(good, warm=warm, signed=None), spoiled(temperature_c=25.0)) == {"temperature"}, "and before"
    assert refused(good, spoiled(two_people=True)) == set()
    alone = changed(good, signed=Signed("ab ", NOW))
    assert refused(alone, spoiled(two_people=True)) == {"two-people"}
    noisy = msgspec.structs.replace(good.readings[4], sd_counts=(50.0, 900.0, 50.0, 50.0))
    assert refused(changed(good, readings=(*good.readings[:4], noisy, *good.readings[5:]))) == {"unsteady"}
    leaning = msgspec.structs.replace(good.readings[4], drift_counts_per_s=(1.0, 2.0, -60.0, 1.0))
    assert refused(changed(good, readings=(*good.readings[:4], leaning, *good.readings[5:]))) == {"slope"}
    torn = msgspec.structs.replace(good.readings[4], flagged=60)
    assert refused(changed(good, readings=(*good.readings[:4], torn, *good.readings[5:]))) == {"flagged"}


@pytest.mark.parametrize(
    ("began_c", "ended_c", "stated"), [(26.9, 27.3, (26.9, 27.3)), (None, 27.3, None), (26.9, None, None)]
)
def test_a_certificate_states_the_deck_s_temperature_where_a_sensor_gave_it(
    began_c: float | None, ended_c: float | None, stated: tuple[float, float] | None
) -> None:
    good = Bench(6).perform()
    session = changed(good, warm=WarmedUp(900.0, 2.0, began_c), signed=Signed("CD", NOW, temperature_c=ended_c))
    certificate = certify(session, DECK, None)
    check_certificate(certificate, "here")
    evidence = certificate.evidence
    assert evidence is not None
    assert evidence.temperature_c == stated
    assert ("temperature" in {each.limit_name for each in evidence.judgements}) == (stated is not None)
    assert ("some degrees above the room" if stated else "not known") in evidence.temperature_words


def test_loads_that_do_not_cover_the_deck_are_refused() -> None:
    good = Bench(6).perform()
    narrow = tuple(
        each
        if each.kind != "place"
        else msgspec.structs.replace(each, x_mm=each.x_mm / 10, counts=_squeezed(good, each))
        for each in good.readings
    )
    assert "condition" in refused(changed(good, readings=narrow))
    with pytest.raises(ProcedureError, match="readings are missing"):
        judge(changed(good, readings=good.readings[:-1], signed=None), DECK, None, TODAY)


def _squeezed(session: Session, reading: object) -> Four:
    """What the reading would be with its load at a tenth of its distance in ML."""
    zero = session.readings[0].counts
    left = [(a - z) for a, z in zip(reading.counts, zero, strict=True)]  # type: ignore[attr-defined]
    front, back = (left[0] + left[1]) / 2, (left[2] + left[3]) / 2
    lean_f, lean_b = (left[1] - left[0]) / 20, (left[3] - left[2]) / 20
    four = (front - lean_f, front + lean_f, back - lean_b, back + lean_b)
    return four[0] + zero[0], four[1] + zero[1], four[2] + zero[2], four[3] + zero[3]


def test_a_cell_that_has_changed_since_the_last_certificate_is_refused_unless_it_was_replaced() -> None:
    bench = Bench(7)
    before = certify(bench.perform(), DECK, None)
    bench.spoil = lambda step, c: (c[0], c[1] * 1.03, c[2], c[3])
    after = bench.perform()
    with pytest.raises(RefusedError, match="how far the worst cell's gain has moved since the last certificate: "):
        certify(after, DECK, before)
    replaced = changed(after, begun=msgspec.structs.replace(after.begun, new_parts=True))
    certificate = certify(replaced, DECK, before)
    assert certificate.number == 2
    assert "parts were replaced, so gains were not held to the certificate before" in certificate.note


def test_gains_are_not_held_to_a_certificate_of_another_station_or_of_a_virtual_deck() -> None:
    bench = Bench(7)
    other = certify(bench.perform(), spoiled(station="st-0002"), None)
    virtual = certify_virtual_deck(VirtualDeck(EmptyDeck(), 1), station=DECK.station)
    bench.spoil = lambda step, c: (c[0], c[1] * 1.03, c[2], c[3])
    session = bench.perform()
    for before in (other, virtual):
        certificate = certify(session, DECK, before)
        assert (certificate.number, certificate.previous) == (2, before.id)
        assert certificate.evidence is not None
        assert "gain-change" not in {each.limit_name for each in certificate.evidence.judgements}
        assert "the certificate before was not measured on this deck" in certificate.note


def test_what_was_held_to_a_limit_that_is_gone_can_still_be_read() -> None:
    gone = Judgement(limit_name="smell", measured=3.0, limit=2.0, unit="olf", passed=False)
    assert explain(gone).startswith("smell: 3 olf, at most 2 olf allowed; ")
    assert explain(msgspec.structs.replace(gone, measured=1.0)).startswith("smell: 1 olf, at least 2 olf allowed; ")
    assert limit_of(msgspec.structs.replace(gone, measured=1.0, passed=True)).refused == "above"
    level = load_limits().named("level").judge(float("nan"))
    assert explain(level).startswith("how far the deck is off level: not measured, at most 1° allowed; ")
    stricter = msgspec.structs.replace(load_limits().named("level").judge(0.7), limit=0.5, passed=False)
    assert "0.7°, at most 0.5° allowed" in explain(stricter), "the limit of that day, not of today"


def test_every_limit_of_the_table_is_applied_and_every_refusal_says_what_to_do() -> None:
    good = Bench(8).perform()
    warm = msgspec.structs.replace(good.warm, temperature_c=21.0)  # type: ignore[type-var]
    session = changed(good, warm=warm, signed=Signed("CD", NOW, temperature_c=21.5))
    found = judge(session, spoiled(two_people=True), certify(good, DECK, None), TODAY)
    assert {each.limit_name for each in found.judgements} == {limit.name for limit in load_limits().limit}
    for limit in load_limits().limit:
        assert limit.source
        assert limit.to_do
    shorts = [limit.short for limit in load_limits().limit]
    assert len(set(shorts)) == len(shorts)
    assert max(len(short) for short in shorts) <= 24, "one line of a table on the screen"


def test_a_refusal_names_the_limit_the_value_and_the_remedy() -> None:
    session = changed(Bench(6).perform(), level=Levelled(1.437))
    with pytest.raises(RefusedError) as raised:
        certify(session, DECK, None)
    assert raised.value.reasons == (
        "how far the deck is off level: 1.437°, at most 1° allowed; "
        "level the deck with its feet until it neither tilts nor rocks",
    )


def test_a_reading_that_cannot_be_used_is_told_at_once() -> None:
    bench = Bench(9)
    session = bench.perform(sign=False)
    zero, first = session.readings[0], session.readings[1]
    assert look_at_reading(first, zero) == ()
    crossed = msgspec.structs.replace(first, counts=swapped(first.counts, 0, 3))
    assert [each.limit_name for each in look_at_reading(crossed, zero)] == ["order"]
    shaky = msgspec.structs.replace(first, sd_counts=(1000.0, 1.0, 1.0, 1.0))
    assert [each.limit_name for each in look_at_reading(shaky, None)] == ["unsteady"]
    leaning = msgspec.structs.replace(first, drift_counts_per_s=(0.0, 51.0, 0.0, 0.0))
    assert [each.limit_name for each in look_at_reading(leaning, None)] == ["slope"]


def test_nothing_is_certified_that_nobody_has_signed() -> None:
    with pytest.raises(ProcedureError, match="not signed"):
        certify(Bench(1).perform(sign=False), DECK, None)


@pytest.mark.parametrize("interrupted_before", ["zero-return", "verify"])
def test_an_interruption_does_not_hide_a_zero_that_did_not_return(interrupted_before: str) -> None:
    bench = Bench(5)
    session = bench.perform(sign=False)
    at = next(n for n, each in enumerate(session.readings) if each.kind == interrupted_before)
    returned = next(each for each in session.readings if each.kind == "zero-return")
    off = msgspec.structs.replace(returned, counts=shifted(returned.counts, 250.0))
    again = msgspec.structs.replace(off, kind="zero")
    readings = [off if each is returned else each for each in session.readings]
    readings.insert(at, again)
    assert "zero-return" in refused(changed(session, readings=tuple(readings)))
