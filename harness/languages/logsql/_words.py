"""What a word is to VictoriaLogs, and where phrases and prefixes stand in a text.

https://docs.victoriametrics.com/victorialogs/logsql/#word
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

REPLACED = "\ufffd"
"""What stands for bytes that are no UTF-8; beside it no word begins or ends."""
_DOTTED_I = "\u0130"


@lru_cache(maxsize=4096)
def is_word_char(char: str) -> bool:
    """Return whether a character is a letter, a decimal digit or an underscore."""
    if char.isascii():
        return char.isalnum() or char == "_"
    category = unicodedata.category(char)
    return category[0] == "L" or category == "Nd"


def is_word(text: str) -> bool:
    """Return whether a text is made of word characters alone."""
    return bool(text) and all(map(is_word_char, text))


def lowered(text: str) -> str:
    """Return a text in lower case, character by character as Go does it."""
    if text.isascii():
        return text.lower()
    return "".join(_lower(char) for char in text)


def _lower(char: str) -> str:
    low = char.lower()
    return low if len(low) == 1 else "i" if char == _DOTTED_I else char


def uppered(text: str) -> str:
    """Return a text in upper case, character by character as Go does it."""
    return "".join(up if len(up := char.upper()) == 1 else char for char in text)


def phrase_at(text: str, phrase: str) -> int:
    """Return where a phrase stands between the ends of words; -1 where it does not."""
    if not phrase:
        return 0
    first, last = is_word_char(phrase[0]), is_word_char(phrase[-1])
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        begins = not first or at == 0 or not _joins(text[at - 1])
        if begins and (not last or end == len(text) or not _joins(text[end])):
            return at
        at = text.find(phrase, at + 1)
    return -1


def has_phrase(text: str, phrase: str) -> bool:
    """Return whether a phrase stands in a text; the empty one only in the empty text."""
    return phrase_at(text, phrase) >= 0 if phrase else not text


def has_prefix(text: str, prefix: str) -> bool:
    """Return whether a prefix begins a word of a text; the empty one is in every other text."""
    if not prefix:
        return bool(text)
    first = is_word_char(prefix[0])
    at = text.find(prefix)
    while at >= 0:
        if not first or at == 0 or not _joins(text[at - 1]):
            return True
        at = text.find(prefix, at + 1)
    return False


def _joins(char: str) -> bool:
    return char == REPLACED or is_word_char(char)


def has_sequence(text: str, phrases: tuple[str, ...]) -> bool:
    """Return whether phrases stand in a text one behind the other."""
    for phrase in phrases:
        at = phrase_at(text, phrase)
        if at < 0:
            return False
        text = text[at + len(phrase) :]
    return True
