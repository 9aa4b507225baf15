"""A station on a virtual clock, its register of weights, a PIN, and somebody who does what the staff screens ask."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from calibration.evidence import Weight
from calibration.register import load_register
from hardware.virtual.control import PutWeight, perform
from station.config import CalibrationConfig, Config
from station.demo.one_process import OneProcess
from station.demo.settings import DemoSettings, demo_config
from station.demo.staff_hands import StaffHands
from station.messages import Cue, ToClient
from station.records.event import StationEvent
from station.screens import ScreenModel
from station.staff.pin import PinKeeper

PIN = "2580"
SETTINGS = DemoSettings(protocol="quiet-stance", person="young-1", chips="samples", seed=2)
REGISTER = """
[[weight]]
id = "20-1"
nominal_kg = 20
mass_kg = 20.0004
uncertainty_g = 1.0
certificate_number = "K-1"
valid_until = {until}

[[weight]]
id = "20-2"
nominal_kg = 20
mass_kg = 19.9996
uncertainty_g = 1.0
certificate_number = "K-2"
valid_until = {until}

[[weight]]
id = "10-1"
nominal_kg = 10
mass_kg = 10.0001
uncertainty_g = 0.5
certificate_number = "K-3"
valid_until = {until}
"""
IDS = ("20-1", "20-2", "10-1")


def staff_config(
    folder: Path,
    *,
    two_people: bool = False,
    until: date = date(2999, 1, 1),
    flaws: Literal["none", "typical"] = "typical",
) -> Config:
    """Return a station's configuration with a register of weights, and set the PIN of AB (and of CD)."""
    config = demo_config(SETTINGS, folder)
    register = folder / "weights.toml"
    register.write_text(REGISTER.format(until=until), encoding="utf-8")
    config = msgspec.structs.replace(
        config,
        virtual=msgspec.structs.replace(config.virtual, flaws=flaws),
        calibration=CalibrationConfig(register=str(register), warm_up_s=5.0, two_people=two_people),
    )
    Path(config.station.state_dir).mkdir(parents=True, exist_ok=True)
    pins = PinKeeper(config.station.pins, b"", lambda: 0.0, "test")
    if not pins.people:
        pins.set_pin("AB", PIN)
        pins.set_pin("CD", "9517")
    return config


class StaffedStation:
    """Steps a station; hands put weights where the screen says unless `hands_off`."""

    def __init__(self, config: Config, *, certified: bool = False, serve: bool = False) -> None:
        self.config = config
        self.process = OneProcess(config, certified=certified, serve=serve)
        self.station = self.process.station
        self.engine = self.station.engine
        self.person = self.process.person
        self.messages: list[ToClient] = []
        publish = self.engine.publish

        def published(message: ToClient) -> None:
            self.messages.append(message)
            publish(message)

        self.engine.publish = published
        self.register: tuple[Weight, ...] = load_register(Path(config.calibration.register))
        self.hands = StaffHands(self.register, (200.0, 200.0))
        self.hands_off = False

    @property
    def screen(self) -> ScreenModel:
        return self.engine.screen

    def put(self, mass_kg: float, x_mm: float = 0.0, y_mm: float = 0.0) -> None:
        perform(self.person, PutWeight(mass_kg, x_mm, y_mm), self.process.now_ns)

    def step(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.tick()

    def tick(self) -> None:
        self.process.step()
        if not self.hands_off and (load := self.hands.asked(self.screen)) is not None:
            perform(self.person, load, self.process.now_ns)

    def press(self, *actions: str) -> None:
        for action in actions:
            offered = {button.action for button in self.screen.buttons} | {"staff"}
            assert action in offered, f"{self.screen.name} offers {sorted(offered)}, not {action!r}"
            self.engine.press(action, self.engine.serial)

    def until(self, *names: str, limit_s: float = 60.0) -> str:
        for _ in range(round(limit_s * 100)):
            if self.screen.name in names:
                return self.screen.name
            self.tick()
        raise AssertionError(f"no {names} in {limit_s:g} s, but {self.screen.name!r}: {self.screen.body}")

    def sign_in(self, pin: str = PIN) -> None:
        self.step(1.0)
        self.press("staff")
        self.type_pin(pin)

    def type_pin(self, pin: str) -> None:
        self.press(*(f"digit.{digit}" for digit in pin), "enter")

    def begin_calibration(self) -> None:
        self.press("calibrate", *(f"weight.{each}" for each in IDS), "go")
        self.until("calibrate.level")
        self.step(0.5)
        self.press("go")
        assert self.screen.name == "calibrate.read"

    def calibrate(self) -> None:
        """From the menu to the result."""
        self.begin_calibration()
        self.until("calibrate.result", "calibrate.refused", limit_s=400)

    def until_reading(self, number: int) -> None:
        """Step until this reading of the plan is asked for."""
        for _ in range(40_000):
            progress = self.screen.progress
            if self.screen.name == "calibrate.read" and progress is not None and progress.at == number:
                return
            self.tick()
        raise AssertionError(f"reading {number} is not asked for: {self.screen.name}: {self.screen.body}")

    def samples_stop(self) -> None:
        """Let no chip say anything any more."""
        self.process.source.service = lambda now_ns: None  # type: ignore[method-assign]

    def sign(self) -> None:
        self.press("sign")

    def chimes(self) -> int:
        return sum(isinstance(each, Cue) and each.key == "chime" for each in self.messages)

    def events(self) -> list[StationEvent]:
        """Return what the clinic has been told beside results."""
        rows = self.station.store.outbox.open_rows(100)
        return [msgspec.json.decode(row.body, type=StationEvent) for row in rows if row.topic.startswith("event/")]

    def close(self) -> None:
        self.process.close()


Make = Callable[..., StaffedStation]
