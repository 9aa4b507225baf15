"""How acquire and the station's loop run: scheduling, lateness, processor, what works but at a cost."""

from collections.abc import Iterator
from typing import Final

from hardware.status import AcquireStatus
from station.checkup.check import Check, Value, check
from station.messages import Status

# A conversion waits for 10.7 ms (93 samples/s) before the next one overwrites it: a tenth of that is plenty.
FRAME_DELAY_P99_US: Final = 1_000.0
FRAME_LOST_US: Final = 10_000.0
CPU_PERCENT: Final = 60.0
LATENESS_P99_US: Final = 10_000.0  # one tick: beyond it the live picture stutters; data are never lost to it
# Two conversions in the converter's filter, up to one until the next, what acquire holds back, and one tick: 50 ms.
LATENCY_MS: Final = 100.0


def acquire(status: AcquireStatus | None) -> Iterator[Check]:
    """Yield the checks of the acquire process, from what it last said of itself."""
    if status is None:
        to_do = "see journalctl -u balance-station-acquire; what follows is what this machine shows without it"
        yield Check("acquire", "look", "says nothing of itself", "acquire reports once a second", to_do)
        return
    source = status.source
    values: dict[str, Value] = {"backend": source.backend, "reader": source.reader}
    measured = f"{source.backend}, reader {source.reader}"
    yield Check("acquire", "good", measured, "the backend that the configuration means", "", values)
    yield _scheduling(status)
    if source.frame_delay_us is not None:
        late = source.frame_delay_us
        yield check(
            "acquire lateness",
            late.p99 <= FRAME_DELAY_P99_US and late.max < FRAME_LOST_US,
            f"ready to first clock pulse: p50 {late.p50:.0f} us, p99 {late.p99:.0f} us, max {late.max:.0f} us",
            f"p99 below {FRAME_DELAY_P99_US:.0f} us, max below {FRAME_LOST_US:.0f} us",
            "give acquire a core of its own (hardware.core, isolcpus) and see that its unit has real-time priority",
            {"p50_us": late.p50, "p99_us": late.p99, "max_us": late.max},
        )
    yield check(
        "acquire processor",
        status.cpu_percent <= CPU_PERCENT,
        f"{status.cpu_percent:.0f} % of one core",
        f"below {CPU_PERCENT:.0f} %",
        "a faster Pi, or a faster backend: see docs/operations.md",
        {"cpu_percent": status.cpu_percent},
    )
    for number, warning in enumerate(source.warnings, 1):
        yield Check(f"acquire warning {number}", "look", warning, "no warnings", "see docs/wiring.md")


def _scheduling(status: AcquireStatus) -> Check:
    scheduling = status.scheduling
    core = "no core of its own" if scheduling.core is None else f"core {scheduling.core}"
    return check(
        "acquire scheduling",
        not scheduling.degraded,
        f"priority {scheduling.priority}, memory {scheduling.memory}, {core}",
        "what its configuration asks for was granted",
        "start it by its unit, which grants LimitRTPRIO and LimitMEMLOCK",
        {
            "priority": scheduling.priority,
            "memory": scheduling.memory,
            "core": scheduling.core,
            "degraded": scheduling.degraded,
        },
    )


def loop(status: Status) -> Iterator[Check]:
    """Yield how late the station's loop runs, and how old what it shows is."""
    late = status.loop.lateness_us
    yield check(
        "loop",
        late.p99 <= LATENESS_P99_US,
        f"{status.loop.ticks} ticks, {status.loop.overruns} overruns, "
        f"lateness p50 {late.p50:.0f} us, p99 {late.p99:.0f} us, max {late.max:.0f} us",
        f"p99 below {LATENESS_P99_US:.0f} us",
        "something keeps the processor busy: the picture is late, the data are not",
        {
            "ticks": status.loop.ticks,
            "overruns": status.loop.overruns,
            "p50_us": late.p50,
            "p99_us": late.p99,
            "max_us": late.max,
        },
    )
    if status.latency_ms is not None:
        yield check(
            "latency",
            status.latency_ms <= LATENCY_MS,
            f"{status.latency_ms:.0f} ms from a movement to the row that shows it",
            f"below {LATENCY_MS:.0f} ms",
            "see the lines about acquire and the loop",
            {"latency_ms": status.latency_ms},
        )
