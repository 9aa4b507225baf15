"""What station tells a person when something is wrong with what it was given, and the exit code that goes with it.

    StationError (70)
    +-- UsageError (64)        the command line asks for something that does not exist
    +-- DataError (65)         a file or message is broken
    +-- NoInputError (66)      a file is missing or unreadable
    +-- UnavailableError (69)  a service that is needed is missing
    +-- TryAgainError (75)     busy now, worth another try
    +-- ConfigError (78)       the configuration is wrong

The message says what, where, what was expected and what to do, in one line. Nobody sees a traceback for bad input.
"""

import os
from typing import ClassVar


class StationError(Exception):
    """Root of what station raises for people to read."""

    exit_code: ClassVar[int] = os.EX_SOFTWARE


class UsageError(StationError):
    """The command line names something that does not exist."""

    exit_code = os.EX_USAGE


class DataError(StationError):
    """A file, record or message cannot be what it says it is."""

    exit_code = os.EX_DATAERR


class NoInputError(StationError):
    """A file that was named is missing or cannot be read."""

    exit_code = os.EX_NOINPUT


class UnavailableError(StationError):
    """A service that is needed is not there."""

    exit_code = os.EX_UNAVAILABLE


class TryAgainError(StationError):
    """Something is busy now; the same call may succeed later."""

    exit_code = os.EX_TEMPFAIL


class ConfigError(StationError):
    """The configuration is wrong; the message names file, key, value and what was expected."""

    exit_code = os.EX_CONFIG
