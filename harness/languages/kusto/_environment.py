"""What surrounds an expression: variables, columns, the clock, and how much is left to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.ir import Context
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.kusto._columns import Columns
from harness.languages.kusto._syntax import Let
from harness.languages.kusto._typed import Typed
from harness.source import QuerySyntaxError, Source, Span, Unsupported

if TYPE_CHECKING:
    from harness.languages.kusto._state import State

MAX_STEPS = 400_000
"""Parts of a query that are looked at, those of functions as often as they are called."""
MAX_CALLS = 12
"""Functions of a query that call each other."""


@dataclass(slots=True)
class Budget:
    """How much of a query has been looked at, and the variables met on the way."""

    steps: int = 0
    values: dict[int, tuple[Defined, Typed]] = field(default_factory=dict)
    """By identity; the definition is kept so that the identity stays its own."""


@dataclass(frozen=True, slots=True)
class Defined:
    """A ``let`` statement and the variables that it sees."""

    let: Let
    environment: Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The names that an expression sees, and where it stands."""

    source: Source
    context: Context
    variables: Mapping[str, Defined | Typed | State] = field(default_factory=dict)
    columns: Columns = field(default_factory=lambda: Columns(open=False))
    budget: Budget = field(default_factory=Budget)
    depth: int = 0

    def step(self, span: Span) -> None:
        """Count one more part of the query."""
        self.budget.steps += 1
        if self.budget.steps > MAX_STEPS:
            raise self.refuse(
                span, "a query that grows too large", "its functions repeat themselves"
            )

    def within(self, columns: Columns) -> Environment:
        """Return the same with other columns."""
        return replace(self, columns=columns)

    def define(self, let: Let) -> Environment:
        """Return the same with one more ``let``."""
        if let.name in self.variables and self.depth == 0:
            raise self.fail(let.span, f"a variable with the name {let.name!r} is already declared")
        return replace(self, variables={**self.variables, let.name: Defined(let, self)})

    def called(
        self, values: Mapping[str, Typed | State], span: Span, *, after: Environment
    ) -> Environment:
        """Return what a function's body sees: its variables, its parameters, and no column.

        The calls that led to this one are counted from ``after``, the caller.
        """
        if after.depth >= MAX_CALLS:
            raise self.refuse(
                span, "nested functions", f"more than {MAX_CALLS} levels are not read"
            )
        return replace(
            self,
            variables={**self.variables, **values},
            columns=Columns(open=False),
            depth=after.depth + 1,
        )

    def fail(self, span: Span, message: str, hint: str = "") -> QuerySyntaxError:
        """Return the error to raise where Kusto refuses the query."""
        return syntax_error(self.source, span, message, hint)

    def refuse(self, span: Span, feature: str, reason: str) -> Unsupported:
        """Return the error to raise where only the harness does not evaluate the query."""
        return unsupported(self.source, span, feature, reason)
