"""The staff's PINs: argon2id, five tries, a lock-out that grows and survives a restart; one file, mode 0600.

A PIN says who somebody is: each has initials, and they stand in certificates. What is kept is enough to check a PIN and
not to read it; a pepper, kept apart from this file, makes a stolen file worthless. A try is counted on the disk before
it is checked, so pulling the plug saves nobody one.

The lock-out needs no clock that is set: it counts monotonic time within one boot, and a restart begins it anew.
"""

import contextlib
import hashlib
import hmac
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calibration.durable import sync_folder
from station.errors import ConfigError, UnavailableError, UsageError

TRIES: Final = 5
FIRST_LOCK_S: Final = 60.0
LONGEST_LOCK_S: Final = 3600.0
FEWEST_DIGITS: Final = 4
MOST_DIGITS: Final = 12
MOST_PEOPLE: Final = 10  # each is a hash to compute, one after another
# OWASP password storage cheat sheet, argon2id with the least memory: 20 ms on a PC, 100 ms on a Pi. It is computed in
# the station's loop, while nobody is measured.
HASHING: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who may sign in: initials, and the argon2id hash of the PIN."""

    initials: str
    hash: str


class PinFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept. failures: wrong tries in a row; lock_s: how long the lock from `since_s` of `boot` on lasts."""

    people: tuple[Person, ...] = ()
    failures: int = 0
    lock_s: float = 0.0
    boot: str = ""
    since_s: float = 0.0


class PinVerdict(msgspec.Struct, frozen=True):
    """Whose PIN it is (None: wrong or locked), how many tries are left, how long it is locked."""

    initials: str | None
    tries_left: int
    lock_s: float


class PinKeeper:
    """The PINs of one station. `now_s` is monotonic; `boot` names the boot that it counts from."""

    def __init__(self, path: Path, pepper: bytes, now_s: Callable[[], float], boot: str) -> None:
        self.path = path
        self._pepper = pepper
        self._now_s = now_s
        self._boot = boot

    @property
    def people(self) -> tuple[str, ...]:
        """Return the initials of everybody who may sign in."""
        return tuple(person.initials for person in self._read().people)

    def lock_s(self) -> float:
        """Return for how many seconds no PIN is taken; 0 when one is."""
        kept = self._read()
        if not kept.lock_s:
            return 0.0
        now_s = self._now_s()
        if kept.boot != self._boot or not kept.since_s <= now_s:
            # another boot, or a clock that went back: nobody knows how long it was off, so the wait begins anew
            self._write(msgspec.structs.replace(kept, boot=self._boot, since_s=now_s))
            return kept.lock_s
        return max(0.0, kept.since_s + kept.lock_s - now_s)

    def check(self, pin: str) -> PinVerdict:
        """Try a PIN. While it is locked nothing is tried. Raises UnavailableError when the file does not do."""
        locked_s = self.lock_s()
        kept = self._read()
        if locked_s > 0:
            return PinVerdict(None, 0, locked_s)
        failures = kept.failures + 1
        lock_s = 0.0 if failures < TRIES else min(LONGEST_LOCK_S, FIRST_LOCK_S * 2 ** min(failures - TRIES, 16))
        failed = PinFile(kept.people, failures, lock_s, self._boot, self._now_s())
        self._write(failed)
        for person in kept.people:
            if self._matches(person.hash, pin):
                self._write(PinFile(kept.people))
                return PinVerdict(person.initials, TRIES, 0.0)
        return PinVerdict(None, max(0, TRIES - failures), lock_s)

    def set_pin(self, initials: str, pin: str) -> None:
        """Give somebody a PIN, in place of the one before; forgets wrong tries.

        Raises UsageError for a PIN that is too short or somebody else's, and for one person too many.
        """
        initials = initials.strip()
        if not 1 <= len(initials) <= 8 or not initials.isprintable():
            raise UsageError(f"initials {initials!r}: expected 1 to 8 letters")
        if not (FEWEST_DIGITS <= len(pin) <= MOST_DIGITS and pin.isascii() and pin.isdigit()):
            raise UsageError(f"a PIN has {FEWEST_DIGITS} to {MOST_DIGITS} digits and nothing else")
        if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
            raise UsageError("this PIN is among the first that anybody tries; choose another")
        others = tuple(each for each in self._read().people if each.initials.lower() != initials.lower())
        if any(self._matches(each.hash, pin) for each in others):
            raise UsageError("this PIN cannot be used; choose another")
        if len(others) >= MOST_PEOPLE:
            raise UsageError(f"there are {MOST_PEOPLE} PINs already; remove one first (balance-station pin remove)")
        self._write(PinFile((*others, Person(initials, HASHING.hash(self._peppered(pin))))))

    def remove(self, initials: str) -> None:
        """Take somebody's PIN away; raises UsageError when there is no such person."""
        kept = self._read()
        left = tuple(each for each in kept.people if each.initials.lower() != initials.strip().lower())
        if len(left) == len(kept.people):
            names = ", ".join(each.initials for each in kept.people) or "nobody"
            raise UsageError(f"{initials!r} has no PIN; these have: {names}")
        self._write(msgspec.structs.replace(kept, people=left))

    def _peppered(self, pin: str) -> bytes:
        return hmac.new(self._pepper, pin.encode(), hashlib.sha256).digest()

    def _matches(self, kept: str, pin: str) -> bool:
        with contextlib.suppress(VerificationError, InvalidHashError):
            return HASHING.verify(kept, self._peppered(pin))
        return False

    def _read(self) -> PinFile:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return PinFile()
        except OSError as error:
            raise UnavailableError(f"{self.path}: the PINs cannot be read: {error.strerror}") from error
        try:
            return msgspec.json.decode(raw, type=PinFile)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnavailableError(
                f"{self.path}: not a file of PINs: {error}; remove it and set the PINs again"
            ) from error

    def _write(self, content: PinFile) -> None:
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(content))
                file.flush()
                os.fsync(file.fileno())
            _same_owner(self.path, fresh)
            fresh.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise UnavailableError(f"{self.path}: the PINs cannot be written: {error.strerror}") from error
        finally:
            fresh.unlink(missing_ok=True)


def _same_owner(path: Path, fresh: Path) -> None:
    """Leave the file to whose it is (or whose folder it is): root sets the PIN, the station reads it."""
    if os.geteuid() == 0:
        owner = (path if path.exists() else path.parent).stat()
        os.chown(fresh, owner.st_uid, owner.st_gid)


def read_pepper(path: Path | None) -> bytes:
    """Return the pepper from a file of mode 0600 or a systemd credential; empty without one.

    Raises ConfigError naming the setting when it cannot be used.
    """
    if path is None:
        return b""
    setting = f"staff.pepper_file = {str(path)!r}"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        pepper = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"{setting}: cannot be read: {error.strerror}") from error
    # systemd keeps credentials in a folder that only the service can enter, with a mode of its own
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if mode & 0o077 and not (credentials and path.is_relative_to(credentials)):
        raise ConfigError(f"{setting}: others can read it (mode {mode:04o}); expected 0600: chmod 600 {path}")
    if len(pepper) < 16:
        raise ConfigError(f"{setting}: has {len(pepper)} bytes; at least 16 random ones are expected")
    return pepper
