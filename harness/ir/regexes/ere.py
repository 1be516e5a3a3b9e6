"""POSIX extended expressions with GNU extensions, as ``grep -E`` matches them."""

from __future__ import annotations

from functools import partial

from harness.ir.regexes import Dialect
from harness.ir.regexes._posix import compile_posix

DIALECT = Dialect(
    name="ere",
    summary="POSIX extended (GNU grep -E), searches anywhere; flags: c C locale, w whole words.",
    compile=partial(compile_posix, extended=True),
)
