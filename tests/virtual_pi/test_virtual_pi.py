"""The real acquisition on a virtual Pi: what is inside, in `tests/virtual_pi/inside`, passes there.

`make test-virtual-pi` runs it and says beforehand what this machine lacks; `make test-long` skips it then, saying why.
"""

import pytest

from tests.virtual_pi.kernel import CannotRunError
from tests.virtual_pi.stages import STAGES, TIMEOUT_S, Report, Stage, run_stages

pytestmark = [pytest.mark.long, pytest.mark.timeout(TIMEOUT_S + 900)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Report:
    """Boot once and run everything; print the figures at the end of the session."""
    try:
        report = run_stages(tmp_path_factory.mktemp("virtual-pi"))
    except CannotRunError as error:
        pytest.skip(str(error))
    lines = [f"{name.replace('_', ' ')}: {value:g}" for name, value in report.figures.items()]
    lines.append(f"wall seconds: {report.outcome.wall_s:.0f}")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\nThe virtual Pi: " + "; ".join(lines))
    return report


@pytest.mark.parametrize("stage", STAGES, ids=[stage.name for stage in STAGES])
def test_what_is_inside_passes_there(report: Report, stage: Stage) -> None:
    if reason := report.not_run.get(stage.name):
        pytest.skip(reason)
    result = report.results.get(stage.name)
    assert result is not None, f"did not get that far:\n{report.outcome.console[-4000:]}"
    assert not result.problems, "\n\n".join(result.problems)
    assert result.passed > 0


def test_the_machine_ends_by_itself_and_in_time(report: Report) -> None:
    assert report.outcome.exit_code is not None, report.outcome.console[-4000:]


@pytest.mark.parametrize("word", ["BUG:", "WARNING:", "Oops", "Call Trace", "soft lockup", "self-detected stall"])
def test_the_kernel_had_nothing_to_complain_about(report: Report, word: str) -> None:
    assert "balance_deck: loading out-of-tree module" in report.outcome.kernel_log, "this is the log, then"
    assert word not in report.outcome.kernel_log
