"""Perl-compatible expressions, run by PCRE2 itself, as ``grep -P`` and Splunk do.

PCRE2 counts its own backtracking steps and gives up at a limit (10 million calls by default,
https://www.pcre.org/current/doc/html/pcre2api.html), so a hostile pattern ends with an error
and not with a hang.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pcre2

from harness.errors import Fault
from harness.ir.regexes import Dialect, Found, Options, RegexError
from harness.ir.values import Case

_FLAGS = {"m": pcre2.MULTILINE, "s": pcre2.DOTALL, "x": pcre2.VERBOSE}


@dataclass(frozen=True, slots=True)
class _Compiled:
    pattern: Any
    whole: bool

    def matches(self, text: str | bytes) -> bool:
        subject = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        search = self.pattern.fullmatch if self.whole else self.pattern.search
        try:
            return search(subject) is not None
        except pcre2.LibraryError as error:
            message = f"PCRE gives up: {error}"
            raise Fault(message) from error

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.pattern.groupindex)

    def finds(self, text: str) -> Iterator[Found]:
        try:
            for hit in self.pattern.finditer(text):
                yield Found(hit.start(), hit.end(), hit.groups(), hit.groupdict())
        except pcre2.LibraryError as error:
            message = f"PCRE gives up: {error}"
            raise Fault(message) from error


def _compile(pattern: str, options: Options) -> _Compiled:
    flags = 0
    for letter in options.flags:
        flags |= _FLAGS[letter]
    if options.case is not Case.SENSITIVE:
        flags |= pcre2.IGNORECASE
    try:
        return _Compiled(pcre2.compile(pattern, flags | pcre2.ASCII), options.whole)
    except (pcre2.PatternError, pcre2.LibraryError) as error:
        raise RegexError(str(error)) from error


DIALECT = Dialect(
    name="pcre",
    summary="Perl-compatible (PCRE2), searches anywhere, classes like \\d are ASCII.",
    compile=_compile,
)
