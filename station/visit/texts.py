"""Every word that a person reads or hears, by key: one TOML file a language, `texts_<language>.toml`.

Keys are dotted (`question.unsteady.title`). Another language is another file with the same keys.
"""

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Final

from station.errors import DataError, UsageError

LANGUAGES: Final = ("en",)


@functools.cache
def texts(language: str) -> Mapping[str, str]:
    """Return all texts of a language by dotted key.

    Raises UsageError for a language that the station does not speak, DataError when its file is broken.
    """
    if language not in LANGUAGES:
        raise UsageError(f"there are no texts in {language!r}; this station speaks: {', '.join(LANGUAGES)}")
    name = f"texts_{language}.toml"
    try:
        tree = tomllib.loads((resources.files("station.visit") / name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{name}: not valid TOML: {error}") from error
    return dict(_flat(tree, "", name))


def text(key: str, language: str) -> str:
    """Return one text; raises DataError naming the key when the language has no such text."""
    try:
        return texts(language)[key]
    except KeyError:
        raise DataError(f"texts_{language}.toml has no {key!r}; every key must stand in every language") from None


def optional_text(key: str, language: str) -> str:
    """Return one text, or "" when a screen has none under this key."""
    return texts(language).get(key, "")


def missing_keys(keys: Iterable[str], language: str) -> tuple[str, ...]:
    """Return those of `keys` for which a language has no words, each once, in order."""
    known = texts(language)
    return tuple(dict.fromkeys(key for key in keys if not known.get(key)))


def _flat(tree: Mapping[str, Any], prefix: str, where: str) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.", where)
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise DataError(f"{where}: {prefix}{key} = {value!r}; expected a text in quotes")
