"""Sets of characters of Rust expressions, written as patterns that match one character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from harness.ir.regexes._timed import CATEGORIES


@dataclass(frozen=True, slots=True)
class Set:
    """A set: members as they stand between brackets, and patterns of one character beside them."""

    members: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @classmethod
    def range(cls, low: int, high: int) -> Self:
        """Return the characters from one code point to another."""
        return cls((f"\\U{low:08x}" + (f"-\\U{high:08x}" if high > low else ""),))

    def union(self, other: Set) -> Set:
        """Return what is in either."""
        return Set((*self.members, *other.members), (*self.others, *other.others))

    def complement(self) -> Set:
        """Return what is not in the set."""
        if not self.members and not self.others:
            return Set(others=(r"[\s\S]",))
        if not self.others:
            return Set(others=(f"[^{''.join(self.members)}]",))
        return Set(others=(rf"(?:(?!{self.written})[\s\S])",))

    def combined(self, operator: str, other: Set) -> Set:
        """Return the intersection (``&&``), difference (``--``) or symmetric difference."""
        left, right = self.written, other.written
        if operator == "&&":
            return Set(others=(f"(?:(?={right}){left})",))
        if operator == "--":
            return Set(others=(f"(?:(?!{right}){left})",))
        return Set(others=(f"(?:(?!{right}){left}|(?!{left}){right})",))

    @property
    def written(self) -> str:
        """A pattern that matches one character of the set."""
        parts = [f"[{''.join(self.members)}]"] if self.members else []
        parts += self.others
        if not parts:
            return "(?!)"
        return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


DIGIT = Set((r"\p{Nd}",))
SPACE = Set((r"\p{White_Space}",))
WORD = Set((r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}",))
"""https://docs.rs/regex/latest/regex/#perl-character-classes-unicode-friendly"""

_NAMES = frozenset(
    [
        "Alphabetic",
        "Lowercase",
        "Uppercase",
        "White_Space",
        "Letter",
        "Number",
        "Punctuation",
        "Symbol",
        "Separator",
        "Control",
        "Mark",
        "Greek",
        "Latin",
        "Cyrillic",
        "Han",
        "Hiragana",
        "Katakana",
        "Arabic",
        "Hebrew",
        "Thai",
        "Hangul",
        "Devanagari",
        "Armenian",
        "Georgian",
        "Any",
        "ASCII",
    ]
)
_SPECIAL = {"Any": r"\x00-\U0010ffff", "ASCII": r"\x00-\x7f", "Control": r"\p{Cc}"}


def property_set(name: str) -> Set | None:
    """Return a named Unicode class; ``None`` for one that is not known here."""
    known = {item.lower(): item for item in (*_NAMES, *CATEGORIES)}
    plain = known.get(name.replace(" ", "_").lower())
    if plain is None:
        return None
    written = _SPECIAL.get(plain, f"\\p{{{plain}}}")
    return Set((written,))
