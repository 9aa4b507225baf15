"""Every word that a person reads or hears, by key: `texts_<language>.toml` beside this file (`station.texts`)."""

from collections.abc import Iterable, Mapping

from station.errors import DataError
from station.texts import load_texts


def texts(language: str) -> Mapping[str, str]:
    """Return all texts of a language by dotted key; raises what `load_texts` raises."""
    return load_texts("station.visit", language)


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
