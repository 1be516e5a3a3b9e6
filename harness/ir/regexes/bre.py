"""POSIX basic expressions with GNU extensions, as ``grep`` and ``grep -G`` match them."""

from __future__ import annotations

from functools import partial

from harness.ir.regexes import Dialect
from harness.ir.regexes._posix import compile_posix

DIALECT = Dialect(
    name="bre",
    summary="POSIX basic (GNU grep -G), searches anywhere; flags: c C locale, w whole words.",
    compile=partial(compile_posix, extended=False),
)
