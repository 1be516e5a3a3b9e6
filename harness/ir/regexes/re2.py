"""RE2 expressions, run by RE2 itself in linear time, as Go programs and Kusto run them.

https://github.com/google/re2/wiki/Syntax; no look-around and no back-references.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2

from harness.ir.regexes import Dialect, Found, Options, RegexError, TooComplex
from harness.ir.values import Case

_LETTERS = "imsU"
"""Flags, as a group ``(?flags)`` in front of the pattern would set them."""
_TOO_LARGE = "pattern too large"


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


_OPTIONS = _options()


def _as_bytes(text: str) -> bytes:
    """Return UTF-8; bytes that were none to begin with are given back as they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _as_text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A pattern that the library has compiled."""

    pattern: Any
    whole: bool

    def matches(self, text: str | bytes) -> bool:
        """Return whether the text matches."""
        subject = _as_bytes(text) if isinstance(text, str) else text
        search = self.pattern.fullmatch if self.whole else self.pattern.search
        return search(subject) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the capture groups."""
        return tuple(self._places())

    def _places(self) -> dict[str, int]:
        """Return the number of each named group."""
        return {name.decode(): at for name, at in self.pattern.groupindex.items()}

    def finds(self, text: str) -> Iterator[Found]:
        """Yield the matches from left to right."""
        raw = _as_bytes(text)
        for hit in self.pattern.finditer(raw):
            groups = tuple(_as_text(group) for group in hit.groups())
            named = {name: groups[at - 1] for name, at in self._places().items()}
            start, end = (len(raw[:at].decode("utf-8", "surrogateescape")) for at in hit.span())
            yield Found(start, end, groups, named)


def _compile(pattern: str, options: Options) -> _Compiled:
    letters = "".join(letter for letter in options.flags if letter in _LETTERS)
    if options.case is not Case.SENSITIVE:
        letters += "i"
    written = f"(?{letters}){pattern}" if letters else pattern
    try:
        return _Compiled(re2.compile(_as_bytes(written), _OPTIONS), options.whole)
    except re2.error as error:
        reason = error.args[0] if error.args else "the pattern is invalid"
        message = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        kind = TooComplex if _TOO_LARGE in message else RegexError
        raise kind(message) from error


DIALECT = Dialect(
    name="re2",
    summary="RE2 syntax, searches anywhere, classes like \\d are ASCII, letter case is Unicode's.",
    compile=_compile,
)
