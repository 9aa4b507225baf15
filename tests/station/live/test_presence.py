"""Presence says when somebody is on the deck and still, and when they have left."""

import math

from station.live.grid import Row
from station.live.presence import Presence
from station.visit.events import Event, Settled, SteppedOff, SteppedOn, Unsettled

NAN = float("nan")


def row(fz_n: float, ml: float = 0.0, ap: float = 0.0, corner_n: float | None = None) -> Row:
    quarter = fz_n / 4 if corner_n is None else corner_n
    cop = (ml, ap) if fz_n > 20 else (NAN, NAN)
    return Row(0, quarter, quarter, quarter, quarter, fz_n, *cop, 0)


def feed(presence: Presence, rows: list[Row]) -> list[Event]:
    return [event for each in rows if (event := presence.push(each)) is not None]


def test_a_person_steps_on_settles_moves_and_leaves() -> None:
    presence = Presence(9.81)
    stand = [row(700 + math.sin(k), math.sin(k / 9), math.cos(k / 7)) for k in range(300)]
    fidget = [row(700, ml=60 * math.sin(k / 10)) for k in range(200)]
    events = feed(presence, [row(0)] * 200 + stand + fidget + [row(2)] * 100)
    assert [type(each) for each in events] == [SteppedOn, Settled, Unsettled, SteppedOff]
    settled = events[1]
    assert isinstance(settled, Settled)
    assert abs(settled.body_mass_kg - 700 / 9.81) < 0.1


def test_a_bag_dropped_on_the_deck_is_nobody() -> None:
    presence = Presence(9.81)
    assert feed(presence, [row(0)] * 50 + [row(400)] * 5 + [row(80)] * 500) == []
    assert not presence.on_deck


def test_somebody_who_sways_a_lot_but_keeps_their_weight_is_still_enough() -> None:
    presence = Presence(9.81)
    sway = [row(600 + 8 * math.sin(k / 3), ml=15 * math.sin(k / 40)) for k in range(300)]
    assert any(isinstance(event, Settled) for event in feed(presence, sway))


def test_zero_drift_is_measured_while_the_deck_is_empty_and_only_then() -> None:
    presence = Presence(9.81)
    feed(presence, [row(0, corner_n=0.7)] * 450)
    assert presence.zero_drift_n is not None
    assert abs(presence.zero_drift_n[0] - 0.7) < 1e-9
    feed(presence, [row(700)] * 300)
    assert abs(presence.zero_drift_n[0] - 0.7) < 1e-9


def test_rows_without_forces_change_nothing() -> None:
    presence = Presence(9.81)
    feed(presence, [row(700)] * 200)
    assert feed(presence, [Row(0, *([NAN] * 7), 2)] * 500) == []
    assert presence.on_deck
