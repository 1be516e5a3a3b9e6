"""Letter case and accents as Lucene's token filters change them, compared with Lucene 8.7.

https://lucene.apache.org/core/8_7_0/analyzers-common/org/apache/lucene/analysis/miscellaneous/ASCIIFoldingFilter.html
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LETTER = re.compile(
    r"LATIN (CAPITAL|SMALL) (?:LETTER|LIGATURE) (?:(?:DOTLESS|LONG) )?([A-Z]{1,2})(?: WITH .*)?"
)
_OTHERS = {
    **dict.fromkeys("«»“”„″‶", '"'),
    **dict.fromkeys("‘’‚‛‹›′‵", "'"),  # noqa: RUF001 - the quotation marks that are folded
    **dict.fromkeys("‐‑‒–—", "-"),  # noqa: RUF001 - the dashes that are folded
    **dict(zip("ẞßÐðÞþŊŋĸŉ", ("SS", "ss", "D", "d", "TH", "th", "N", "n", "q", "n"), strict=True)),
}
_PLAIN = ("FULLWIDTH ", "SUPERSCRIPT ", "SUBSCRIPT ")


def lower(text: str) -> str:
    """Return the text as the ``lowercase`` filter leaves it: code point by code point."""
    if text.isascii():
        return text.lower()
    return "".join(char.lower()[0] if char != "ẞ" else "ß" for char in text)


def upper(text: str) -> str:
    """Return the text as the ``uppercase`` filter leaves it: code point by code point."""
    return text.upper() if text.isascii() else "".join(map(_upper_one, text))


def _upper_one(char: str) -> str:
    """Return the capital of a character; one that would become two letters stays."""
    for capital in (char.upper(), char.title()):
        if len(capital) == 1:
            return capital
    return char


def fold_accents(text: str) -> str:
    """Return the text with the nearest ASCII letters for others, as ``asciifolding`` does.

    Phonetic letters and circled numbers stay as they are here.
    """
    return text if text.isascii() else "".join(map(_fold_one, text))


@lru_cache(maxsize=4096)
def _fold_one(char: str) -> str:
    if char.isascii() or char in _OTHERS:
        return _OTHERS.get(char, char)
    name = unicodedata.name(char, "")
    if not name.startswith(("LATIN ", *_PLAIN)):
        return char
    parts = unicodedata.normalize("NFKD", char)
    base = "".join(part for part in parts if not unicodedata.combining(part))
    if base.isascii():
        return base
    letter = _LETTER.fullmatch(name)
    if letter is None:
        return char
    return letter[2] if letter[1] == "CAPITAL" else letter[2].lower()
