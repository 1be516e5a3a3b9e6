"""What is done with each of many rules: testing it, or comparing two converters on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from harness.cache import Cache
from harness.errors import Diagnostic
from harness.ruleset.model import Rule

Part = dict[str, Any]
"""What comes of one rule, as JSON; its ``problems`` are diagnostics."""


class Task(Protocol):
    """Something that is done with every rule on its own; it travels to worker processes.

    ``remember`` says whether parts may be kept between runs.
    """

    @property
    def remember(self) -> bool: ...

    def identity(self) -> str:
        """Return everything that decides a part apart from the rule and the harness."""
        ...

    def settings(self) -> Task:
        """Return what worker processes need of the task: all of it but rules."""
        ...

    def start(self, cache: Cache) -> Callable[[Rule], Part]:
        """Return the function that makes parts; it never raises for a rule."""
        ...

    def lost(self, rule: Rule, problem: Diagnostic) -> Part:
        """Return the part of a rule of which only a problem is known."""
        ...


def internal_error(rule: Rule, what: str) -> Diagnostic:
    """Return a fault of the harness itself as a problem of a rule."""
    return Diagnostic(
        code="internal-error",
        message=f"the harness failed on this rule: {what}",
        place=rule.reference.source.name,
        hint="this is a bug of the harness; report it with the rule, as CONTRIBUTING.md says",
    )
