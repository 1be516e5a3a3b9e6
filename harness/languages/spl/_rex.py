"""Extraction of fields by named groups, and splitting of fields into values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from harness.ir.regexes import compile_regex
from harness.languages.spl._functions import MAX_VALUES, one, text_of


@dataclass(frozen=True, slots=True)
class Extraction:
    """The text of one named group; the old value of the field where nothing is found."""

    pattern: str
    group: str
    limit: int

    def __call__(self, subject: Any, old: Any) -> Any:
        """Return the new value of the field."""
        if one(subject) is None:
            return old
        finder: Any = compile_regex(self.pattern, "pcre")
        most = min(self.limit or MAX_VALUES, MAX_VALUES)
        hits = islice(finder.finds(text_of(subject)), most)
        found = [hit.named[self.group] for hit in hits]
        values = [text for text in found if text is not None]
        if not values:
            return old
        return values[0] if len(values) == 1 else values

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the groups of the pattern."""
        finder: Any = compile_regex(self.pattern, "pcre")
        return tuple(finder.names)


@dataclass(frozen=True, slots=True)
class Splitting:
    """The values between delimiters; empty ones only on request."""

    delimiter: str
    empty: bool

    def __call__(self, value: Any) -> Any:
        """Return the values."""
        found = text_of(value).split(self.delimiter)
        kept = [item for item in found if item or self.empty][:MAX_VALUES]
        return kept[0] if len(kept) == 1 else kept or None
