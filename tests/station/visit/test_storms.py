"""Random storms of events: whatever comes, nobody is left standing without a way to stop, and a wipe forgets all."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.screens import ResultView
from station.visit.events import (
    Began,
    Cleared,
    Faulted,
    Pressed,
    Recorded,
    Settled,
    SteppedOff,
    SteppedOn,
    Ticked,
    TrialEnded,
    Unsettled,
)

VIEW = ResultView("Steady", ("One.", "Two."), "Next.")
ACTIONS = [
    *["start", "continue", "yes", "no", "skip", "one", "two-or-more", "age.70-86", "finish", "again", "stop", "help"],
    *["", "nonsense", "age.", "stop "],
]
TRIALS = ["quiet-stance", "side-by-side", "semi-tandem", "tandem", "one-foot", "unknown"]
STARTS = [
    "attract",
    "gate.dizzy",
    "question.fell",
    "step-on",
    "centre",
    "measure.quiet-stance",
    "measure.tandem",
    "result",
]

pressed = st.sampled_from(ACTIONS).map(Pressed)
time_passes = st.sampled_from([0.01, 0.5, 1.0, 2.0, 5.0, 13.0, 40.0, 130.0])
deck = st.sampled_from([SteppedOn(), SteppedOff(), Settled(70.0), Settled(71.5), Unsettled()])
trial_ended = st.builds(
    TrialEnded,
    st.sampled_from(TRIALS),
    st.integers(0, 3),
    st.sampled_from(["completed", "lost", "stopped", "not assessable"]),
    st.floats(0, 30),
    st.just(("a reason",)),
)
right_trial_ended = st.sampled_from(["completed", "lost", "stopped", "not assessable"])
others = st.sampled_from(
    [
        Began("walk-up"),
        Began("quiet-stance", 63),
        Began("unknown"),
        Recorded(VIEW),
        Faulted("a"),
        Faulted("b"),
        Cleared(),
    ]
)
storm = st.lists(
    st.one_of(pressed, time_passes, time_passes, deck, deck, trial_ended, right_trial_ended, others), max_size=80
)


def rage(visit, events) -> None:
    for event in events:
        if isinstance(event, float):
            visit.now_s += event
            visit.send(Ticked(visit.now_s), Ticked(visit.now_s))
        elif isinstance(event, str):
            if visit.running is not None:
                visit.end_trial(event)
        else:
            visit.send(event)


@pytest.mark.parametrize("start", STARTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=storm)
def test_no_storm_breaks_a_law_and_stop_is_always_a_way_out(at, start, events):
    visit = at(start)
    rage(visit, events)  # every step checks the laws of the screens and of the running trial
    visit.send(SteppedOn())
    if visit.state.stage == "fault":
        visit.send(Cleared())
    else:
        visit.press("stop")
    assert visit.running is None
    visit.send(SteppedOff(), Recorded(VIEW))
    visit.wait(200)
    assert visit.state == visit.begin, f"no way out of {visit.screen.name}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=storm)
def test_whoever_walks_away_is_forgotten(at, events):
    visit = at("question.fell")
    rage(visit, events)
    visit.send(Cleared(), SteppedOff())
    if visit.running is not None:
        visit.end_trial("lost")
    visit.wait(260)
    visit.send(Recorded(VIEW))
    visit.wait(110)
    assert visit.state == visit.begin, f"{visit.screen.name} remembers somebody"


def test_the_flow_and_the_rule_load_without_window_database_or_socket():
    code = (
        "import sys, station.visit.reduce, station.visit.present, station.screening.words; "
        "ours = [m for m in sys.modules if m.split('.')[0] in ('kivy', 'kiosk_ui', 'mqtt_bridge', 'hardware', 'paho')"
        " or m.startswith(('station.live', 'station.cli', 'station.demo', 'sqlite3', '_sqlite3'))"
        " or (m.startswith('station.') and 'socket' in vars(sys.modules[m]))]; "
        "print(ours); sys.exit(bool(ours))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
