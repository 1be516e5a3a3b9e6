"""Python expressions, run by the ``regex`` package in its ``re`` compatible version 0 mode.

The package takes a time limit per match, which the standard library does not
(https://github.com/mrabarnett/mrab-regex#timeout), so a hostile pattern ends with an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from harness.errors import Fault
from harness.ir.regexes import Dialect, Found, Options, RegexError
from harness.ir.values import Case

SECONDS = 1.0
"""Time that one pattern may spend on one text."""
_FLAGS = {"m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}


@dataclass(frozen=True, slots=True)
class _Compiled:
    pattern: regex.Pattern[str]
    whole: bool

    def matches(self, text: str | bytes) -> bool:
        subject = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        search = self.pattern.fullmatch if self.whole else self.pattern.search
        try:
            return search(subject, timeout=SECONDS) is not None
        except TimeoutError as error:
            raise _gave_up() from error

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.pattern.groupindex)

    def finds(self, text: str) -> Iterator[Found]:
        try:
            for hit in self.pattern.finditer(text, timeout=SECONDS):
                yield Found(hit.start(), hit.end(), hit.groups(), hit.groupdict())
        except TimeoutError as error:
            raise _gave_up() from error


def _gave_up() -> Fault:
    return Fault(f"the regular expression takes longer than {SECONDS:g} s")


def _compile(pattern: str, options: Options) -> _Compiled:
    flags = regex.VERSION0
    for letter in options.flags:
        flags |= _FLAGS[letter]
    if options.case is not Case.SENSITIVE:
        flags |= regex.IGNORECASE
    try:
        return _Compiled(regex.compile(pattern, flags), options.whole)
    except regex.error as error:
        raise RegexError(str(error), getattr(error, "pos", None) or 0) from error
    except (RecursionError, OverflowError, ValueError) as error:
        raise RegexError(str(error)) from error


DIALECT = Dialect(
    name="python",
    summary="Python's re syntax, searches anywhere, classes like \\d are Unicode.",
    compile=_compile,
)
