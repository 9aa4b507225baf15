"""The configuration: one TOML file, every key typed and bounded, unknown keys refused.

Secrets are never in it: it names files (mode 0600) or systemd credentials that hold them.
"""

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from hardware.errors import SettingError
from hardware.imu import ImuName, rate_for
from hardware.virtual.faults import check_faults
from hardware.wiring import CLOCK_LINES, DATA_LINES, Wiring, check_wiring
from station.errors import ConfigError
from station.visit.effects import Stance

DEFAULT_PATH: Final = Path("/etc/balance-station/station.toml")

Identifier = Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,32}$", description="a-z, 0-9 and -, at most 32")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
I2cAddress = Annotated[int, msgspec.Meta(ge=0x08, le=0x77)]
DeckMm = Annotated[float, msgspec.Meta(ge=100, le=2000)]


class StationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who and where this station is, and where it keeps its files."""

    id: Identifier = "st-0001"
    site: Identifier = "clinic"
    language: Literal["en"] = "en"
    state_dir: str = "/var/lib/balance-station"
    runtime_dir: str = "/run/balance-station"

    @property
    def database(self) -> Path:
        """Return the path of the record database."""
        return Path(self.state_dir) / "station.db"

    @property
    def socket(self) -> Path:
        """Return the path of the station's Unix-domain socket."""
        return Path(self.runtime_dir) / "station.sock"

    @property
    def ring(self) -> Path:
        """Return the path of the ring that acquire writes."""
        return Path(self.runtime_dir) / "samples.ring"

    @property
    def pins(self) -> Path:
        """Return the path of the staff's PINs."""
        return Path(self.state_dir) / "pins.json"

    @property
    def calibration_journal(self) -> Path:
        """Return the path of the journal of a calibration that is under way."""
        return Path(self.state_dir) / "calibration-journal.jsonl"

    @property
    def daily_checks(self) -> Path:
        """Return the path of the file with all daily checks."""
        return Path(self.state_dir) / "daily-checks.jsonl"

    @property
    def zero(self) -> Path:
        """Return the path of the empty deck's zero."""
        return Path(self.state_dir) / "zero.json"

    @property
    def virtual_person_socket(self) -> Path:
        """Return the path of the socket that moves the virtual person (virtual backend only)."""
        return Path(self.runtime_dir) / "person.sock"


class HardwareConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where samples come from. `auto` takes gpiod or rpigpio, whichever this machine has; never virtual chips.

    Lines are BCM numbers, front left, front right, back left, back right. One number as `clock_lines` four times over
    is a clock line that all chips share: accepted, with a warning.
    """

    backend: Literal["auto", "gpiod", "rpigpio", "virtual"] = "auto"
    gpio_chip: str | None = None  # path or label; default: found by the label of the 40-pin header's chip
    reader: Literal["frame", "adafruit"] = "frame"
    clock_lines: tuple[int, int, int, int] = CLOCK_LINES
    data_lines: tuple[int, int, int, int] = DATA_LINES
    i2c_bus: Annotated[int, msgspec.Meta(ge=0, le=31)] = 1
    deck_imu: ImuName = "lsm6dsox"
    deck_imu_address: I2cAddress | None = None  # default: the chip's first
    waist_imu: ImuName | None = None  # default: none is worn
    waist_imu_address: I2cAddress | None = None  # default: the chip's second
    imu_rate_hz: Literal[100, 104, 200, 208] | None = None  # default: 208 (LSM6DSOX), 200 (MPU-6050/6500)
    fifo_priority: Annotated[int, msgspec.Meta(ge=1, le=99)] = 50
    core: Annotated[int, msgspec.Meta(ge=0, le=255)] | None = None  # default: the last one, if there are four

    @property
    def deck_imu_rate_hz(self) -> int:
        """Return the rate that the deck's IMU is set up for, Hz."""
        return rate_for(self.deck_imu, self.imu_rate_hz)

    def wiring(self) -> Wiring:
        """Return how the deck is wired, for a backend that drives real lines."""
        return Wiring(
            clock_lines=self.clock_lines,
            data_lines=self.data_lines,
            backend=self.backend if self.backend in ("gpiod", "rpigpio") else None,
            gpio_chip=self.gpio_chip,
            reader=self.reader,
            i2c_bus=self.i2c_bus,
            deck_imu=self.deck_imu,
            deck_imu_address=self.deck_imu_address,
            waist_imu=self.waist_imu,
            waist_imu_address=self.waist_imu_address,
            imu_rate_hz=self.imu_rate_hz,
        )


class VirtualConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who stands on the virtual deck (backend "virtual" only): a recorded or model person, or any recording."""

    chips: Literal["pins", "samples"] = "pins"
    seed: Annotated[int, msgspec.Meta(ge=0)] = 1  # of the deck: oscillators, gains, noise; and of a model person's sway
    person: str = "older-1"
    recording: str | None = None  # CSV; replaces the person's own
    mass_kg: Annotated[float, msgspec.Meta(ge=20, le=300)] | None = None
    loses: dict[Stance, float] = {}  # stance -> second in which balance is lost; added to what the person loses
    flaws: Literal["none", "typical"] = "none"  # of the deck: what a calibration has to find
    faults: tuple[str, ...] = ()  # NAME or NAME@SECOND, see hardware.virtual.faults


class DeckConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The deck: distances between the load cells' centres, and the surface a foot can stand on, mm."""

    cell_spacing_ml_mm: DeckMm = 400.0
    cell_spacing_ap_mm: DeckMm = 400.0
    surface_ml_mm: DeckMm = 500.0
    surface_ap_mm: DeckMm = 500.0
    certificate: str = "/var/lib/balance-station/calibration.jsonl"


class CalibrationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How staff calibrate the deck: see docs/calibration.md.

    warm_up_s: how long the deck has been switched on before it is calibrated; a virtual deck may need less than the
    plan's quarter of an hour, a real one never. serials: of the load cells, front left, front right, back left, back
    right. template: the id printed on the drilled template; default: plan and distances of the cells.
    """

    register: str = "/etc/balance-station/weights.toml"
    two_people: bool = False
    warm_up_s: Annotated[float, msgspec.Meta(ge=0, le=7200)] = 900.0
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=730)] = 365
    gravity_m_s2: Annotated[float, msgspec.Meta(ge=9.76, le=9.84)] = 9.80665  # local: docs/calibration.md has a table
    serials: tuple[str, str, str, str] = ("unknown", "unknown", "unknown", "unknown")
    template: str | None = None


class StaffConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The staff's PINs. pepper_file: 16 random bytes or more, mode 0600 or a systemd credential."""

    pepper_file: str | None = None


class ScreenConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What this site offers to a person who is alone."""

    protocol: Identifier = "walk-up"
    alone: Annotated[tuple[Stance, ...], msgspec.Meta(min_length=1)] = ("quiet", "side-by-side", "semi-tandem")
    norms: str | None = None  # table of `norms build`; without it the one that ships


class MqttConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clinic's broker. Outside loopback, TLS is not optional: set `ca_file`."""

    host: str = "127.0.0.1"
    port: Port = 1883
    prefix: Identifier = "balance"
    ack_policy: Literal["consumer", "broker"] = "consumer"
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=600)] = 20
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


class KioskConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The panel."""

    width_px: Annotated[int, msgspec.Meta(ge=640, le=4096)] = 1280
    height_px: Annotated[int, msgspec.Meta(ge=480, le=4096)] = 800
    diagonal_in: Annotated[float, msgspec.Meta(ge=5, le=60)] = 10.1
    fullscreen: bool = True


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. Every key has a default, so an empty file is a valid configuration of a station on a Pi."""

    station: StationConfig = StationConfig()
    hardware: HardwareConfig = HardwareConfig()
    virtual: VirtualConfig = VirtualConfig()
    deck: DeckConfig = DeckConfig()
    calibration: CalibrationConfig = CalibrationConfig()
    staff: StaffConfig = StaffConfig()
    screen: ScreenConfig = ScreenConfig()
    mqtt: MqttConfig = MqttConfig()
    kiosk: KioskConfig = KioskConfig()


def config_path(named: Path | None = None) -> Path:
    """Return the file to read: the one named, else $BALANCE_STATION_CONFIG, else /etc/balance-station/station.toml."""
    if named is not None:
        return named
    return Path(os.environ.get("BALANCE_STATION_CONFIG") or DEFAULT_PATH)


def load_config(path: Path) -> Config:
    """Read and check one file.

    Raises ConfigError with file, line, key, value and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such configuration file; name one with --config, or begin with `config show --default`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    try:
        config = msgspec.convert(tree, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(path, text, tree, str(error))) from error
    _check_hardware(path, config.hardware)
    _check_deck(path, config.deck)
    _check_virtual(path, config.virtual)
    _check_mqtt(path, config.mqtt)
    return config


def dump_config(config: Config) -> str:
    """Return a configuration as TOML text that `load_config` reads back unchanged."""
    lines: list[str] = []
    for section, values in msgspec.to_builtins(config).items():
        lines.append(f"[{section}]")
        for key, value in values.items():
            lines.append(f"# {key} = (not set)" if value is None else f"{key} = {_toml(value)}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    # JSON's strings, numbers, booleans and arrays are TOML too; only tables are written differently
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_toml(each)}' for key, each in value.items()) + "}"
    return msgspec.json.encode(value).decode()


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration."""
    return msgspec.json.schema(Config)


def _check_hardware(path: Path, hardware: HardwareConfig) -> None:
    try:
        rate_for(hardware.deck_imu, hardware.imu_rate_hz)
        if hardware.waist_imu is not None:
            rate_for(hardware.waist_imu, hardware.imu_rate_hz)
        check_wiring(hardware.wiring())
    except SettingError as error:
        raise ConfigError(f"{path}: [hardware]: {error}") from error


def _check_deck(path: Path, deck: DeckConfig) -> None:
    for axis in ("ml_mm", "ap_mm"):
        spacing_mm, surface_mm = getattr(deck, f"cell_spacing_{axis}"), getattr(deck, f"surface_{axis}")
        if spacing_mm > surface_mm:
            raise ConfigError(
                f"{path}: deck.cell_spacing_{axis} is {spacing_mm:g} and deck.surface_{axis} {surface_mm:g}: "
                "load cells stand under the deck; measure both again"
            )


def _check_virtual(path: Path, virtual: VirtualConfig) -> None:
    try:
        check_faults(virtual.faults, virtual.chips)
    except SettingError as error:
        raise ConfigError(f"{path}: [virtual] faults: {error}") from error


def _check_mqtt(path: Path, mqtt: MqttConfig) -> None:
    loopback = mqtt.host in {"localhost", "::1"} or mqtt.host.startswith("127.")
    if not loopback and mqtt.ca_file is None:
        raise ConfigError(
            f"{path}: mqtt.host is {mqtt.host!r}, which is not this machine, and mqtt.ca_file is not set; "
            "outside loopback the station speaks TLS only: set mqtt.ca_file to the clinic's CA certificate"
        )
    if (mqtt.cert_file is None) != (mqtt.key_file is None):
        raise ConfigError(f"{path}: mqtt.cert_file and mqtt.key_file go together; set both or neither")


def _explain(path: Path, text: str, tree: dict[str, Any], problem: str) -> str:
    """Turn msgspec's `problem - at `$.mqtt.port`` into file, line, key, value, expectation."""
    unknown = re.search(r"unknown field `([^`]+)`", problem)
    where = re.search(r" - at `(?:key` in `)?\$\.?([^`]*)`$", problem)
    keys = [key for key in re.split(r"[.\[]", where.group(1)) if key and not key.endswith("]")] if where else []
    if unknown:
        keys.append(unknown.group(1))
    value: Any = tree
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else value
    line = _line_of(text, keys)
    at = f"{path}:{line}" if line else str(path)
    name = ".".join(keys)
    if unknown:
        return f"{at}: there is no key {name!r}; `balance-station config schema` lists the keys"
    expected = re.sub(r" - at `.*`$", "", problem)
    if expected.startswith("Invalid enum value"):
        expected = f"expected one of {', '.join(map(repr, _choices(keys)))}"
    return f"{at}: {name} = {value!r} is not allowed: {expected[0].lower()}{expected[1:]}"


def _choices(keys: Sequence[str]) -> tuple[Any, ...]:
    """Return every value that a key may have, or hold, of those that have a list of them."""
    section, key = keys
    return _literals(get_type_hints(type(getattr(Config(), section)))[key])


def _literals(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(value for part in get_args(hint) for value in _literals(part))


def _line_of(text: str, keys: list[str]) -> int | None:
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\]]+)\]", line):
            section = header.group(1).strip()
            if [section] == keys:
                return number
        elif keys and (key := re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line)):
            path = [*section.split("."), key.group(1)] if section else [key.group(1)]
            if path == keys:
                return number
    return None
