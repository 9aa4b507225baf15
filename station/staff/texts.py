"""Every word of the staff screens, by dotted key: `texts_<language>.toml`, with places to fill in."""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from station.errors import DataError


@functools.cache
def staff_texts(language: str) -> Mapping[str, str]:
    """Return all texts of a language by dotted key; raises DataError when there are none, or they are broken."""
    name = f"texts_{language}.toml"
    try:
        tree = tomllib.loads((resources.files("station.staff") / name).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{name}: the words of the staff screens cannot be read: {error}") from error
    return dict(_flat(tree, ""))


def words(key: str, language: str, **values: object) -> str:
    """Return one text with its places filled in; raises DataError naming the key when there is none."""
    try:
        return staff_texts(language)[key].format(**values)
    except KeyError as error:
        raise DataError(f"texts_{language}.toml: {key!r} is missing, or needs {error}") from None


def span(seconds: float) -> str:
    """Return a length of time in words, rounded up: `40 s`, `2 minutes`."""
    if seconds <= 90:
        return f"{max(1, -int(-seconds // 1))} s"
    return f"{-int(-seconds // 60)} minutes"


def _flat(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
