"""The acquire process over a real deck: what it opens, what it says when it cannot, and what it closes."""

from pathlib import Path

import pytest

from hardware.clock import Clock
from hardware.errors import BusError, HardwareError, NotPresentError, SettingError
from hardware.ring import RingReader, RingState, RingWriter
from hardware.source import SampleSource
from hardware.status import SourceStatus
from hardware.wiring import Wiring
from station.config import Config, HardwareConfig, StationConfig
from station.errors import ConfigError, StationError, UnavailableError
from station.live import acquisition


def configured(folder: Path, hardware: HardwareConfig) -> Config:
    return Config(station=StationConfig(runtime_dir=str(folder)), hardware=hardware)


class UnpluggedDeck(SampleSource):
    """Works until it is served."""

    def __init__(self) -> None:
        self.closed = False

    def service(self, until_ns: int) -> int:
        raise BusError(19, "gpiod on /dev/gpiochip0: waiting for an edge failed: No such device")

    def status(self) -> SourceStatus:
        return SourceStatus("gpiod on /dev/gpiochip0", "frame", None, (), ())

    def close(self) -> None:
        self.closed = True


def test_the_configured_wiring_is_opened_and_closed_when_the_lines_go_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deck, opened = UnpluggedDeck(), []

    def open_deck(wiring: Wiring, ring: RingWriter, clock: Clock) -> SampleSource:
        opened.append(wiring)
        return deck

    monkeypatch.setattr(acquisition, "open_deck", open_deck)
    monkeypatch.setattr("hardware.realtime.ask_for", lambda wanted, ring: None)
    config = configured(tmp_path, HardwareConfig(backend="gpiod", reader="adafruit"))
    with pytest.raises(UnavailableError, match="No such device"):
        acquisition.main(config, beat=lambda: None)
    assert opened == [config.hardware.wiring()]
    assert (opened[0].backend, opened[0].reader) == ("gpiod", "adafruit")
    assert deck.closed
    assert not RingReader.open(config.station.ring).state & RingState.VIRTUAL


@pytest.mark.parametrize(
    ("error", "kind"),
    [(NotPresentError("no GPIO chip"), UnavailableError), (SettingError("line 40 is not there"), ConfigError)],
)
def test_a_deck_that_cannot_be_opened_ends_the_process_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: HardwareError, kind: type[StationError]
) -> None:
    def refuse(wiring: Wiring, ring: RingWriter, clock: Clock) -> SampleSource:
        raise error

    monkeypatch.setattr(acquisition, "open_deck", refuse)
    with pytest.raises(kind, match=str(error)):
        acquisition.main(configured(tmp_path, HardwareConfig(backend="auto")), beat=lambda: None)
