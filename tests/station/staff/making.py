"""Makers for the tests of the staff flow: a site, its states, and what is told to them."""

from datetime import date

import msgspec

from calibration.evidence import Reading
from calibration.plan import load_plan
from calibration.procedure import Levelled, Session, Taken, WarmedUp, apply, begin
from station.screens import Hole, ScreenModel, Trend
from station.staff.effects import Effect
from station.staff.events import CertificateView, Entered, Event, Journaled, PinChecked, Pressed, Site
from station.staff.present import present
from station.staff.reduce import enter, reduce
from station.staff.state import StaffState
from tests.calibration.doing import WEIGHTS, Bench

PLAN = load_plan()
SITE = Site(
    holes=tuple(Hole(name, x, y) for name, (x, y) in PLAN.holes.items()),
    weights=WEIGHTS,
    today=date(2026, 11, 26),
)
CERTIFICATE = CertificateView(3, "9ac836", "2026-01-12", "2027-01-12", "AB")
ENTERED = Entered(SITE, "set", 0.0, None, None, CERTIFICATE, Trend((), 0.3))


def door(**changes: object) -> StaffState:
    return enter(msgspec.structs.replace(ENTERED, **changes))


def told(state: StaffState, *events: Event) -> tuple[StaffState, list[Effect]]:
    effects: list[Effect] = []
    for event in events:
        state, more = reduce(state, event)
        effects += more
    return state, effects


def pressed(state: StaffState, *actions: str) -> tuple[StaffState, list[Effect]]:
    for action in actions:
        assert action in offered(present(state)), f"{present(state).name} does not offer {action!r}"
        state, effects = reduce(state, Pressed(action))
    return state, list(effects)


def offered(screen: ScreenModel) -> set[str]:
    return {button.action for button in screen.buttons}


def menu(**changes: object) -> StaffState:
    return told(door(**changes), PinChecked("AB"))[0]


def levelled() -> Session:
    begun = Bench(1).perform(sign=False).begun
    return apply(apply(begin(begun, PLAN, 400.0, 400.0), WarmedUp(900.0, 2.0)), Levelled(0.2))


def reading_stage(number: int = 0, bench: Bench | None = None) -> tuple[StaffState, Bench]:
    """Return the state in which reading `number` is asked for (0: the empty deck), those before taken."""
    bench = bench or Bench(1)
    session = levelled()
    for _ in range(number):
        assert session.step is not None
        session = apply(session, Taken(bench.read(session.step)))
    state, _ = told(menu(session=session), Pressed("resume"), Journaled(session))
    assert present(state).name == "calibrate.read"
    return state, bench


def asked(state: StaffState, bench: Bench) -> Reading:
    assert state.step is not None
    return bench.read(state.step)
