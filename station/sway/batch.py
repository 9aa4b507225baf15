"""Analysing many recordings, in one process or in several; each gives its measures or the reason why not.

Results come in the order of the sources, whatever the number of processes. One bad file stops nothing.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, Final

from station.errors import StationError, UnavailableError
from station.sway import imu_recording
from station.sway.analysis import analyse_recording, to_builtins
from station.sway.files import Failure, Source, read_recording

# Starting a worker costs as much as analysing this many recordings.
_WORTH_A_WORKER: Final = 25
# Enough that a worker seldom waits, few enough that all of them end at the same time.
_LARGEST_CHUNK: Final = 8


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def analyse_all(
    sources: Sequence[Source | Failure], profile: str, jobs: int | None = None
) -> Iterator[dict[str, Any] | Failure]:
    """Yield the plain analysis of each source in turn, or its failure; `jobs` None: as many processes as pay off.

    Raises UnavailableError when a process is killed from outside.
    """
    workers = min(jobs if jobs is not None else _workers_for(len(sources)), max(len(sources), 1))
    work = partial(_analyse, profile)
    if workers < 2:
        yield from map(work, sources)
        return
    chunk = max(1, min(_LARGEST_CHUNK, len(sources) // (4 * workers)))
    with ProcessPoolExecutor(workers, initializer=_leave_stopping_to_the_parent) as pool:
        try:
            yield from pool.map(work, sources, chunksize=chunk)
        except BrokenProcessPool:
            raise UnavailableError(
                "a process that analysed recordings was killed, perhaps for want of memory; use fewer with --jobs"
            ) from None


def analyse_source(source: Source, profile: str) -> dict[str, Any]:
    """Return the plain analysis of one source, whatever was recorded: under the feet, or by a sensor at the waist.

    Raises NoInputError and DataError for a file that is not what it should be.
    """
    if is_of_waist(source):
        return imu_recording.to_builtins(imu_recording.analyse_imu_file(source.path))
    return to_builtins(analyse_recording(read_recording(source), profile))


def is_of_waist(source: Source) -> bool:
    """Return whether a source is a CSV file of a worn sensor."""
    return source.trial is None and imu_recording.is_imu_file(source.path)


def _workers_for(count: int) -> int:
    return min(cores(), count // _WORTH_A_WORKER)


def _analyse(profile: str, source: Source | Failure) -> dict[str, Any] | Failure:
    if isinstance(source, Failure):
        return source
    try:
        return analyse_source(source, profile)
    except StationError as error:
        return Failure.of(source, error)


def _leave_stopping_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
