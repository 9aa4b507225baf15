"""The limits of the MPUs' self-test, against the register map's own table values and the ends of each code."""

import pytest

from hardware.imu import ImuName, judge_self_test
from hardware.mpu_self_test import SELF_TESTS, accel_trim_6050_mg, gyro_trim_6050_dps, trim_6500
from tests.hardware.imu_rig import ImuRig


def test_factory_trims_are_the_register_map_s_from_the_lowest_code_to_the_highest() -> None:
    assert (accel_trim_6050_mg(0), gyro_trim_6050_dps(0), trim_6500(0)) == (0, 0, 0)
    assert accel_trim_6050_mg(1) == pytest.approx(340)
    assert accel_trim_6050_mg(31) == pytest.approx(920)
    assert gyro_trim_6050_dps(1) == pytest.approx(25)
    assert gyro_trim_6050_dps(2) == pytest.approx(26.15)
    assert trim_6500(1) == pytest.approx(2620)
    assert trim_6500(2) == pytest.approx(2646.2)
    assert trim_6500(100) == pytest.approx(7017, rel=0.001)  # the maker's table: 7016


def test_an_mpu6050_s_codes_are_gathered_from_five_and_two_bits_and_y_of_the_gyroscope_moves_the_other_way() -> None:
    # accelerometer x 0b10110, y 0b00001, z 0b11111; gyroscope x 1, y 2, z 31
    codes = bytes([0b101_00001, 0b000_00010, 0b111_11111, 0b00_10_01_11])
    accel, gyro = SELF_TESTS["mpu6050"].limits(codes)
    assert [sum(limits) / 2 for limits in accel] == pytest.approx([accel_trim_6050_mg(c) for c in (0b10110, 1, 31)])
    assert [sum(limits) / 2 for limits in gyro] == pytest.approx(
        [gyro_trim_6050_dps(1), -gyro_trim_6050_dps(2), gyro_trim_6050_dps(31)]
    )
    assert accel[1] == pytest.approx((340 * 0.86, 340 * 1.14))
    assert all(low < high for low, high in (*accel, *gyro))


def test_an_mpu6500_passes_from_half_of_its_trim_on_and_up_to_one_and_a_half_of_it_or_its_range() -> None:
    accel, gyro = SELF_TESTS["mpu6500"].limits(bytes([1, 100, 200, 1, 100, 200]))
    assert accel[0] == pytest.approx((79.96, 239.87), rel=0.001)
    assert gyro[0] == pytest.approx((10, 250))
    assert gyro[2] == pytest.approx((trim_6500(200) / 131 / 2, 250))


def test_without_factory_codes_the_limits_that_every_chip_keeps_hold() -> None:
    accel, gyro = SELF_TESTS["mpu6050"].limits(bytes(4))
    assert accel == ((300, 950),) * 3
    assert gyro == ((10, 105), (-105, -10), (10, 105))
    accel, gyro = SELF_TESTS["mpu6500"].limits(bytes(6))
    assert accel == ((225, 675),) * 3
    assert gyro == ((60, 250),) * 3


@pytest.mark.parametrize("name", ["mpu6050", "mpu6500"])
def test_a_chip_without_factory_codes_is_judged_by_those(name: ImuName) -> None:
    r = ImuRig(name, still=True, factory_codes=False)
    result = r.driver.self_test()
    r.bus.close()
    assert result.passed
    assert result.accel_limits_mg[0] == ((300, 950) if name == "mpu6050" else (225, 675))


def test_a_failure_names_sensor_axis_what_it_did_and_what_was_expected() -> None:
    limits = ((50.0, 1700.0),) * 3, ((150.0, 700.0),) * 3
    result = judge_self_test((400, 12.4, 1800), (300, -300, 300), limits[0], limits[1])
    assert not result.passed
    assert result.failures == (
        "accelerometer y moved by 12 mg, expected 50 to 1700",
        "accelerometer z moved by 1800 mg, expected 50 to 1700",
        "gyroscope y moved by -300 deg/s, expected 150 to 700",
    )
