"""A token cursor that can go back to a place it has been."""

from __future__ import annotations

from harness.languages._nested import NestedCursor


class SqlCursor(NestedCursor):
    """Reads some tokens twice: result columns name things that FROM declares."""

    def mark(self) -> int:
        """Return the present place."""
        return self._at

    def reset(self, mark: int) -> None:
        """Go back to a place."""
        self._at = mark
