"""The acquisition loop: every frame into the ring, silent chips woken, degraded modes declared, a clean end."""

import itertools

from hardware.acquire import IMU_DRAIN_NS, Acquisition
from hardware.clock import VirtualClock
from hardware.errors import BusError
from hardware.hx711 import Hx711
from hardware.imu import IMU_MODELS, ImuCounters
from hardware.plausibility import LOOK_AHEAD
from hardware.ring import RingState, RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.load import EmptyDeck
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank
from hardware.virtual.source import build_virtual_source

S = 1_000_000_000
START_NS = 5 * S


class FakeImu:
    """Gives one sample a drain; `broken` plays a bus that does not answer."""

    channel = Channel.DECK_IMU
    model = IMU_MODELS["lsm6dsox"]
    rate_hz = None
    temperature_c = 31.25

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.counters = ImuCounters()
        self.broken = False
        self.drained_ns: list[int] = []

    def drain(self) -> list[Sample]:
        self.drained_ns.append(self.clock.now_ns())
        if self.broken:
            raise BusError("no acknowledge")
        return [Sample(Channel.DECK_IMU, 0, self.clock.now_ns(), (0, 0, 8192, 0, 0, 0))]


class Rig:
    """Four virtual chips that read 1000, 1001, ... and a fake IMU behind an Acquisition."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START_NS)
        self.chips = {
            channel: VirtualHx711(Oscillator.from_seed(1, channel, START_NS), lambda k, t_ns: 1000 + k)
            for channel in CORNERS
        }
        self.bank = VirtualPinBank(self.chips, self.clock)
        self.imu = FakeImu(self.clock)
        self.ring = RingWriter.in_memory()
        self.reader = self.ring.reader()
        drivers = [Hx711(channel, self.bank.lines(channel)) for channel in CORNERS]
        self.source = Acquisition(self.bank, drivers, [self.imu], self.ring, self.clock)

    def restarts(self, channel: Channel) -> int:
        return {corner.channel: corner.restarts for corner in self.source.status().corners}[channel.label]

    def channel(self, samples: list[Sample], channel: Channel) -> list[Sample]:
        return [sample for sample in samples if sample.channel == channel]


def test_every_conversion_of_every_corner_reaches_the_ring_once() -> None:
    rig = Rig()
    written = rig.source.service(START_NS + 10 * S)
    samples = rig.reader.read()
    assert len(samples) == written
    for channel in CORNERS:
        got = rig.channel(samples, channel)
        oscillator = Oscillator.from_seed(1, channel, START_NS)
        assert [sample.t_ns for sample in got] == [
            oscillator.ready_ns(k) for k in oscillator.index_range(START_NS, START_NS + 10 * S)[:-LOOK_AHEAD]
        ]
        assert [sample.values[0] for sample in got] == list(range(1000, 1000 + len(got)))
        assert [sample.flags for sample in got] == [Flag.SETTLING] * 4 + [0] * (len(got) - 4)


def test_service_stops_at_its_time_and_goes_on_from_there() -> None:
    rig = Rig()
    for step in range(1, 301):
        until_ns = START_NS + step * 10_000_000
        rig.source.service(until_ns)
        assert until_ns <= rig.clock.now_ns() < until_ns + 500_000, "at most the frame that was begun"
    pieces = rig.reader.read()
    whole = Rig()
    whole.source.service(START_NS + 3 * S)
    at_once = whole.reader.read()
    for channel in CORNERS:
        assert rig.channel(pieces, channel) == whole.channel(at_once, channel) != []


def test_the_imu_is_drained_every_20_ms() -> None:
    rig = Rig()
    rig.source.service(START_NS + S)
    assert 48 <= len(rig.imu.drained_ns) <= 50
    gaps = [b - a for a, b in itertools.pairwise(rig.imu.drained_ns)]
    assert all(abs(gap - IMU_DRAIN_NS) < 1_000_000 for gap in gaps)


def test_a_silent_chip_is_restarted_and_the_others_go_on() -> None:
    rig = Rig()
    rig.source.service(START_NS + S)
    rig.reader.read()
    rig.chips[Channel.BACK_LEFT].stuck = 1
    rig.source.service(START_NS + 3 * S)
    samples = rig.reader.read()
    held_back = rig.channel(samples, Channel.BACK_LEFT)
    assert [sample.flags for sample in held_back] == [Flag.PERIOD] * 2, "nobody knows whether the last ones were right"
    assert len(rig.channel(samples, Channel.FRONT_LEFT)) > 170
    assert rig.restarts(Channel.BACK_LEFT) == 1, "the next one comes after a pause"
    rig.chips[Channel.BACK_LEFT].stuck = None
    rig.source.service(START_NS + 5 * S)
    back = rig.channel(rig.reader.read(), Channel.BACK_LEFT)
    assert [sample.flags & Flag.SETTLING for sample in back[:5]] == [Flag.SETTLING] * 4 + [0]
    assert back[-1].flags == 0
    assert {rig.restarts(channel) for channel in CORNERS if channel != Channel.BACK_LEFT} == {0}


def test_an_imu_that_does_not_answer_is_declared_lost_until_it_answers_again() -> None:
    rig = Rig()
    rig.imu.broken = True
    rig.source.service(START_NS + S)
    assert rig.reader.state & RingState.IMU_LOST
    assert rig.source.imu_failures[Channel.DECK_IMU] == len(rig.imu.drained_ns)
    assert rig.channel(rig.reader.read(), Channel.FRONT_RIGHT) != []
    rig.imu.broken = False
    rig.source.service(START_NS + 2 * S)
    assert not rig.reader.state & RingState.IMU_LOST


def test_closing_twice_leaves_every_clock_line_low() -> None:
    rig = Rig()
    rig.source.close()
    rig.source.close()
    assert all(chip.power_downs == 0 for chip in rig.chips.values())


def test_the_status_tells_what_the_drivers_have_counted() -> None:
    rig = Rig()
    rig.source.service(START_NS + S)
    rig.chips[Channel.BACK_LEFT].stuck = 1
    rig.source.service(START_NS + 3 * S)
    status = rig.source.status()
    corners = {corner.channel: corner for corner in status.corners}
    assert status.backend == "virtual pins"
    assert corners["front_left"].frames == rig.source._chips[Channel.FRONT_LEFT].frames
    assert corners["front_left"].flagged_by == {"settling": 4}
    assert corners["front_left"].restarts == 0
    assert corners["back_left"].restarts > 0
    assert status.frame_delay_us is not None
    assert status.frame_delay_us.max < 500, "another chip's frame at the most"
    assert [(imu.channel, imu.model, imu.temperature_c) for imu in status.imus] == [("deck_imu", "lsm6dsox", 31.25)]


def test_imus_test_themselves_before_the_load_cells_are_wanted_and_cost_those_nothing() -> None:
    clock, ring = VirtualClock(START_NS), RingWriter.in_memory()
    source = build_virtual_source("pins", EmptyDeck(), 1, clock, ring, waist_imu="mpu6050")
    assert isinstance(source, Acquisition)
    assert [imu.self_test for imu in source.status().imus] == [None, None]
    source.test_imus()
    assert clock.now_ns() - START_NS < 2 * S
    reader = ring.reader()
    source.service(clock.now_ns() + 3 * S)
    status = source.status()
    assert [imu.self_test is not None and imu.self_test.passed for imu in status.imus] == [True, True]
    assert [corner.restarts for corner in status.corners] == [0] * 4
    flags = [sample.flags for sample in reader.read() if sample.channel < 4]
    assert len(flags) > 1000
    assert set(flags) == {0, Flag.SETTLING}
    source.close()


def test_an_imu_that_does_not_answer_is_not_tested_and_stops_nobody() -> None:
    rig = Rig()
    rig.imu.self_test = _refuse  # type: ignore[attr-defined]
    rig.source.test_imus()
    assert rig.source.status().imus[0].self_test is None
    assert rig.source.service(START_NS + S) > 300


def _refuse() -> None:
    raise BusError("no acknowledge")
