"""Every word of the staff screens, by key, with places to fill in: `texts_<language>.toml` (`station.texts`)."""

from station.errors import DataError
from station.texts import load_texts


def words(key: str, language: str, **values: object) -> str:
    """Return one text with its places filled in; raises DataError naming the key when there is none."""
    try:
        return load_texts("station.staff", language)[key].format(**values)
    except KeyError as error:
        raise DataError(f"texts_{language}.toml: {key!r} is missing, or needs {error}") from None


def span(seconds: float) -> str:
    """Return a length of time in words, rounded up: `40 s`, `2 minutes`."""
    if seconds <= 90:
        return f"{max(1, -int(-seconds // 1))} s"
    return f"{-int(-seconds // 60)} minutes"
