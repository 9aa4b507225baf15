"""Laws of the staff flow: whatever happens, every screen can be drawn, and there is always a way out."""

from collections.abc import Iterable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from station.screens import ScreenModel
from station.staff.effects import Leave, Sign
from station.staff.events import (
    Event,
    Failed,
    Journaled,
    Judged,
    Moved,
    PinChecked,
    Pressed,
    Read,
    Ticked,
    Tilted,
    Warmed,
)
from station.staff.present import present
from station.staff.reduce import reduce
from tests.calibration.doing import WEIGHTS, Bench
from tests.station.staff.making import SITE, door, offered

ACTIONS = sorted(
    {f"digit.{n}" for n in range(10)}
    | {f"weight.{each.id}" for each in WEIGHTS}
    | {"enter", "back", "cancel", "leave", "calibrate", "resume", "go", "pause", "undo", "sign", "discard", "anew"}
    | {"yes-discard", "new-parts", "details", "daily-check", "certificate", "stop", "help", "start", "nonsense", ""}
)
FULL = Bench(1).perform(sign=False)
sessions = st.integers(0, len(FULL.readings)).map(lambda n: msgspec.structs.replace(FULL, readings=FULL.readings[:n]))
events = st.one_of(
    st.sampled_from(ACTIONS).map(Pressed),
    st.floats(0, 1e6).map(Ticked),
    st.sampled_from(["AB", "CD", None]).map(lambda who: PinChecked(who, 3)),
    st.just(PinChecked(None, 0, 60.0)),
    st.just(Moved()),
    st.floats(0, 3).map(Tilted),
    st.tuples(st.floats(0, 2000), st.one_of(st.none(), st.floats(0, 100))).map(lambda each: Warmed(*each)),
    sessions.map(Journaled),
    st.just(Journaled(None)),
    st.just(Failed("why")),
    st.booleans().map(lambda passed: Judged((), passed)),
    st.sampled_from(FULL.readings).map(Read),
)
OUT = {"leave", "cancel", "pause", "back"}


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=40), st.booleans())
def test_whatever_happens_every_screen_can_be_drawn_and_left(history: Iterable[Event], two_people: bool) -> None:
    state = door(site=msgspec.structs.replace(SITE, two_people=two_people))
    for event in history:
        state, effects = reduce(state, event)
        screen = present(state)
        assert screen.kind in ("keypad", "staff")
        assert screen.title
        assert OUT & offered(screen), screen.name
        assert msgspec.json.decode(msgspec.json.encode(screen), type=ScreenModel) == screen
        for effect in effects:
            if isinstance(effect, Sign):
                assert not two_people or effect.approver is not None or state.session is None or state.session.signed


@settings(max_examples=100, deadline=None)
@given(st.lists(events, max_size=25))
def test_from_anywhere_a_few_touches_of_the_way_out_leave(history: Iterable[Event]) -> None:
    state = door()
    for event in history:
        state, _ = reduce(state, event)
    for _ in range(4):
        way = next(each for each in ("leave", "cancel", "pause", "back") if each in offered(present(state)))
        state, effects = reduce(state, Pressed(way))
        if Leave() in effects:
            return
    raise AssertionError(f"still on {present(state).name}")
