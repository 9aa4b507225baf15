"""One line of doctor's report."""

from typing import Literal

import msgspec

Verdict = Literal["good", "look", "bad"]
Value = float | int | str | bool | None


class Check(msgspec.Struct, frozen=True):
    """What was looked at, what was found beside what is expected, and what to do when they differ.

    `look`: works, but somebody should know. `bad`: nobody can be measured or delivered. name, and the keys of `values`
    (numbers with their unit in the key), are stable: others script against them.
    """

    name: str
    verdict: Verdict
    measured: str
    expected: str
    to_do: str = ""
    values: dict[str, Value] = {}


def check(
    name: str, good: bool, measured: str, expected: str, to_do: str, values: dict[str, Value] | None = None
) -> Check:
    """Return a check that is good, or else one to look at; what there is to do is only said where it is not good."""
    return Check(name, "good" if good else "look", measured, expected, "" if good else to_do, values or {})
