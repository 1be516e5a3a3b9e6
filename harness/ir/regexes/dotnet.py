"""Expressions of .NET (``-match``), run by the ``regex`` package after a translation.

The package takes a time limit per match, so a hostile pattern ends with an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from harness.errors import Fault
from harness.ir.regexes import Dialect, Found, Options
from harness.ir.regexes._dotnet import BeyondRegex, translate
from harness.ir.values import Case

SECONDS = 1.0
"""Time that one pattern may spend on one text."""


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
        return tuple(name[2:] for name in self.pattern.groupindex if name.startswith("n_"))

    def finds(self, text: str) -> Iterator[Found]:
        try:
            for hit in self.pattern.finditer(text, timeout=SECONDS):
                named = {name: hit.group(f"n_{name}") for name in self.names}
                yield Found(hit.start(), hit.end(), hit.groups(), named)
        except TimeoutError as error:
            raise _gave_up() from error


def _gave_up() -> Fault:
    return Fault(f"the regular expression takes longer than {SECONDS:g} s")


def _compile(pattern: str, options: Options) -> _Compiled:
    caseless = "" if options.case is Case.SENSITIVE else "i"
    written = translate(pattern, options.flags + caseless)
    try:
        flags = regex.VERSION0 | (regex.IGNORECASE if caseless else 0)
        return _Compiled(regex.compile(written, flags), options.whole)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        message = f"the pattern cannot be expressed: {error}"
        raise BeyondRegex(message) from error


DIALECT = Dialect(
    name="dotnet",
    summary=".NET syntax, searches anywhere, classes like \\d are Unicode.",
    compile=_compile,
)
