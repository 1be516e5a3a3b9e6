"""Expressions of .NET (``-match``), run by the ``regex`` package after a translation."""

from __future__ import annotations

import regex

from harness.ir.regexes import Dialect, Options
from harness.ir.regexes._dotnet import translate
from harness.ir.regexes._timed import Timed, timed
from harness.ir.values import Case


def _compile(pattern: str, options: Options) -> Timed:
    caseless = "" if options.case is Case.SENSITIVE else "i"
    written = translate(pattern, options.flags + caseless)
    flags = regex.VERSION0 | (regex.IGNORECASE if caseless else 0)
    return timed(written, flags, whole=options.whole)


DIALECT = Dialect(
    name="dotnet",
    summary=".NET syntax, searches anywhere, classes like \\d are Unicode.",
    compile=_compile,
)
