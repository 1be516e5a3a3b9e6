"""Patterns run by the ``regex`` package under a time limit, as several dialects need them.

The package takes a limit per match, which the standard library does not
(https://github.com/mrabarnett/mrab-regex#timeout), so a hostile pattern ends with an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from harness.errors import Fault
from harness.ir.regexes import Found, RegexError

SECONDS = 1.0
"""Time that one pattern may spend on one text."""
_MAJOR = {
    "L": "ultmo",
    "M": "nce",
    "N": "dlo",
    "P": "cdseifo",
    "S": "mcko",
    "Z": "slp",
    "C": "cfson",
}
CATEGORIES = frozenset(_MAJOR) | {f"{one}{minor}" for one, all_ in _MAJOR.items() for minor in all_}
"""Unicode's general categories, which several dialects know as ``\\p{...}``."""


class BeyondRegex(RegexError):
    """The engine takes the pattern, but its translation does not reach that far."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A compiled pattern. Names of groups begin with ``prefix``, which a user does not see."""

    pattern: regex.Pattern[str]
    whole: bool
    prefix: str = ""

    def matches(self, text: str | bytes) -> bool:
        """Return whether the text matches."""
        subject = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        search = self.pattern.fullmatch if self.whole else self.pattern.search
        try:
            return search(subject, timeout=SECONDS) is not None
        except TimeoutError as error:
            raise _gave_up() from error

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the groups."""
        cut = len(self.prefix)
        return tuple(one[cut:] for one in self.pattern.groupindex if one.startswith(self.prefix))

    def finds(self, text: str) -> Iterator[Found]:
        """Yield every match, left to right."""
        try:
            for hit in self.pattern.finditer(text, timeout=SECONDS):
                named = {name: hit.group(f"{self.prefix}{name}") for name in self.names}
                yield Found(hit.start(), hit.end(), hit.groups(), named)
        except TimeoutError as error:
            raise _gave_up() from error


def _gave_up() -> Fault:
    return Fault(f"the regular expression takes longer than {SECONDS:g} s")


def timed(written: str, flags: int, *, whole: bool) -> Timed:
    """Return a translated pattern; raises :class:`BeyondRegex` if the package refuses it."""
    try:
        return Timed(regex.compile(written, flags), whole, "n_")
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        message = f"the pattern cannot be expressed: {error}"
        raise BeyondRegex(message) from error
