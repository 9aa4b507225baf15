"""What acquire says about itself once a second, through the ring: how it runs, and what its drivers have counted.

Types only: a source fills `SourceStatus`, `hardware.realtime` puts it into an `AcquireStatus` and publishes that,
`hardware.ring` carries it, `doctor` and `health` show it.
"""

import msgspec

from hardware.imu import ImuCounters, SelfTest


class LatenessUs(msgspec.Struct, frozen=True):
    """How late something was, microseconds: median and 99th percentile of late, and the largest since the start."""

    p50: float
    p99: float
    max: float


class CornerStatus(msgspec.Struct, frozen=True):
    """One load cell's chip as its driver sees it.

    channel: its label; flagged_by: flag name in lower case -> frames that carried it; restarts: how often it was
    powered down and up because it was silent or gave nonsense; ready_timeouts: how often no conversion came in time;
    settle_timeouts: how often none came after a restart; false_edges: edges of its data line that were no conversion
    (noise, or a data bit's edge that was stamped late); lost_edges: edges that the kernel reports it dropped.
    """

    channel: str
    rate_hz: float | None
    frames: int
    flagged: int
    flagged_by: dict[str, int]
    restarts: int
    ready_timeouts: int
    settle_timeouts: int = 0
    false_edges: int = 0
    lost_edges: int = 0


class ImuStatus(msgspec.Struct, frozen=True):
    """One IMU as its driver sees it. self_test: None when it was not run; error: the last one, while it lasts.

    temperature_c: of the chip itself, see `hardware.imu`; None while it gives none.
    """

    channel: str
    model: str
    rate_hz: float | None
    counters: ImuCounters
    self_test: SelfTest | None
    error: str | None
    temperature_c: float | None = None


class SourceStatus(msgspec.Struct, frozen=True):
    """A source of samples: where they come from and what its drivers have counted.

    backend: `gpiod on /dev/gpiochip0 (pinctrl-rp1)`, say; frame_delay_us: from the edge on DOUT to the first clock
    pulse, None where no pin is clocked; warnings: what works, but at a cost.
    """

    backend: str
    reader: str
    frame_delay_us: LatenessUs | None
    corners: tuple[CornerStatus, ...]
    imus: tuple[ImuStatus, ...]
    warnings: tuple[str, ...] = ()


class Scheduling(msgspec.Struct, frozen=True):
    """What the process was given. priority: `FIFO 50` or `normal: why`; memory: `locked` or `not locked: why`.

    core: the processor core that it is tied to, None for none; degraded: something that it asked for was refused.
    """

    priority: str
    memory: str
    core: int | None
    degraded: bool


class AcquireStatus(msgspec.Struct, frozen=True):
    """How acquire runs. cpu_percent: of one core, since the last time it said so."""

    source: SourceStatus
    scheduling: Scheduling
    cpu_percent: float
