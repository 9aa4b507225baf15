"""The deck's IMU tells level and knocks in degrees and g, whichever model is fitted; the waist's says nothing of it."""

import math

import pytest

from hardware.imu import IMU_MODELS, ImuName
from hardware.ring import RingWriter
from hardware.sensor import Channel, Flag, Sample
from station.config import DeckConfig
from station.live.deck_motion import KNOCK_LIMIT_G, DeckMotion
from station.live.grid import Grid

MS = 1_000_000
MODELS = pytest.mark.parametrize("name", list(IMU_MODELS))


def counts(name: ImuName, *accel_g: float) -> tuple[int, int, int, int, int, int]:
    x, y, z = (round(g * 1e3 / IMU_MODELS[name].accel_mg_per_lsb) for g in accel_g)
    return x, y, z, 0, 0, 0


@MODELS
@pytest.mark.parametrize("tilt_deg", [0.0, 0.5, 3.0])
def test_tilt_is_the_angle_of_gravity(name: ImuName, tilt_deg: float) -> None:
    motion = DeckMotion(IMU_MODELS[name])
    angle = math.radians(tilt_deg)
    for n in range(300):
        motion.push(n * 5 * MS, 0, counts(name, 0.0, math.sin(angle), math.cos(angle)))
    assert motion.tilt_deg(1_500 * MS) == pytest.approx(tilt_deg, abs=0.01)


@MODELS
@pytest.mark.parametrize(("share", "knocked"), [(0.97, False), (1.03, True)])
def test_a_knock_is_the_same_blow_for_every_model(name: ImuName, share: float, knocked: bool) -> None:
    motion = DeckMotion(IMU_MODELS[name])
    for n in range(300):
        assert not motion.push(n * 5 * MS, 0, counts(name, 0.0, 0.0, 1.0))
    assert motion.push(1_500 * MS, 0, counts(name, share * KNOCK_LIMIT_G, 0.0, 1.0)) is knocked


@pytest.mark.parametrize("flag", [Flag.OVERRUN, Flag.CONFIG_LOST, Flag.FROZEN, Flag.SETTLING])
def test_flagged_samples_say_nothing(flag: Flag) -> None:
    motion = DeckMotion(IMU_MODELS["mpu6050"])
    assert not motion.push(0, flag, counts("mpu6050", 3.0, 3.0, 3.0))
    assert motion.silent(0)
    assert motion.flagged == 1


def test_the_waist_s_imu_neither_tilts_nor_knocks_the_deck() -> None:
    ring = RingWriter.in_memory()
    grid = Grid(ring.reader(), None, DeckConfig(), "mpu6050")  # type: ignore[arg-type]
    for n in range(300):
        grid.take([Sample(Channel.DECK_IMU, 0, n * 5 * MS, counts("mpu6050", 0.0, 0.0, 1.0))])
        grid.take([Sample(Channel.WAIST_IMU, 0, n * 5 * MS, counts("mpu6050", 2.0 * (n % 2), 1.0, 0.0))])
    assert grid._knocked_until_ns == 0
    assert grid.motion.tilt_deg(1_500 * MS) == pytest.approx(0.0, abs=0.01)
