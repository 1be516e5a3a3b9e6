"""What a rule source declares: how to tell its files, and how to read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import Diagnostic
from harness.ruleset.model import Rule
from harness.source import QuerySyntaxError, Source, Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A file that holds rules, and its text.

    ``named`` tells that the file itself was asked for, not a folder above it.
    """

    path: Path
    text: str
    named: bool = False

    @property
    def source(self) -> Source:
        """The text with its name, for places in it."""
        return Source(self.text, str(self.path))


@dataclass
class Loaded:
    """Rules that can be used, and what is wrong with the others."""

    rules: list[Rule] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSource:
    """A format that rules are kept in.

    ``claims`` tells from a file whether it holds such rules; ``read`` gets every such file of
    a run at once, and what earlier sources have read: it adds rules and problems to that.
    ``rank`` orders sources: what builds on other sources' rules comes later. ``extensions`` are
    the endings of files that may hold rules. A source ``by_name`` has none: its ``claims`` looks
    at the name of any file, and ``read`` reads those that it wants.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    claims: Callable[[RuleFile], bool]
    read: Callable[[Sequence[RuleFile], Loaded], None]
    rank: int = 0
    by_name: bool = False


def from_syntax_error(error: QuerySyntaxError | Unsupported) -> Diagnostic:
    """Return an error with a place as a diagnostic."""
    return Diagnostic(
        code="invalid-query",
        message=error.message,
        place=error.place,
        excerpt=error.source.excerpt(error.span),
        hint=error.hint,
    )
