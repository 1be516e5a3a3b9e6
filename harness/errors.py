"""What can go wrong, as values: a code, a place, a fact and a hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class HarnessError(Exception):
    """Root of every error that this package raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing that is wrong with an input.

    ``message`` states the fact in the present tense, ``hint`` says what to do;
    ``place`` is ``file:line:column`` (or just a file), ``excerpt`` the line with a caret.
    """

    code: str
    message: str
    place: str = ""
    hint: str = ""
    excerpt: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        head = f"{self.place}: " if self.place else ""
        lines = [f"{head}{self.message} [{self.code}]"]
        lines.extend(part for part in (self.excerpt,) if part)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class InvalidInput(HarnessError):
    """An input cannot be used; carries every diagnostic of that input at once."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(item) for item in self.diagnostics))


class Fault(HarnessError):
    """Evaluating a query on one event fails at run time, as it would in the real engine."""
