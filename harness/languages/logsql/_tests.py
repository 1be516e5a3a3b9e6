"""The tests that filters make of one value: words, phrases, prefixes, texts and ranges.

Each says what it answers on text, and what on a value that a block stores as a number, an
address or a time. https://docs.victoriametrics.com/victorialogs/logsql/#filters
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from harness.languages.logsql import _numbers as numbers
from harness.languages.logsql._columns import Kind, Stored
from harness.languages.logsql._words import (
    has_phrase,
    has_prefix,
    has_sequence,
    is_word_char,
    lowered,
    uppered,
)

_FRACTION_SIGNS = (".", "+", "-")
_DIGITS = ("0", "9")


class Simple:
    """A test that is asked the same way however a value is stored."""

    __slots__ = ()

    def on_text(self, text: str) -> bool:
        """Return the answer on text."""
        raise NotImplementedError

    def on_stored(self, value: Stored) -> bool | None:
        """Return the answer on what a column gives back."""
        return self.on_text(value.text)

    def on_result(self, value: Stored) -> bool | None:
        """Return the answer behind a pipe."""
        return self.on_stored(value)


def _as_result(test: Simple, operand: str, value: Stored) -> bool:
    """Return the answer behind a pipe: whole numbers are only looked at by whole numbers."""
    if value.whole and value.reads(operand) is None:
        return False
    return test.on_text(value.text)


@dataclass(frozen=True, slots=True)
class Phrase(Simple):
    """A word or a phrase stands in the value, between the ends of words."""

    phrase: str

    def on_text(self, text: str) -> bool:
        return has_phrase(text, self.phrase)

    def on_stored(self, value: Stored) -> bool | None:
        return phrase_stored(self.phrase, value)

    def on_result(self, value: Stored) -> bool | None:
        return _as_result(self, self.phrase, value)

    def describe(self) -> str:
        return f"has the phrase {self.phrase!r}"


def phrase_stored(phrase: str, value: Stored) -> bool | None:
    """Return whether a stored value has a phrase."""
    if value.whole:
        return value.same(phrase)
    if value.kind is Kind.DECIMAL:
        if value.reads(phrase) is None and phrase not in _FRACTION_SIGNS:
            return False
        if 0 < phrase.find(".") < len(phrase) - 1:
            return value.same(phrase)
    elif value.reads(phrase) is not None:
        return value.same(phrase)
    return has_phrase(value.text, phrase)


@dataclass(frozen=True, slots=True)
class Prefix(Simple):
    """A word of the value begins so; every value where nothing is given."""

    prefix: str

    def on_text(self, text: str) -> bool:
        return has_prefix(text, self.prefix)

    def on_stored(self, value: Stored) -> bool | None:
        return prefix_stored(self.prefix, value)

    def on_result(self, value: Stored) -> bool | None:
        return _as_result(self, self.prefix, value)

    def describe(self) -> str:
        return f"has a word that begins with {self.prefix!r}" if self.prefix else "has a value"


def prefix_stored(prefix: str, value: Stored) -> bool | None:
    """Return whether a word of a stored value begins so."""
    if not prefix:
        return True
    if value.whole:
        return _part_of_whole(prefix, value, found=has_prefix(value.text, prefix))
    if value.kind is Kind.DECIMAL and not (
        value.reads(prefix) is not None or prefix in _FRACTION_SIGNS or prefix[0] in {"e", "E"}
    ):
        return False
    return has_prefix(value.text, prefix)


def _part_of_whole(part: str, value: Stored, *, found: bool) -> bool | None:
    """Return whether a part stands in a whole number; the smallest and largest of a block count."""
    if value.kind is Kind.SIGNED and part == "-":
        return found
    number = value.reads(part)
    if number is None or not found:
        return False
    if value.kind is Kind.UNSIGNED or number == value.number:
        return True
    return True if 0 <= number <= value.number else None


@dataclass(frozen=True, slots=True)
class Exact(Simple):
    """The value is exactly this."""

    value: str

    def on_text(self, text: str) -> bool:
        return text == self.value

    def on_stored(self, value: Stored) -> bool | None:
        return value.same(self.value)

    def describe(self) -> str:
        return f"= {self.value!r}"


@dataclass(frozen=True, slots=True)
class ExactPrefix(Simple):
    """The value begins so."""

    prefix: str

    def on_text(self, text: str) -> bool:
        return text.startswith(self.prefix)

    def on_stored(self, value: Stored) -> bool | None:
        found = value.text.startswith(self.prefix)
        if not self.prefix:
            return True
        if value.whole:
            words = any(map(is_word_char, _without_last_word(self.prefix)))
            return False if words else _part_of_whole(self.prefix, value, found=found)
        if value.kind is not Kind.DECIMAL and not _DIGITS[0] <= self.prefix <= _DIGITS[1]:
            return False
        return found

    def on_result(self, value: Stored) -> bool | None:
        return _as_result(self, self.prefix, value)

    def describe(self) -> str:
        return f"begins with {self.prefix!r}"


def _without_last_word(text: str) -> str:
    end = len(text)
    while end and is_word_char(text[end - 1]):
        end -= 1
    return text[:end]


@dataclass(frozen=True, slots=True)
class Substring(Simple):
    """The text stands somewhere in the value."""

    part: str

    def on_text(self, text: str) -> bool:
        return self.part in text

    def on_stored(self, value: Stored) -> bool | None:
        found = self.part in value.text
        if not self.part:
            return True
        if value.whole:
            return _part_of_whole(self.part, value, found=found)
        if (
            value.kind is Kind.DECIMAL
            and value.reads(self.part) is None
            and not any(sign in self.part for sign in ".+-eE")
        ):
            return False
        return found

    def on_result(self, value: Stored) -> bool | None:
        return _as_result(self, self.part, value)

    def describe(self) -> str:
        return f"contains {self.part!r}"


@dataclass(frozen=True, slots=True)
class AnyCasePhrase(Simple):
    """A phrase stands in the value, in any letter case."""

    phrase: str

    def on_text(self, text: str) -> bool:
        low = lowered(self.phrase)
        return _fits(text, low) and has_phrase(lowered(text), low)

    def on_stored(self, value: Stored) -> bool | None:
        fold = uppered if value.kind is Kind.TIME else lowered
        return phrase_stored(fold(self.phrase), value)

    def on_result(self, value: Stored) -> bool | None:
        return _as_result(self, lowered(self.phrase), value)

    def describe(self) -> str:
        return f"has the phrase {self.phrase!r} (any case)"


@dataclass(frozen=True, slots=True)
class AnyCasePrefix(Simple):
    """A word of the value begins so, in any letter case."""

    prefix: str

    def on_text(self, text: str) -> bool:
        low = lowered(self.prefix)
        return _fits(text, low) and has_prefix(lowered(text), low)

    def on_stored(self, value: Stored) -> bool | None:
        fold = uppered if value.kind is Kind.TIME else lowered
        return prefix_stored(fold(self.prefix), value)

    def on_result(self, value: Stored) -> bool | None:
        return _as_result(self, lowered(self.prefix), value)

    def describe(self) -> str:
        return f"has a word that begins with {self.prefix!r} (any case)"


def _fits(text: str, low: str) -> bool:
    """Return whether a text has the bytes that a lower-case phrase needs, before it is folded."""
    return len(_bytes(low)) <= len(_bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class OneOf(Simple):
    """The value is one of these; the empty one is a missing value."""

    values: frozenset[str]

    def on_text(self, text: str) -> bool:
        return text in self.values

    def on_stored(self, value: Stored) -> bool | None:
        if value.own in self.values:
            return True
        return None if any(value.same(one) is None for one in self.values) else False

    def describe(self) -> str:
        return f"is one of {sorted(self.values)!r}"


@dataclass(frozen=True, slots=True)
class HasAny(Simple):
    """One of several phrases stands in the value."""

    phrases: tuple[str, ...]

    def on_text(self, text: str) -> bool:
        return any(has_phrase(text, one) for one in self.phrases)

    def on_stored(self, value: Stored) -> bool | None:
        if value.kind is not Kind.UNSIGNED:
            return self.on_text(value.text)
        answers = {value.same(one) for one in self.phrases}
        return True if True in answers else None if None in answers else False

    def describe(self) -> str:
        return f"has one of the phrases {list(self.phrases)!r}"


@dataclass(frozen=True, slots=True)
class HasAll(Simple):
    """All of several phrases stand in the value; empty ones do not count."""

    phrases: tuple[str, ...]

    def on_text(self, text: str) -> bool:
        return all(has_phrase(text, one) for one in self.phrases)

    def on_stored(self, value: Stored) -> bool | None:
        if value.kind is not Kind.UNSIGNED:
            return self.on_text(value.text)
        return value.same(self.phrases[0]) if len(self.phrases) == 1 else False

    def describe(self) -> str:
        return f"has all the phrases {list(self.phrases)!r}"


@dataclass(frozen=True, slots=True)
class Sequence(Simple):
    """Phrases stand in the value in this order."""

    phrases: tuple[str, ...]

    def on_text(self, text: str) -> bool:
        return has_sequence(text, self.phrases)

    def on_stored(self, value: Stored) -> bool | None:
        single = len(self.phrases) == 1
        if value.whole:
            return value.same(self.phrases[0]) if single else False
        if single and value.kind is not Kind.DECIMAL:
            return phrase_stored(self.phrases[0], value)
        return self.on_text(value.text)

    def on_result(self, value: Stored) -> bool | None:
        return False if value.whole else self.on_text(value.text)

    def describe(self) -> str:
        return f"has the phrases {list(self.phrases)!r} in this order"


@dataclass(frozen=True, slots=True)
class Texts(Simple):
    """The value stands between two texts, character by character; ``high`` is not reached."""

    low: str
    high: str | None

    def on_text(self, text: str) -> bool:
        return self.low <= text and (self.high is None or text < self.high)

    def on_stored(self, value: Stored) -> bool | None:
        low, high = self.low, self.high
        if value.kind is Kind.SIGNED:
            none = low > "9" or (high is not None and high != "-" and high < "0")
        else:
            least = "+" if value.kind is Kind.DECIMAL else "0"
            none = low > "9" or (high is not None and high < least)
        return False if none else self.on_text(value.text)

    def on_result(self, value: Stored) -> bool | None:
        return False if value.whole else self.on_text(value.text)

    def describe(self) -> str:
        high = "" if self.high is None else f", before {self.high!r}"
        return f"is {self.low!r} or behind it{high}"


@dataclass(frozen=True, slots=True)
class Numbers(Simple):
    """The value is a number, a duration, a size, a time or an address between two bounds."""

    low: float
    high: float

    def on_text(self, text: str) -> bool:
        found = numbers.number(text)
        return found is not None and self.low <= found <= self.high

    def on_stored(self, value: Stored) -> bool | None:
        if math.isnan(self.low) or math.isnan(self.high):
            return None
        if self.low > self.high:
            return False
        if value.kind is Kind.DECIMAL:
            return self.low <= value.number <= self.high
        if self.high < 0 and value.kind in {Kind.UNSIGNED, Kind.TIME}:
            return False
        most = _MOST[value.kind]
        least = 0 if value.kind in {Kind.UNSIGNED, Kind.ADDRESS} else -most - 1
        low = _clamped(self.low, least, most, math.ceil)
        high = _clamped(self.high, least, most, math.floor)
        return low <= value.number <= high

    def describe(self) -> str:
        return f"is a number from {self.low:g} to {self.high:g}"


_MOST = {
    Kind.UNSIGNED: (1 << 64) - 1,
    Kind.SIGNED: numbers.MOST,
    Kind.TIME: numbers.MOST,
    Kind.ADDRESS: (1 << 32) - 1,
}


def _clamped(value: float, least: int, most: int, whole: Callable[[float], int]) -> int:
    if math.isinf(value):
        return least if value < 0 else most
    return min(max(whole(value), least), most)


@dataclass(frozen=True, slots=True)
class Length(Simple):
    """The value has so many characters."""

    least: int
    most: int

    def on_text(self, text: str) -> bool:
        return self.least <= len(text) <= self.most

    def describe(self) -> str:
        return f"has {self.least} to {self.most} characters"
