"""The words of a visit: short, plain, and never the words that frighten."""

import re

import pytest

from station.errors import DataError, UsageError
from station.texts import LANGUAGES
from station.visit.texts import missing_keys, optional_text, text, texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_says_fail_or_gives_odds(language):
    for key, words in texts(language).items():
        assert not re.search(r"\bfail|\brisk|%|percent|\d+ in \d+|score|error|poor|bad", words, re.IGNORECASE), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_and_words_are_short(language):
    for key, words in texts(language).items():
        for sentence in re.split(r"[.?!]\s*", words):
            assert len(sentence.split()) <= 23, key
            assert all(len(word) <= 12 for word in re.findall(r"[A-Za-z]+", sentence)), key


def test_every_language_has_the_same_keys():
    for language in LANGUAGES:
        assert missing_keys(texts("en"), language) == ()


def test_only_signs_that_every_font_has_are_used():
    for key, words in texts("en").items():
        assert words.isascii(), key


def test_a_missing_text_and_an_unknown_language_say_what_is_missing():
    with pytest.raises(DataError, match=r"texts_en.toml has no 'attract.subtitle'"):
        text("attract.subtitle", "en")
    assert optional_text("attract.subtitle", "en") == ""
    with pytest.raises(UsageError, match=r"no texts in 'xx'; this station speaks: en"):
        texts("xx")
