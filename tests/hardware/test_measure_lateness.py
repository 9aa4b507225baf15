"""The shipped measurement of the loop's lateness runs, ends by itself and says what it was given."""

import json

from click.testing import CliRunner

from hardware.measure_lateness import main


def test_a_short_measurement_counts_every_frame_and_prints_one_json_document() -> None:
    asked = ["--seconds", "0.5", "--load", "0", "--priority", "normal", "--json"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    (case,) = json.loads(result.stdout)
    assert case["got"].startswith("normal")
    # four chips of 90 to 97 conversions a second; what was begun too late is skipped and counted
    assert 40 < case["frames"] <= 4 * 97 * 0.6
    assert case["lateness_us"]["p50"] <= case["lateness_us"]["p99"] <= case["lateness_us"]["max"]


def test_a_wrong_option_is_one_clear_line() -> None:
    result = CliRunner().invoke(main, ["--seconds", "0"])
    assert result.exit_code == 2
    assert "Invalid value for '--seconds'" in result.output
