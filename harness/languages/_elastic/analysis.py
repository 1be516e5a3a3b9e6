"""How Elasticsearch cuts text into tokens and normalises keywords.

The standard tokenizer follows the word boundary rules of Unicode Standard Annex 29
(https://www.unicode.org/reports/tr29/); its output was compared with Lucene 8.7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

from harness.languages._elastic.folding import fold_accents, lower, upper

_MAX_TOKEN = 255
"""Longer tokens are split by the standard tokenizer (``max_token_length``)."""

_X = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]*+"
_LETTER = rf"[\p{{WB=ALetter}}\p{{WB=Hebrew_Letter}}]{_X}"
_DIGIT = rf"[\p{{WB=Numeric}}\uFF10-\uFF19]{_X}"
_KATAKANA = rf"\p{{WB=Katakana}}{_X}"
_JOIN = rf"\p{{WB=ExtendNumLet}}{_X}"
_MID_LETTER = rf"[\p{{WB=MidLetter}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}:]{_X}"
_MID_NUMBER = rf"[\p{{WB=MidNum}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_X}"
_LETTERS = rf"{_LETTER}(?:(?:{_MID_LETTER})?{_LETTER})*+"
_NUMBERS = rf"{_DIGIT}(?:(?:{_MID_NUMBER})?{_DIGIT})*+"
_RUN = rf"(?:(?:{_LETTERS}|{_NUMBERS})++|(?:{_KATAKANA})++)"
_WORD = rf"(?:{_JOIN})*+{_RUN}(?:(?:{_JOIN})++{_RUN})*(?:{_JOIN})*+"
_OTHER = (
    rf"\p{{Hangul}}+(?:{_X})|\p{{Hiragana}}{_X}|\p{{Han}}{_X}"
    rf"|(?:\p{{Line_Break=Complex_Context}}{_X})++"
    rf"|\p{{Regional_Indicator}}{{2}}{_X}|\p{{Extended_Pictographic}}{_X}"
)
_STANDARD = regex.compile(f"{_WORD}|{_OTHER}")
_ASCII = regex.compile(
    r"_*+[A-Za-z0-9]"
    r"(?:[A-Za-z0-9_]|(?<=[A-Za-z])[.:'](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))*+"
)
_JAVA_BLANKS = "".join(map(chr, range(33)))
_LETTERS_ONLY = regex.compile(r"\p{L}+")
_NOT_BLANK = regex.compile(
    r"[^\t-\r\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]+"
)
"""What is no blank to Java; no-break spaces are part of a word."""


@lru_cache(maxsize=65536)
def standard_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens of the standard tokenizer, letter case kept."""
    pattern = _ASCII if text.isascii() else _STANDARD
    found: list[str] = []
    for match in pattern.finditer(text):
        token = match.group()
        found.extend(_short(token))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Cuts a text; ``reaches_end`` tells whether its last token ends where the text does."""

    cut: Callable[[str], Sequence[str]]
    reaches_end: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A tokenizer and a filter; ``filter`` is what also runs on wildcard terms."""

    name: str
    tokenizer: Tokenizer
    filter: Callable[[str], str]

    def tokens(self, text: str) -> tuple[str, ...]:
        """Return the tokens of a text; their positions are their places in the list."""
        return tuple(self.filter(token) for token in self.tokenizer.cut(text))


def _runs(pattern: regex.Pattern[str]) -> Tokenizer:
    """Return the tokenizer whose tokens are the runs of some characters."""

    def cut(text: str) -> tuple[str, ...]:
        return tuple(piece for run in pattern.findall(text) for piece in _short(run))

    return Tokenizer(cut, lambda text: bool(text) and pattern.fullmatch(text[-1]) is not None)


def _short(token: str) -> list[str]:
    return [token[at : at + _MAX_TOKEN] for at in range(0, len(token), _MAX_TOKEN)]


def _ends_with_word(text: str) -> bool:
    return any(found.end() == len(text) for found in _STANDARD.finditer(text))


def _same(text: str) -> str:
    return text


_WHOLE = Tokenizer(lambda text: (text,) if text else (), bool)
_TOKENIZERS: Mapping[str, Tokenizer] = {
    "standard": Tokenizer(standard_tokens, _ends_with_word),
    "whitespace": _runs(_NOT_BLANK),
    "keyword": _WHOLE,
    "letter": _runs(_LETTERS_ONLY),
}
_ANALYZERS = {
    "standard": Analyzer("standard", _TOKENIZERS["standard"], lower),
    "default": Analyzer("default", _TOKENIZERS["standard"], lower),
    "simple": Analyzer("simple", _TOKENIZERS["letter"], lower),
    "whitespace": Analyzer("whitespace", _TOKENIZERS["whitespace"], _same),
    "keyword": Analyzer("keyword", _WHOLE, _same),
    # https://github.com/Graylog2/graylog2-server: keyword tokenizer and lowercase filter
    "analyzer_keyword": Analyzer("analyzer_keyword", _WHOLE, lower),
}


def _trim(text: str) -> str:
    return text.strip(_JAVA_BLANKS)


_FILTERS: Mapping[str, Callable[[str], str]] = {
    "lowercase": lower,
    "uppercase": upper,
    "asciifolding": fold_accents,
    "trim": _trim,
}
_NORMALIZERS: Mapping[str, Callable[[str], str]] = {
    "lowercase": lower,
    # https://github.com/Graylog2/graylog-schema: GIM fields are normalised to lower case
    "loweronly": lower,
}


def analyzer(given: Any = None) -> Analyzer | None:
    """Return an analyzer by name or by definition; ``None`` for one that is not known.

    A definition is a mapping with ``tokenizer`` and a list ``filter``, as in index settings.
    """
    if isinstance(given, Mapping):
        tokenizer = _TOKENIZERS.get(str(given.get("tokenizer", "standard")))
        chain = _chain(given.get("filter"))
        if tokenizer is None or chain is None or given.get("char_filter"):
            return None
        return Analyzer(repr(sorted(given.items())), tokenizer, chain)
    return _ANALYZERS.get(str(given or "standard"))


def normalizer(given: Any) -> Callable[[str], str] | None:
    """Return a keyword normalizer by name or definition; ``None`` for one that is not known."""
    if not given:
        return _same
    if isinstance(given, Mapping):
        return None if given.get("char_filter") else _chain(given.get("filter"))
    return _NORMALIZERS.get(str(given))


def _chain(names: Any) -> Callable[[str], str] | None:
    listed = [names] if isinstance(names, str) else list(names or ())
    steps = [_FILTERS.get(str(name)) for name in listed]
    if any(step is None for step in steps):
        return None

    def apply(text: str) -> str:
        for step in steps:
            assert step is not None
            text = step(text)
        return text

    return apply
