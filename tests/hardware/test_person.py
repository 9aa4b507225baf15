"""A virtual person: does what they are told, at the time they are told, without jumps, and fails when ability ends."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardware.errors import SettingError
from hardware.virtual.balance import CONDITIONS, Condition
from hardware.virtual.person import FALL_STEP_S, STANCES, STANDARD_GRAVITY_M_S2, VirtualPerson
from hardware.virtual.playback import centred

S = 1_000_000_000


def recording_of(seconds: float, fz_n: float | None = None) -> VirtualPerson:
    """A person whose recording is told from any model: ML rises by 1 mm a second."""
    t = np.arange(round(seconds * 100)) / 100
    fz = None if fz_n is None else np.full(len(t), fz_n)
    return VirtualPerson(recording=centred("ramp", t, t, -2 * t, fz))


def series(person: VirtualPerson, from_s: float, to_s: float, step_s: float = 0.001) -> np.ndarray:
    return np.array(person.over(np.arange(round(from_s * S), round(to_s * S), round(step_s * S))))


def test_nobody_is_on_the_deck_before_stepping_on_or_after_stepping_off() -> None:
    person = VirtualPerson(70)
    assert person.at(5 * S) == (0.0, 0.0, 0.0)
    person.step_on(10 * S)
    assert person.at(10 * S - 1) == (0.0, 0.0, 0.0)
    assert person.on_deck
    person.step_off(20 * S)
    assert not person.on_deck
    assert person.at(20 * S + S) == (0.0, 0.0, 0.0)
    assert not series(person, 21, 30).any()


def test_stepping_on_takes_the_weight_within_a_second_one_foot_first() -> None:
    person = VirtualPerson(70)
    person.step_on(10 * S)
    weight_n = 70 * STANDARD_GRAVITY_M_S2
    fz, ml, _ = series(person, 10, 14)
    assert fz[0] < 1
    assert fz[900] > 0.95 * weight_n
    assert fz[450] < 0.75 * weight_n, "one foot is still on the floor"
    assert ml[450] < -60, "the weight is over the first foot"
    assert fz.max() < 1.15 * weight_n
    assert np.abs(fz[2000:] / weight_n - 1).max() < 0.01, "standing still after two seconds"
    assert np.abs(ml[2000:]).max() < 15


@pytest.mark.parametrize(
    ("mass_kg", "fz_n", "weight_n"), [(None, None, 686.4655), (None, 500.0, 500.0), (80.0, 500.0, 784.532)]
)
def test_body_weight_comes_from_what_is_given_then_from_the_recording(
    mass_kg: float | None, fz_n: float | None, weight_n: float
) -> None:
    t = np.arange(300) / 100
    recording = centred("r", t, t, t, None if fz_n is None else np.full(300, fz_n))
    person = VirtualPerson(mass_kg, recording)
    person.step_on(0)
    person.stand("quiet", 3 * S)
    assert series(person, 5, 6)[0] == pytest.approx(weight_n, rel=1e-6)


@pytest.mark.parametrize(("seconds", "recorded"), [(60, True), (40, True), (30.5, True), (30.01, True), (20, False)])
def test_quiet_stance_plays_the_recording_from_the_moment_that_the_reply_names(seconds: float, recorded: bool) -> None:
    person = recording_of(seconds)
    assert person.recording is not None
    person.step_on(100 * S)
    done = person.stand("quiet", 110 * S, lead_s=8, window_s=30)
    assert done.t_ns == 110 * S
    assert done.recording_at_s is not None
    from_s = done.recording_at_s + 8
    assert person.recording.covers(from_s, from_s + 30) is recorded
    for into_s in (0.0, 7.77, 19.5):
        _, ml, ap = person.at(round((118 + into_s) * S))
        assert ml == pytest.approx(from_s + into_s - person.recording.time_s.mean(), abs=1e-6)
        assert ap == pytest.approx(-2 * ml, abs=1e-6)


def test_without_a_recording_quiet_stance_is_the_body_and_says_so() -> None:
    person = VirtualPerson(70)
    person.step_on(0)
    assert person.stand("quiet", 3 * S).recording_at_s is None
    assert 0.5 < series(person, 5, 25)[1].std() < 5


@pytest.mark.parametrize("stance", ["side-by-side", "semi-tandem", "tandem", "one-foot"])
def test_a_stance_within_ability_is_held_for_the_whole_window(stance: str) -> None:
    person = VirtualPerson(70, loses_after_s={stance: 12.0})
    person.step_on(0)
    assert person.stand(stance, 3 * S, lead_s=3, window_s=10).recording_at_s is None
    fz, ml, _ = series(person, 6, 17)
    assert np.abs(fz / person.weight_n - 1).max() < 0.02
    assert np.abs(ml).max() < 40


@pytest.mark.parametrize(("stance", "held_s"), [("tandem", 4.0), ("one-foot", 0.0), ("semi-tandem", 9.5)])
def test_balance_is_lost_when_ability_ends(stance: str, held_s: float) -> None:
    person = VirtualPerson(70, loses_after_s={stance: held_s})
    person.step_on(0)
    person.stand(stance, 3 * S, lead_s=3, window_s=10)
    before = series(person, 4.5, 6 + held_s)
    assert np.abs(before[0] / person.weight_n - 1).max() < 0.02
    fz, ml, _ = series(person, 6 + held_s, 6 + held_s + 5)
    step = round(FALL_STEP_S * 1000)
    assert abs(ml[step]) > 50, "COP has run out"
    assert fz[:step].min() > 0.9 * person.weight_n, "the foot is still down"
    assert fz[step : step + 300].min() < 0.7 * person.weight_n, "a foot leaves the deck"
    assert fz.max() > 1.2 * person.weight_n, "and lands"
    assert np.abs(ml).max() > 120, "outside the stance"
    assert np.abs(fz[3500:] / person.weight_n - 1).max() < 0.01, "then stands again"
    assert np.abs(ml[3500:]).max() < 15, "with feet apart"


def test_a_loss_that_was_to_come_does_not_come_in_the_next_stance() -> None:
    person = VirtualPerson(70, loses_after_s={"tandem": 8.0})
    person.step_on(0)
    person.stand("tandem", 3 * S, lead_s=3, window_s=10)
    person.stand("quiet", 7 * S)
    assert np.abs(series(person, 9, 30)[0] / person.weight_n - 1).max() < 0.02


def test_holding_the_rail_takes_weight_off_the_deck_for_a_while() -> None:
    person = VirtualPerson(70)
    person.step_on(0)
    person.grab_rail(5 * S, for_s=3, share=0.1)
    share = series(person, 4, 10)[0] / person.weight_n
    assert share[:1000] == pytest.approx(1, abs=0.01)
    assert share[1500:4000] == pytest.approx(0.9, abs=0.01)
    assert share[5000:] == pytest.approx(1, abs=0.01)


def test_losing_balance_can_be_asked_for() -> None:
    person = VirtualPerson(70)
    person.step_on(0)
    person.stand("quiet", 3 * S)
    person.lose_balance(10 * S)
    assert series(person, 10, 12)[0].min() < 0.7 * person.weight_n


def test_eyes_closed_on_foam_is_the_model_even_for_a_recorded_person_and_sways_more() -> None:
    person = recording_of(60)
    person.step_on(0)
    assert person.stand("quiet", 3 * S, eyes="closed", surface="foam").recording_at_s is None
    foam = series(person, 6, 26)[1].std()
    assert person.stand("quiet", 30 * S, eyes="closed").recording_at_s is None
    assert foam > 2 * series(person, 33, 53)[1].std()


def test_each_seed_is_another_realisation_and_the_same_seed_the_same_to_the_bit() -> None:
    def movements(seed: int) -> np.ndarray:
        person = VirtualPerson(70, seed=seed)
        person.step_on(0)
        person.reach("left", 4 * S)
        first = series(person, 4, 8)
        person.sit(9 * S)
        person.chair_stands(12 * S, 3)
        return np.concatenate((first, series(person, 12, 18)), axis=1)

    assert (movements(3) == movements(3)).all()
    assert np.abs(movements(3) - movements(4)).max() > 5


WITHOUT_STEPS = ["grab_rail", "sit", "rise", "rise with hands", "chair_stands", "reach left", "reach forward",
                 "reach back-right", "shift_weight right", "shift_weight back-left"]  # fmt: skip
COMMANDS = st.lists(
    st.tuples(
        st.floats(0.0, 4.0),
        st.sampled_from(["step_on", "step_off", "lose_balance", *WITHOUT_STEPS, *STANCES]),
    ),
    max_size=12,
)


def obey(person: VirtualPerson, what: str, at_ns: int) -> None:
    """Give a command that may be refused."""
    command, _, how = what.partition(" ")
    try:
        if what in STANCES:
            person.stand(what, at_ns, lead_s=0.5, window_s=2)
        elif command in ("reach", "shift_weight"):
            getattr(person, command)(how, at_ns)
        elif how:
            getattr(person, command)(at_ns, hands=True)
        else:
            getattr(person, command)(at_ns)
    except SettingError:
        pass


@settings(deadline=None, max_examples=60)
@given(COMMANDS)
@example([(0.0, "step_on"), (0.0, "lose_balance"), (0.0, "lose_balance")])
@example([(0.0, "step_on"), (0.0, "lose_balance"), (0.0, "step_off")])
def test_whatever_is_commanded_force_and_moments_never_jump_and_both_paths_agree(
    commands: list[tuple[float, str]],
) -> None:
    person = recording_of(20)
    person.loses_after_s = {"tandem": 0.7, "one-foot": 0.1}
    now_ns = 5 * S
    last: np.ndarray | None = None
    for pause_s, what in [*commands, (3.0, "step_off")]:
        end_ns = now_ns + round(pause_s * S)
        times = np.arange(now_ns, end_ns, 1_000_000)
        if len(times):
            fz, ml, ap = person.over(times)
            one_by_one = [person.at(int(t)) for t in times[:: max(1, len(times) // 40)]]
            assert one_by_one == [tuple(row) for row in np.array([fz, ml, ap]).T[:: max(1, len(times) // 40)].tolist()]
            moments = np.array([fz, fz * ml / 100, fz * ap / 100])
            if last is not None:
                moments = np.concatenate((last, moments), axis=1)
            assert np.abs(np.diff(moments)).max(initial=0) < 0.06 * person.weight_n, "within a millisecond"
            assert fz.min() >= 0
            assert fz.max() < 1.6 * person.weight_n
            assert np.abs(ml).max() <= 250, "on the deck"
            assert np.abs(ap).max() <= 250
            last = moments[:, -1:] if times[-1] == end_ns - 1_000_000 else None
        obey(person, what, end_ns)
        now_ns = end_ns


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(STANCES),
    st.sampled_from(CONDITIONS),
    st.lists(st.tuples(st.floats(0.0, 4.0), st.sampled_from(WITHOUT_STEPS)), max_size=10),
)
def test_whatever_somebody_does_without_a_step_the_cop_stays_on_their_feet_and_they_weigh_what_they_weigh(
    stance: str, condition: Condition, commands: list[tuple[float, str]]
) -> None:
    person = VirtualPerson(70, condition=condition)
    person.step_on(0)
    person.stand(stance, 2 * S)
    edge_ml, edge_ap = person.physique.base_mm("feet-apart" if stance == "quiet" else stance)  # type: ignore[arg-type]
    now_ns = 5 * S
    rail_until_ns = 0
    for pause_s, what in [*commands, (4.0, "rise"), (4.0, "rise")]:
        end_ns = now_ns + round(pause_s * S)
        if len(times := np.arange(now_ns, end_ns, 2_000_000)):
            _, ml, ap = person.over(times)
            assert np.abs(ml).max() <= edge_ml
            assert np.abs(ap).max() <= edge_ap
        if what != "grab_rail" or end_ns >= rail_until_ns:  # one hand
            obey(person, what, end_ns)
            rail_until_ns = end_ns + 4 * S if what == "grab_rail" else rail_until_ns
        now_ns = end_ns
    share = series(person, now_ns / S + 4, now_ns / S + 10)[0] / person.weight_n
    assert share.mean() == pytest.approx(1, abs=5e-4)
    assert share == pytest.approx(1, abs=0.006)


@settings(deadline=None, max_examples=40)
@given(COMMANDS)
def test_a_command_does_not_change_the_last_two_seconds(commands: list[tuple[float, str]]) -> None:
    person = recording_of(20)
    now_ns = 5 * S
    for pause_s, what in commands:
        now_ns += round(pause_s * S)
        times = np.arange(now_ns - 2 * S, now_ns, 40_000_000)
        before = [column.tolist() for column in person.over(times)]
        obey(person, what, now_ns)
        assert [column.tolist() for column in person.over(times)] == before


def test_commands_that_make_no_sense_are_refused_in_words() -> None:
    person = VirtualPerson(70)
    for command in (person.step_off, person.lose_balance, person.grab_rail, lambda t: person.stand("quiet", t)):
        with pytest.raises(SettingError, match="not on the deck; step on first"):
            command(0)
    person.step_on(5 * S)
    with pytest.raises(SettingError, match="on the deck already"):
        person.step_on(6 * S)
    with pytest.raises(SettingError, match="there is no stance 'headstand'; stances are quiet, "):
        person.stand("headstand", 6 * S)
    with pytest.raises(SettingError, match="make no sense"):
        person.stand("quiet", 6 * S, lead_s=-1)
    with pytest.raises(SettingError, match="makes no sense"):
        person.grab_rail(6 * S, share=2)
    with pytest.raises(SettingError, match="came after"):
        person.lose_balance(4 * S)
    person.step_off(10 * S)
    with pytest.raises(SettingError, match="still stepping off"):
        person.step_on(10 * S + 1)
    with pytest.raises(SettingError, match="body mass of 0 kg"):
        VirtualPerson(0)
    with pytest.raises(SettingError, match="there is no stance 'sitting'"):
        VirtualPerson(70, loses_after_s={"sitting": 3})


def test_somebody_who_is_losing_their_balance_loses_it_once_and_steps_off_when_they_are_caught() -> None:
    once, twice = VirtualPerson(70), VirtualPerson(70)
    for person in (once, twice):
        person.step_on(0)
        person.lose_balance(5 * S)
        with pytest.raises(SettingError, match="losing their balance; they can step off"):
            person.step_off(6 * S)
    twice.lose_balance(6 * S)
    times = np.arange(5 * S, 12 * S, 10_000_000)
    np.testing.assert_array_equal(once.over(times), twice.over(times))
    once.step_off(12 * S)
