"""Terms: the words that ``has`` and its relatives look for.

A term is a longest run of alphanumeric characters
(https://learn.microsoft.com/en-us/kusto/query/datatypes-string-operators#what-is-a-term). Whether
letters beyond ASCII are among them differs between editions of that page, so a text for which it
matters has no outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import Case, fold


def _ascii_alphanumeric(char: str) -> bool:
    return char.isascii() and char.isalnum()


@dataclass(frozen=True, slots=True)
class HasTerm:
    """The text stands in the value and ends where terms end, at both ends or at one."""

    text: str
    case: Case
    begins: bool = True
    ends: bool = True

    def accepts(self, value: Any) -> bool:
        """Return whether the value has the term."""
        where, what = fold(str(value), self.case), fold(self.text, self.case)
        plain = self._found(where, what, ascii_only=True)
        if not where.isascii() and plain is not self._found(where, what, ascii_only=False):
            message = "whether letters beyond ASCII belong to a term is not settled"
            raise Fault(message)
        return plain

    def _found(self, where: str, what: str, *, ascii_only: bool) -> bool:
        inside = _ascii_alphanumeric if ascii_only else str.isalnum
        at = where.find(what)
        while at != -1:
            end = at + len(what)
            left = not self.begins or at == 0 or not (inside(what[0]) and inside(where[at - 1]))
            right = (
                not self.ends or end == len(where) or not (inside(what[-1]) and inside(where[end]))
            )
            if left and right:
                return True
            at = where.find(what, at + 1)
        return False

    def describe(self) -> str:
        """Return the test in a few words."""
        kind = {(True, True): "has", (True, False): "hasprefix"}.get(
            (self.begins, self.ends), "hassuffix"
        )
        return f"{kind} term {self.text!r}{'' if self.case is Case.SENSITIVE else ' (any case)'}"
