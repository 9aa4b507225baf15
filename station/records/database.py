"""Opening the station's database: made, checked, or moved aside when it is broken. Every connection is durable."""

import importlib.resources
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

from station.errors import UnavailableError

log = logging.getLogger(__name__)

# A version a step: a new database takes all of them, an old one those that it has not had yet.
# Read with the module: a package that is damaged must not be taken for a database that cannot be opened.
_STEPS: Final = tuple(
    importlib.resources.files("station.records").joinpath(name).read_text(encoding="utf-8")
    for name in ("schema.sql", "schema_2.sql")
)
SCHEMA_VERSION: Final = len(_STEPS)
BUSY_TIMEOUT_S: Final = 10.0
BEAT_EVERY_S: Final = 0.25  # while an existing file is checked
CHECK_WITHIN_S: Final = 300.0  # 2 GB take 20 s and more; a check that stands still is the watchdog's
# Only these say that the file itself is broken. A full disk or a missing right must never set results aside.
DAMAGE_CODES: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode: transactions are begun by name. Raises sqlite3.Error.

    A file that is not there is an error, not an empty database.
    """
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S
    )
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA foreign_keys = ON")
    return database


def open_database(path: Path, beat: Callable[[], None] = lambda: None) -> sqlite3.Connection:
    """Return the database at `path`, made when it is absent.

    A file that is no database, or a damaged one, is moved aside under a name that says so, and a new one with a new
    epoch takes its place: nothing is overwritten and no id can repeat. Raises UnavailableError when neither works.

    The check of an existing file reads all of it: `beat` is called some times a second meanwhile, in this thread.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        problem = _check(path, beat) if path.exists() else None
        if problem is not None:
            _move_aside(path, problem)
        # SQLite makes files 0644; the bridge, another user of our group, must write too, as far as the umask lets it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660))
        database = connect(path)
        database.execute("PRAGMA journal_mode = WAL")
        _make(database)
    except (OSError, sqlite3.Error) as error:
        raise UnavailableError(
            f"{path}: the record database cannot be opened: {error}; check that the folder exists, is writable, "
            "and has free space"
        ) from error
    return database


def _check(path: Path, beat: Callable[[], None]) -> str | None:
    """Return what is wrong with an existing file, or None; beats while a thread of its own looks.

    SQLite's progress handler would not do: that of 3.40 (Debian 12) is silent while the pages are walked.
    """
    give_up_s = time.monotonic() + CHECK_WITHIN_S
    with ThreadPoolExecutor(max_workers=1) as thread:
        verdict = thread.submit(_problem, path)
        while not wait([verdict], timeout=BEAT_EVERY_S).done:
            if time.monotonic() < give_up_s:
                beat()
    return verdict.result()


def _problem(path: Path) -> str | None:
    """Return what is wrong with an existing file, or None."""
    try:
        database = connect(path)
        try:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = database.execute("PRAGMA user_version").fetchone()
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) not in DAMAGE_CODES:
            raise
        return str(error)
    if verdict != "ok":
        return str(verdict)
    if version > SCHEMA_VERSION:
        raise sqlite3.NotSupportedError(f"its schema version is {version}, this software knows {SCHEMA_VERSION}")
    return None


def _move_aside(path: Path, problem: str) -> None:
    aside = path.with_name(f"{path.name}.corrupt-{time.time_ns()}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    log.critical("%s is damaged (%s); kept as %s, a new database with a new epoch is begun", path, problem, aside)


def _make(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        for step in _STEPS[version:]:
            for statement in step.split(";\n"):
                if statement.strip():
                    database.execute(statement)
        if version == 0:
            database.execute("INSERT INTO meta VALUES ('epoch', ?)", (secrets.token_hex(4),))
        if version < SCHEMA_VERSION:
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise
