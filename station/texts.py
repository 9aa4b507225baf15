"""Words as data: every text of a package by dotted key (`question.unsteady.title`), one TOML file a language.

The file is `texts_<language>.toml`. Another language is another file with the same keys.
"""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final

from station.errors import DataError, UsageError

LANGUAGES: Final = ("en",)


@functools.cache
def load_texts(package: str, language: str) -> Mapping[str, str]:
    """Return all texts of a package in a language by dotted key.

    Raises UsageError for a language that the station does not speak, DataError when its file is broken.
    """
    if language not in LANGUAGES:
        raise UsageError(f"there are no texts in {language!r}; this station speaks: {', '.join(LANGUAGES)}")
    name = f"texts_{language}.toml"
    try:
        tree = tomllib.loads((resources.files(package) / name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{name}: not valid TOML: {error}") from error
    return dict(_flat(tree, "", name))


def _flat(tree: Mapping[str, Any], prefix: str, where: str) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.", where)
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise DataError(f"{where}: {prefix}{key} = {value!r}; expected a text in quotes")
