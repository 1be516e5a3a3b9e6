"""What names mean at one place of a script: variables, and the object in the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NoReturn

from harness.errors import Diagnostic
from harness.ir import Case, Expression, Literal
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.powershell.record import EVENT, property_value
from harness.languages.powershell.values import Folding
from harness.source import Source, Span


@dataclass(frozen=True, slots=True)
class Item:
    """The object that ``$_`` stands for.

    ``properties`` are what ``Select-Object`` kept, by lower-case name; ``None`` for an object
    with the properties of the event record.
    """

    itself: Expression = EVENT
    properties: Mapping[str, Expression] | None = None
    shaped: str = ""
    """The command that turned the objects into something that cannot be filtered further."""

    def property(self, name: str, span: Span) -> Expression:
        """Return ``$_.name``."""
        if self.properties is None:
            return property_value(name, span)
        return self.properties.get(name.lower(), Literal(None))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the language's options say."""

    version: tuple[int, int]
    whole_log: bool
    xpath_case: Case
    now: datetime

    def folding(self, case: Case) -> Folding:
        """Return how this version compares texts."""
        return Folding(case, weightless=self.version >= (7, 1))


@dataclass(frozen=True, slots=True)
class Scope:
    """The names in force, and where to report what is wrong."""

    source: Source
    settings: Settings
    variables: Mapping[str, Any] = field(default_factory=dict)
    item: Item | None = None
    warnings: list[Diagnostic] = field(default_factory=list)

    def fail(self, span: Span, message: str, hint: str = "") -> NoReturn:
        """Raise a syntax error."""
        raise syntax_error(self.source, span, message, hint)

    def unsupported(self, span: Span, feature: str, reason: str) -> NoReturn:
        """Raise Unsupported."""
        raise unsupported(self.source, span, feature, reason)

    def warn(self, span: Span, code: str, message: str, hint: str = "") -> None:
        """Note something that a user should know."""
        found = Diagnostic(
            code=code,
            message=message,
            place=self.source.place(span),
            hint=hint,
            excerpt=self.source.excerpt(span),
            severity="warning",
        )
        if found not in self.warnings:
            self.warnings.append(found)

    def inside(self, item: Item) -> Scope:
        """Return the scope of a script block that runs on an object."""
        return replace(self, item=item)

    def having(self, name: str, value: Any) -> Scope:
        """Return this scope with one more variable."""
        return replace(self, variables={**self.variables, name: value})
