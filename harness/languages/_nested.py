"""A token cursor with a nesting limit that fits the frames of these parsers."""

from __future__ import annotations

from typing import Self

from harness.languages._lexing import Cursor

MAX_NESTING = 60
"""Parentheses, NOTs and function calls inside each other."""


class NestedCursor(Cursor):
    """Counts nesting with a limit of its own."""

    _nesting = 0

    def __enter__(self) -> Self:
        """Count one level of nesting."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            reason = f"more than {MAX_NESTING} levels are not read"
            self.unsupported("a deeply nested search", reason)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave one level of nesting."""
        self._nesting -= 1
