"""The station while somebody stands: what it does when all goes well, and where everything else ends."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hardware.sensor import Channel, Flag, Sample
from station.errors import UsageError
from station.messages import Cue
from station.visit.events import Began
from tests.station.live.running import SETTINGS, RunningStation


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningStation]:
    station = RunningStation(tmp_path)
    yield station
    station.close()


def test_a_visit_ends_with_a_committed_record_and_a_screen_without_numbers(running: RunningStation) -> None:
    running.until("result")
    record = running.record
    assert record is not None
    assert set(running.station.store.raw_trials(record.id)) == {"quiet-stance-1"}
    view = running.engine.screen.result
    assert view is not None
    shown = " ".join((view.word, *view.sentences, view.next_step))
    assert not any(character.isdigit() for character in shown)


def test_a_load_cell_lost_in_a_trial_is_reported_within_a_second_and_the_trial_is_not_assessable(
    running: RunningStation,
) -> None:
    running.until("measure.quiet-stance")
    running.step(1000)
    running.samples.change = lambda sample: None if sample.channel == Channel.BACK_LEFT else sample
    assert running.until("fault", limit_s=5.0) <= 1.0
    assert "back_left" in "; ".join(running.station.status().reasons)
    assert running.station.status().state == "fault"
    record = running.record
    assert record is not None
    assert record.tier == "not assessable"
    assert any(isinstance(each, Cue) and each.key == "call-staff" for each in running.messages)


def test_when_the_load_cell_is_back_the_station_is_ready_for_the_next_person(running: RunningStation) -> None:
    running.until("measure.quiet-stance")
    running.samples.change = lambda sample: None if sample.channel == Channel.FRONT_LEFT else sample
    running.until("fault", limit_s=5.0)
    running.samples.change = lambda sample: sample
    running.step(500)
    assert running.engine.screen.name == "fault", "who was told to hold the rail is not left with a welcome"
    running.process.person.step_off(running.process.now_ns)
    running.until("attract", limit_s=5.0)
    assert running.station.status().state == "ready"


@pytest.mark.parametrize(
    ("flag", "every", "words"),
    [(Flag.LONG_PULSE, 100, "frames flagged"), (Flag.SATURATED, 400, "end of its range")],
)
def test_flagged_frames_make_a_trial_not_assessable_and_never_a_finding(
    running: RunningStation, flag: Flag, every: int, words: str
) -> None:
    count = 0

    def spoil(sample: Sample) -> Sample:
        nonlocal count
        count += 1
        bad = sample.channel < 4 and count % every == 0 and running.engine.screen.kind == "measure"
        return sample._replace(flags=int(flag)) if bad else sample

    running.samples.change = spoil
    running.until("result")
    record = running.record
    assert record is not None
    assert record.tier == "not assessable"
    assert any(words in each for each in record.quality_flags), record.quality_flags
    assert [trial.split(",")[0] for trial in record.quality_flags].count("quiet-stance") >= 2, "one kind retry was made"


def test_a_rare_flagged_frame_is_bridged_and_counted(running: RunningStation) -> None:
    done = False

    def spoil_one(sample: Sample) -> Sample:
        nonlocal done
        if not done and sample.channel == 0 and running.engine.screen.kind == "measure":
            done = True
            return sample._replace(flags=int(Flag.LONG_PULSE))
        return sample

    running.samples.change = spoil_one
    running.until("result")
    record = running.record
    assert record is not None
    assert record.tier == "not at risk"
    assert running.station.grid.corners[0].flagged == 1


def test_stop_is_always_heard_and_ends_calmly_with_a_record_that_says_so(running: RunningStation) -> None:
    running.until("measure.quiet-stance")
    running.step(500)
    running.engine.press("stop", serial=-1)
    assert running.engine.screen.name == "step-off"
    running.until("result")
    record = running.record
    assert record is not None
    assert record.tier == "not assessable"
    assert any("stop" in reason.text.lower() for reason in record.reasons)


def test_a_touch_on_a_screen_that_has_gone_is_ignored(tmp_path: Path) -> None:
    running = RunningStation(tmp_path, msgspec.structs.replace(SETTINGS, protocol="walk-up"))
    running.until("about")
    stale = running.engine.serial
    running.until("gate.dizzy")
    running.engine.press("yes", serial=stale)
    assert running.engine.screen.name == "gate.dizzy"
    running.close()


def test_a_busy_station_refuses_a_second_visit_and_an_unknown_protocol(running: RunningStation) -> None:
    with pytest.raises(UsageError, match=r"no protocol 'dance'.*walk-up"):
        running.engine.begin(Began("dance"))
    running.until("measure.quiet-stance")
    with pytest.raises(UsageError, match="not free"):
        running.engine.begin(Began("walk-up"))


def test_a_database_that_fails_ends_in_the_safe_state_and_calls_staff(
    running: RunningStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(running.station.store, "commit", full)
    running.until("fault")
    assert running.record is None
    assert any(isinstance(each, Cue) and each.key == "call-staff" for each in running.messages)
    assert running.until("attract", limit_s=30) > 5, "and serves the next person once this one has left"


def test_an_error_of_our_own_in_a_tick_ends_in_the_safe_state_and_not_in_a_dead_station(
    running: RunningStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.until("measure.quiet-stance")
    running.step(300)
    monkeypatch.setattr(running.station.grid, "rows", lambda now_ns: 1 / 0)
    running.step()
    assert running.engine.screen.name == "fault"
    monkeypatch.undo()
    running.until("attract", limit_s=30)
    assert running.record is not None
    assert running.record.tier == "not assessable"


def test_after_the_wipe_the_engine_holds_nothing_of_the_person(running: RunningStation) -> None:
    running.until("result")
    running.until("attract")
    engine = running.engine
    assert (engine._trials, engine._raw, engine._trial) == ({}, {}, None)


def test_no_live_dot_is_sent_while_anything_is_scored(running: RunningStation) -> None:
    running.until("centre")
    running.step(50)
    assert running.engine.live(running.process.now_ns).dot_ml_mm is not None
    running.until("measure.quiet-stance")
    for _ in range(100):
        running.step(10)
        assert running.engine.live(running.process.now_ns).dot_ml_mm is None


def walk_up(tmp_path: Path) -> RunningStation:
    return RunningStation(tmp_path, msgspec.structs.replace(SETTINGS, protocol="walk-up"))


def shifted(running: RunningStation, sample: Sample, newtons: float) -> Sample:
    """Return a corner's sample as if so many newtons more pressed on it."""
    before = running.station.grid.model.corner_forces_n((0.0, 0.0, 0.0, 0.0))[sample.channel]
    after = running.station.grid.model.corner_forces_n((1e6, 1e6, 1e6, 1e6))[sample.channel]
    counts = round(newtons * 1e6 / (after - before))
    return sample._replace(values=(sample.values[0] + counts, *sample.values[1:]))


@pytest.mark.parametrize("newtons", [-500.0, -1500.0, 1500.0, 3000.0])
def test_a_load_cell_that_leaps_is_no_finding_and_the_trial_is_done_again(tmp_path: Path, newtons: float) -> None:
    running = walk_up(tmp_path)
    began: list[int] = []

    def leap(sample: Sample) -> Sample:
        if running.engine.screen.name == "measure.side-by-side" and sample.channel == Channel.FRONT_LEFT:
            began.append(sample.t_ns)
            if 3e9 < sample.t_ns - began[0] < 3.3e9:
                return shifted(running, sample, newtons)
        return sample

    running.samples.change = leap
    running.until("result", limit_s=400)
    record = running.record
    assert record is not None
    assert record.tier == "not at risk"
    assert any(each.startswith("side-by-side, attempt 1") for each in record.quality_flags)
    running.close()


def test_what_is_put_down_before_a_stance_is_no_loss_of_balance(tmp_path: Path) -> None:
    running = walk_up(tmp_path)
    put_down: list[bool] = []

    def carry(sample: Sample) -> Sample:
        if running.engine.screen.name == "prepare.side-by-side":
            put_down.append(True)
        on_deck = running.engine._presence.on_deck and sample.channel < 4
        return shifted(running, sample, 12.5) if on_deck and not put_down else sample

    running.samples.change = carry
    running.until("result", limit_s=400)
    assert running.record is not None
    assert running.record.tier == "not at risk"
    running.close()


def test_a_foot_that_feels_for_the_deck_is_no_zero_drift(tmp_path: Path) -> None:
    running = walk_up(tmp_path)

    def touch(sample: Sample) -> Sample:
        feeling = running.engine.screen.name == "step-on" and not running.engine._presence.on_deck
        return shifted(running, sample, 4.0) if feeling and sample.channel < 2 else sample

    running.samples.change = touch
    running.until("result", limit_s=400)
    assert running.record is not None
    assert running.record.tier == "not at risk"
    running.close()


def test_a_deck_imu_that_falls_silent_is_a_fault_within_a_second(running: RunningStation) -> None:
    running.until("measure.quiet-stance")
    running.step(1000)
    running.samples.change = lambda sample: None if sample.channel == Channel.DECK_IMU else sample
    assert running.until("fault", limit_s=5.0) <= 1.0
    assert "IMU" in "; ".join(running.station.status().reasons)
    assert running.station.status().imu_rate_hz is None
    assert running.record is not None
    assert running.record.tier == "not assessable"


def test_a_corner_that_goes_on_reading_what_cannot_be_is_a_fault(running: RunningStation) -> None:
    running.until("measure.quiet-stance")
    running.samples.change = lambda sample: (
        shifted(running, sample, -1500.0) if sample.channel == Channel.BACK_RIGHT else sample
    )
    assert running.until("fault", limit_s=5.0) <= 2.0
    assert "nobody on the deck can cause" in "; ".join(running.station.status().reasons)


def test_an_error_of_our_own_while_a_button_is_pressed_ends_in_the_safe_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import station.live.engine as module

    running = walk_up(tmp_path)
    running.until("about")
    working = module.present
    calls: list[int] = []

    def fails_once(visit: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("no such text")
        return working(visit)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "present", fails_once)
    running.engine.press("continue", running.engine.serial)
    assert running.engine.screen.name == "fault"
    assert (running.station.status().state, running.station.status().reasons) == ("fault", ("internal error",))
    running.close()
