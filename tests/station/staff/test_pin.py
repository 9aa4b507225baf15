"""PINs: who somebody is, five tries, a lock-out that grows and that no restart shortens."""

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import ConfigError, UnavailableError, UsageError
from station.staff import pin as pin_room
from station.staff.pin import FIRST_LOCK_S, LONGEST_LOCK_S, MOST_PEOPLE, TRIES, PinKeeper, read_pepper


class Clock:
    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(tmp_path: Path, clock: Clock) -> PinKeeper:
    keeper = PinKeeper(tmp_path / "pins.json", b"pepper", clock, "boot-1")
    keeper.set_pin("AB", "2580")
    return keeper


def test_a_pin_says_whose_it_is(keeper: PinKeeper) -> None:
    keeper.set_pin("CD", "9517")
    assert keeper.check("2580").initials == "AB"
    assert keeper.check("9517").initials == "CD"
    assert keeper.check("0000").initials is None


def test_the_file_is_the_stations_own_and_holds_no_pin(keeper: PinKeeper) -> None:
    assert stat.S_IMODE(keeper.path.stat().st_mode) == 0o600
    kept = keeper.path.read_text()
    assert "$argon2id$" in kept
    assert "2580" not in kept


def test_five_wrong_tries_lock_and_the_right_pin_does_not_open(keeper: PinKeeper, clock: Clock) -> None:
    verdicts = [keeper.check("1111") for _ in range(TRIES)]
    assert [each.tries_left for each in verdicts] == [4, 3, 2, 1, 0]
    assert verdicts[-1].lock_s == FIRST_LOCK_S
    assert keeper.check("2580").initials is None
    clock.s += FIRST_LOCK_S - 1
    assert keeper.check("2580").lock_s == 1.0
    clock.s += 1
    assert keeper.check("2580").initials == "AB"


def test_each_further_wrong_try_locks_twice_as_long_up_to_an_hour(keeper: PinKeeper, clock: Clock) -> None:
    for _ in range(TRIES - 1):
        keeper.check("1111")
    locks = []
    for _ in range(9):
        locks.append(keeper.check("1111").lock_s)
        clock.s += locks[-1]
    assert locks[:4] == [60.0, 120.0, 240.0, 480.0]
    assert locks[-1] == LONGEST_LOCK_S
    assert keeper.check("2580").initials == "AB"
    assert keeper.check("1111").tries_left == TRIES - 1, "who signs in begins anew"


def test_a_lock_out_survives_a_restart_and_a_new_boot_begins_it_anew(keeper: PinKeeper, clock: Clock) -> None:
    for _ in range(TRIES):
        keeper.check("1111")
    clock.s += 50
    again = PinKeeper(keeper.path, b"pepper", clock, "boot-1")
    assert again.lock_s() == 10.0
    clock.s = 3.0  # another boot counts from nothing
    rebooted = PinKeeper(keeper.path, b"pepper", clock, "boot-2")
    assert rebooted.lock_s() == FIRST_LOCK_S
    clock.s += 59
    assert rebooted.lock_s() == 1.0


def test_a_try_counts_before_it_is_checked(keeper: PinKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pulled(BaseException):
        pass

    def pull_the_plug(*_: object) -> bool:
        raise Pulled

    monkeypatch.setattr(PinKeeper, "_matches", pull_the_plug)
    for _ in range(TRIES):
        with pytest.raises(Pulled):
            keeper.check("1111")
    assert keeper.check("1111").lock_s == FIRST_LOCK_S


def test_a_stolen_file_is_worthless_without_the_pepper(keeper: PinKeeper, clock: Clock) -> None:
    thief = PinKeeper(keeper.path, b"", clock, "boot-1")
    assert thief.check("2580").initials is None


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "1111", "1234", "4321", "²580"])
def test_a_pin_that_anybody_would_try_is_refused(keeper: PinKeeper, pin: str) -> None:
    with pytest.raises(UsageError):
        keeper.set_pin("EF", pin)


def test_two_people_never_have_the_same_pin_and_eleven_never_have_one(keeper: PinKeeper) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        keeper.set_pin("CD", "2580")
    keeper.set_pin("ab", "2581")
    assert keeper.people == ("ab",), "the same person, another PIN"
    for n in range(MOST_PEOPLE - 1):
        keeper.set_pin(f"P{n}", f"70{n}3")
    with pytest.raises(UsageError, match="remove one"):
        keeper.set_pin("XY", "8055")
    keeper.remove("p0")
    with pytest.raises(UsageError, match="has no PIN"):
        keeper.remove("p0")


def test_a_file_that_is_none_says_what_to_do(keeper: PinKeeper) -> None:
    keeper.path.write_text("{")
    with pytest.raises(UnavailableError, match="set the PINs again"):
        keeper.check("2580")


def test_the_pepper_is_refused_where_others_can_read_it_and_taken_as_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pepper"
    path.write_bytes(b"0123456789abcdef0123\n")
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="0600"):
        read_pepper(path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_pepper(path) == b"0123456789abcdef0123"
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="at least 16"):
        read_pepper(path)
    assert read_pepper(None) == b""


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.just("wrong"), st.just("restart"), st.floats(0, 100)), max_size=40))
def test_no_order_of_tries_restarts_and_waits_gives_more_than_five_and_one_a_lock(events: list[object]) -> None:
    """Over any history the number of PINs that were really tried is bounded by the time that was waited."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        clock, tried, waited = Clock(), 0, 0.0
        keeper = PinKeeper(Path(folder) / "pins.json", b"", clock, "b")
        for event in events:
            if event == "wrong":
                before = keeper._read().failures
                keeper.check("1111")
                tried += keeper._read().failures - before
            elif event == "restart":
                keeper = PinKeeper(keeper.path, b"", clock, "b")
            elif isinstance(event, float):
                clock.s += event
                waited += event
        assert tried <= TRIES + waited / FIRST_LOCK_S


def test_hashing_is_argon2id() -> None:
    assert pin_room.HASHING.type.name == "ID"
