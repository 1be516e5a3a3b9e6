"""Python expressions, run by the ``regex`` package in its ``re`` compatible version 0 mode."""

from __future__ import annotations

import regex

from harness.ir.regexes import Dialect, Options, RegexError
from harness.ir.regexes._timed import Timed
from harness.ir.values import Case

_FLAGS = {"m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}


def _compile(pattern: str, options: Options) -> Timed:
    flags = regex.VERSION0
    for letter in options.flags:
        flags |= _FLAGS[letter]
    if options.case is not Case.SENSITIVE:
        flags |= regex.IGNORECASE
    try:
        return Timed(regex.compile(pattern, flags), options.whole)
    except regex.error as error:
        raise RegexError(str(error), getattr(error, "pos", None) or 0) from error
    except (RecursionError, OverflowError, ValueError) as error:
        raise RegexError(str(error)) from error


DIALECT = Dialect(
    name="python",
    summary="Python's re syntax, searches anywhere, classes like \\d are Unicode.",
    compile=_compile,
)
