"""The body of the acquisition loop: services the four HX711 as they become ready and drains the IMUs, into the ring.

Works over any bank of pins, real or virtual. The process around it, with its scheduling, its heartbeat and its end, is
`hardware.realtime`.
"""

import contextlib
import logging
from collections.abc import Sequence
from typing import Final

from hardware.clock import Clock
from hardware.errors import HardwareError
from hardware.hx711 import CornerChip
from hardware.imu import Imu, SelfTest
from hardware.lateness import LatenessHistogram
from hardware.pins import PinBank
from hardware.plausibility import Plausibility
from hardware.ring import RingState, RingWriter
from hardware.sensor import CORNERS, Channel
from hardware.source import SampleSource
from hardware.status import CornerStatus, ImuStatus, SourceStatus

log = logging.getLogger(__name__)

# An IMU's samples of this long take 2 ms of a 400 kHz bus, for which no load cell is read. Four frames and a burst have
# to fit between two conversions (10.3 ms): with a drain every 50 ms they sometimes did not (tests/virtual_pi).
IMU_DRAIN_NS: Final = 20_000_000
# Nobody looks at a polled line meanwhile, and its stamp may be off by half of how long that is: 2 ms is the most. That
# is two samples and the look at the FIFO, as they come in 8 ms at 208 samples/s.
POLLED_IMU_DRAIN_NS: Final = 8_000_000
_LOST_BIT: Final = {Channel.DECK_IMU: RingState.IMU_LOST, Channel.WAIST_IMU: RingState.WAIST_IMU_LOST}


class Acquisition(SampleSource):
    """Four corner chips and any number of IMUs, into a ring.

    Each corner's samples pass the last net, `hardware.plausibility`, which holds two of them back.

    imu_failures: channel -> how often that IMU did not answer (it is asked again next time, and the ring's state says
    so meanwhile).
    """

    def __init__(
        self,
        bank: PinBank,
        chips: Sequence[CornerChip],
        imus: Sequence[Imu],
        ring: RingWriter,
        clock: Clock,
        owned: contextlib.ExitStack | None = None,
        reader: str = "frame",
        warnings: tuple[str, ...] = (),
    ) -> None:
        """Take what to service; `owned` (the I2C bus, say) is closed with the pins; the rest is for the status."""
        self._bank = bank
        self._chips = {int(chip.channel): chip for chip in chips}
        self._imus = tuple(imus)
        self._ring = ring
        self._clock = clock
        self._nets = {int(channel): Plausibility() for channel in CORNERS}
        self._drain_ns = POLLED_IMU_DRAIN_NS if bank.polled else IMU_DRAIN_NS
        self._look_ns = clock.now_ns() + self._drain_ns
        self.imu_failures: dict[Channel, int] = dict.fromkeys((imu.channel for imu in self._imus), 0)
        self._imu_errors: dict[Channel, str] = {}
        self._self_tests: dict[Channel, SelfTest] = {}
        self._owned = owned
        self._reader = reader
        self._warnings = warnings
        self._delay = LatenessHistogram()
        self._closed = False

    def test_imus(self) -> None:
        """Let every IMU that answers test itself, 0.7 s each, for the status; not while load cells are wanted."""
        for imu in self._imus:
            try:
                self._self_tests[imu.channel] = imu.self_test()
            except HardwareError as error:
                log.warning("%s does not answer and is asked again and again: %s", imu.channel.label, error)
        now_ns = self._clock.now_ns()
        self._look_ns = now_ns + self._drain_ns
        for chip in self._chips.values():
            chip.policy.unwatched(now_ns)

    def service(self, until_ns: int) -> int:
        """Read every frame that becomes ready up to `until_ns`, and the IMUs now and then; return samples written."""
        wait_ready, write, now_ns = self._bank.wait_ready, self._ring.write, self._clock.now_ns
        noticed = self._delay.add
        nets = self._nets
        before = self._ring.written
        while True:
            wait_until_ns = min(until_ns, self._look_ns)
            ready = wait_ready(wait_until_ns)
            if ready is not None:
                channel, edge_ns, error_ns = ready
                noticed(now_ns() - edge_ns)
                for sample in self._chips[channel].serve(edge_ns, error_ns):
                    judged = nets[sample.channel].push(sample)
                    if judged is not None:
                        write(judged)
                if now_ns() < self._look_ns:
                    continue
            elif wait_until_ns < self._look_ns:
                break
            self._look_around(now_ns())
        self._ring.beat(now_ns())
        return self._ring.written - before

    def _look_around(self, now_ns: int) -> None:
        """Do what is done now and then: drain the IMUs, look after chips that are silent and let go of their last."""
        self._look_ns += self._drain_ns * max(1, (now_ns - self._look_ns) // self._drain_ns + 1)
        for imu in self._imus:
            self._bank.look()
            self._drain(imu)
        for chip in self._chips.values():
            chip.watch(now_ns)
        for net in self._nets.values():
            if net.silent(now_ns):
                for sample in net.flush():
                    self._ring.write(sample)

    def _drain(self, imu: Imu) -> None:
        lost = _LOST_BIT[imu.channel]
        try:
            for sample in imu.drain():
                self._ring.write(sample)
        except HardwareError as error:
            self.imu_failures[imu.channel] += 1
            self._imu_errors[imu.channel] = str(error)
            if not self._ring.state & lost:
                self._ring.state |= lost
        else:
            if self._ring.state & lost:
                self._ring.state &= ~lost
                self._imu_errors.pop(imu.channel, None)

    def status(self) -> SourceStatus:
        """Return where the samples come from, and what the drivers have counted."""
        lost = self._bank.lost_edges
        return SourceStatus(
            backend=self._bank.description,
            reader=self._reader,
            frame_delay_us=self._delay.status(),
            corners=tuple(self._corner(chip.status(lost.get(chip.channel, 0))) for chip in self._chips.values()),
            imus=tuple(self._imu(imu) for imu in self._imus),
            warnings=self._warnings,
        )

    def _corner(self, status: CornerStatus) -> CornerStatus:
        """Return what a driver says of its chip, with what the net has flagged of its samples."""
        net = next(net for channel, net in self._nets.items() if Channel(channel).label == status.channel)
        return net.counted(status)

    def _imu(self, imu: Imu) -> ImuStatus:
        return ImuStatus(
            imu.channel.label,
            imu.model.name,
            imu.rate_hz,
            imu.counters,
            self_test=self._self_tests.get(imu.channel),
            error=self._imu_errors.get(imu.channel),
            temperature_c=imu.temperature_c,
        )

    def close(self) -> None:
        """Release the pins. The ring belongs to whoever made it."""
        if not self._closed:
            self._closed = True
            self._bank.close()
            if self._owned is not None:
                self._owned.close()
