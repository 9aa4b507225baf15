"""The gpiod backend beyond the common suite: how the lines are asked for, what the kernel may do, and each refusal."""

import errno
import sys
from pathlib import Path
from types import ModuleType

import pytest
from gpiod.line import Bias, Clock, Direction, Edge, Value

from hardware import gpiod_pins
from hardware.clock import VirtualClock
from hardware.errors import BusError, InUseError, MissingLibraryError, NotAllowedError, NotPresentError, SettingError
from hardware.gpiod_pins import CONSUMER, EVENT_BUFFER, GpiodPinBank
from hardware.sensor import CORNERS, Channel
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.oscillator import Oscillator
from tests.hardware.fake_gpiod import FakeGpiod
from tests.hardware.line_world import LineWorld

MS = 1_000_000
CLOCKS, DATA = (5, 13, 20, 23), (6, 19, 21, 24)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(5_000 * MS)


@pytest.fixture
def gpiod(clock: VirtualClock) -> FakeGpiod:
    chips = {c: VirtualHx711(Oscillator.from_seed(1, c, clock.t_ns), lambda k, t_ns: k) for c in CORNERS}
    return FakeGpiod(LineWorld(chips, clock, CLOCKS, DATA))


def bank_of(gpiod: FakeGpiod, clock: VirtualClock | None = None, chip: str | None = "/dev/gpiochip0") -> GpiodPinBank:
    return GpiodPinBank(CLOCKS, DATA, chip, clock, gpiod)


def test_clocks_are_requested_low_and_data_lines_pulled_up_with_falling_edges(
    gpiod: FakeGpiod, clock: VirtualClock
) -> None:
    bank = bank_of(gpiod, clock)
    outputs, inputs = gpiod.opened[0].requests
    assert tuple(outputs.config) == CLOCKS
    assert tuple(inputs.config) == DATA
    for settings in outputs.config.values():
        assert (settings.direction, settings.output_value) == (Direction.OUTPUT, Value.INACTIVE)
    for settings in inputs.config.values():
        assert (settings.direction, settings.edge_detection) == (Direction.INPUT, Edge.FALLING)
        assert (settings.bias, settings.event_clock) == (Bias.PULL_UP, Clock.MONOTONIC)
    assert inputs.buffer == EVENT_BUFFER
    assert bank.description == "gpiod on /dev/gpiochip0 (pinctrl-bcm2711)"


def test_closing_lowers_the_clocks_and_releases_everything_once(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    bank = bank_of(gpiod, clock)
    bank.lines(Channel.FRONT_LEFT).sck(1)
    bank.close()
    bank.close()
    chip = gpiod.opened[0]
    assert [request.released for request in chip.requests] == [True, True]
    assert chip.closed
    world = chip.world
    assert world is not None
    clock.t_ns += 100 * MS
    world.read(*DATA)
    assert sum(chip.power_downs for chip in world._by_data.values()) == 0


def test_an_edge_carries_the_kernels_time_and_not_that_of_the_wake_up(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    bank = bank_of(gpiod, clock)
    clock.t_ns += 200 * MS  # several conversions of each chip, unread
    first = bank.wait_ready(clock.t_ns)
    assert first is not None
    channel, edge_ns, error_ns = first
    oscillator = Oscillator.from_seed(1, channel, 5_000 * MS)
    newest = oscillator.index_range(0, clock.t_ns)[-1]
    assert edge_ns == oscillator.ready_ns(newest) < clock.t_ns
    assert error_ns == 0


def test_of_several_edges_the_earliest_comes_first_and_each_once(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    bank = bank_of(gpiod, clock)
    clock.t_ns += 100 * MS
    edges = [bank.wait_ready(clock.t_ns) for _ in CORNERS]
    times = [edge[1] for edge in edges if edge is not None]
    assert len(times) == 4
    assert times == sorted(times)
    assert {edge[0] for edge in edges if edge is not None} == set(CORNERS)
    assert bank.wait_ready(clock.t_ns) is None


def test_edges_that_the_kernel_dropped_are_counted_by_line(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    bank = bank_of(gpiod, clock)
    inputs = gpiod.opened[0].requests[1]
    bank.wait_ready(clock.t_ns + 100 * MS)
    inputs.numbers[19] += 3
    for _ in range(8):
        bank.wait_ready(clock.t_ns + 100 * MS)
    assert bank.lost_edges == {
        Channel.FRONT_LEFT: 0,
        Channel.FRONT_RIGHT: 3,
        Channel.BACK_LEFT: 0,
        Channel.BACK_RIGHT: 0,
    }


def test_edges_of_data_bits_are_forgotten_and_the_next_conversion_is_not(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    bank = bank_of(gpiod, clock)
    first = bank.wait_ready(clock.t_ns + 100 * MS)
    assert first is not None
    channel, edge_ns, _ = first
    lines = bank.lines(channel)
    for _ in range(25):
        lines.sck(1)
        lines.sck(0)
    lines.drain(clock.t_ns)
    following = [bank.wait_ready(edge_ns + 15 * MS) for _ in range(5)]
    mine = [edge for edge in following if edge is not None and edge[0] == channel]
    assert mine == [(channel, edge_ns + Oscillator.from_seed(1, channel, 0).period_ns, 0)]


def test_the_wait_ends_on_time_when_nothing_comes(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    bank = bank_of(gpiod, clock)
    until_ns = clock.t_ns + 10 * MS
    assert bank.wait_ready(until_ns) is None
    assert clock.t_ns == until_ns


def test_lines_that_vanish_are_a_bus_error(
    gpiod: FakeGpiod, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = bank_of(gpiod, clock)

    def gone(timeout: float) -> bool:
        raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr(gpiod.opened[0].requests[1], "wait_edge_events", gone)
    with pytest.raises(BusError, match="waiting for an edge failed: No such device"):
        bank.wait_ready(clock.t_ns + MS)


# --- which chip, and why not -----------------------------------------------------------------------------------------


def devices(monkeypatch: pytest.MonkeyPatch, folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).touch()
    monkeypatch.setattr(gpiod_pins, "_DEVICES", folder)
    return [str(folder / name) for name in names]


@pytest.mark.parametrize("label", ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"])
def test_the_headers_chip_is_found_by_its_label_whatever_its_number(
    gpiod: FakeGpiod, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, label: str
) -> None:
    other, header = devices(monkeypatch, tmp_path, "gpiochip0", "gpiochip10")
    gpiod.chips = {other: "gpio-brcmstb@107d508500", header: label}
    assert bank_of(gpiod, clock, None).description == f"gpiod on {header} ({label})"
    assert [chip.closed for chip in gpiod.opened] == [True, False]


def test_a_chip_can_be_named_by_its_label(
    gpiod: FakeGpiod, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = devices(monkeypatch, tmp_path, "gpiochip0", "gpiochip1")
    gpiod.chips = {first: "pinctrl-bcm2711", second: "my-expander"}
    assert bank_of(gpiod, clock, "my-expander").description == f"gpiod on {second} (my-expander)"


def test_without_the_headers_chip_the_message_lists_those_there_are(
    gpiod: FakeGpiod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = devices(monkeypatch, tmp_path, "gpiochip0", "gpiochip1")
    gpiod.chips = {first: "INTC1056:00", second: OSError(errno.EIO, "Input/output error")}
    with pytest.raises(NotPresentError) as raised:
        bank_of(gpiod, None, None)
    message = str(raised.value)
    assert "pinctrl-bcm2711" in message
    assert f'{first} is "INTC1056:00"' in message
    assert f"{second}: Input/output error" in message
    assert "hardware.gpio_chip" in message


def test_without_any_chip_the_message_says_so(
    gpiod: FakeGpiod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    devices(monkeypatch, tmp_path)
    with pytest.raises(NotPresentError, match=r"there is no /dev/gpiochip\* at all"):
        bank_of(gpiod, None, None)


def test_a_chip_that_may_not_be_opened_names_the_group(gpiod: FakeGpiod) -> None:
    gpiod.chips = {"/dev/gpiochip0": PermissionError(errno.EACCES, "Permission denied")}
    with pytest.raises(NotAllowedError, match=r"/dev/gpiochip0: .*group gpio"):
        bank_of(gpiod)


def test_a_line_that_is_held_names_the_line_its_purpose_and_the_holder(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    gpiod.busy = {19: "spi0 CS0"}
    with pytest.raises(InUseError, match=r'BCM line 19 \(data of front_right\) is held by "spi0 CS0"') as raised:
        bank_of(gpiod, clock)
    assert raised.value.errno == errno.EBUSY
    chip = gpiod.opened[0]
    assert [request.released for request in chip.requests] == [True], "the clock lines were open already"
    assert chip.closed


def test_a_second_acquire_is_seen_by_its_name(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    gpiod.busy = dict.fromkeys(CLOCKS, CONSUMER)
    with pytest.raises(InUseError, match=f'BCM line 5 .* is held by "{CONSUMER}".*a second acquire'):
        bank_of(gpiod, clock)


@pytest.mark.parametrize(
    ("refusal", "kind", "text"),
    [
        (ValueError("line offset of out range"), SettingError, "line offset of out range; BCM lines asked for: 5, 13"),
        (PermissionError(errno.EPERM, "Operation not permitted"), NotAllowedError, "group gpio"),
        (OSError(errno.ENODEV, "No such device"), BusError, r"clock of front_left.*No such device"),
    ],
)
def test_each_refusal_is_told_apart(
    gpiod: FakeGpiod, clock: VirtualClock, refusal: OSError, kind: type[Exception], text: str
) -> None:
    gpiod.refuses = refusal
    with pytest.raises(kind, match=text):
        bank_of(gpiod, clock)
    assert gpiod.opened[0].closed


def test_a_shared_clock_line_is_requested_once(gpiod: FakeGpiod, clock: VirtualClock) -> None:
    GpiodPinBank((5, 5, 5, 5), DATA, "/dev/gpiochip0", clock, gpiod)
    assert tuple(gpiod.opened[0].requests[0].config) == (5,)


def test_without_the_library_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", None)
    with pytest.raises(MissingLibraryError, match=r"balance-station\[pi\]"):
        GpiodPinBank(CLOCKS, DATA)


def test_version_1_of_the_library_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", ModuleType("gpiod"))
    with pytest.raises(MissingLibraryError, match="interface of version 1"):
        GpiodPinBank(CLOCKS, DATA)
