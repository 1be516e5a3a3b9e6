"""What a field name means at one point of a pipeline.

Every command that makes, renames or drops fields puts one layer on the scope; looking a name
up walks the layers down to the fields of the event. So a pipeline becomes one predicate over
the event, without running it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import (
    Call,
    Choice,
    Condition,
    Expression,
    FieldValue,
    Function,
    Glob,
    Literal,
    Predicate,
    Verdict,
    Wild,
    children,
    walk_predicate,
)

MAX_SIZE = 4000
"""Nodes of the expression that a computed field stands for."""
MAX_NESTING = 130
"""Depth of the expression that a computed field stands for."""
OPAQUE = "unknown value of "

Lookup = Callable[[str], Expression | None]


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields at one point of a pipeline; ``None`` means that the field is not there."""

    resolve: Lookup

    def assign(self, values: Mapping[str, Expression]) -> Scope:
        """Set fields to expressions."""
        return Scope(lambda name: values[name] if name in values else self.resolve(name))

    def keep(self, patterns: tuple[str, ...], *, internal: bool) -> Scope:
        """Drop every field but these; ``internal`` keeps names that begin with ``_``."""

        def resolve(name: str) -> Expression | None:
            kept = (internal and name.startswith("_")) or matches_any(patterns, name)
            return self.resolve(name) if kept else None

        return Scope(resolve)

    def drop(self, patterns: tuple[str, ...]) -> Scope:
        """Drop these fields."""
        return Scope(lambda name: None if matches_any(patterns, name) else self.resolve(name))

    def rename(self, old: str, new: str) -> Scope:
        """Give a field, or the fields of a pattern with one wildcard, a new name."""

        def resolve(name: str) -> Expression | None:
            gone = _capture(old, name) is not None
            before = None if gone else self.resolve(name)
            captured = _capture(new, name)
            if captured is None:
                return before
            moved = self.resolve(old.replace("*", captured, 1))
            # A pattern renames the fields that are there and leaves others as they are.
            return moved if "*" not in old else _first(moved, before)

        return Scope(resolve)

    def change(self, change: Callable[[str, Expression | None], Expression | None]) -> Scope:
        """Pass every field through a function of its name and expression."""
        return Scope(lambda name: change(name, self.resolve(name)))


def _first(moved: Expression | None, before: Expression | None) -> Expression | None:
    if moved is None or before is None:
        return before if moved is None else moved
    return Call(Function("scope.first", _not_null, strict=False), (moved, before))


def _not_null(moved: Any, before: Any) -> Any:
    return before if moved is None or moved == [] else moved


EVENT = Scope(FieldValue)
"""The fields as the event holds them."""


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> Glob:
    return Glob(tuple(Wild.ANY if item == "*" else item for item in pattern))


def matches_any(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether a field name matches one of the wildcard patterns."""
    return name in patterns or any("*" in item and _glob(item).accepts(name) for item in patterns)


def _capture(pattern: str, name: str) -> str | None:
    """Return what the one wildcard of a pattern stands for; empty for a pattern without."""
    start, star, end = pattern.partition("*")
    if not star:
        return "" if name == pattern else None
    fits = len(name) >= len(start) + len(end) and name.startswith(start) and name.endswith(end)
    return name[len(start) : len(name) - len(end)] if fits else None


def opaque(what: str, *sources: Expression) -> Expression:
    """Return a value that cannot be known from one event; ``what`` names its origin.

    With ``sources`` it is null where the first of them is.
    """

    def fail(*_: Any) -> NoReturn:
        message = f"the value of {what} cannot be known from one event"
        raise Fault(message)

    return Call(Function(OPAQUE + what, fail, strict=bool(sources)), sources)


def opaque_origin(node: Predicate) -> str | None:
    """Return the origin of an unknowable value that a predicate depends on."""
    for item in walk_predicate(node):
        if isinstance(item, Condition):
            found = _opaque_in(item.expression)
            if found is not None:
                return found
    return None


def _opaque_in(node: Expression) -> str | None:
    match node:
        case Call(function, arguments):
            if function.name.startswith(OPAQUE):
                return function.name.removeprefix(OPAQUE)
            inner: tuple[Expression, ...] = arguments
        case Choice(condition, then, otherwise):
            inner = (Verdict(condition), then, otherwise)
        case Verdict(predicate):
            return opaque_origin(predicate)
        case _:
            return None
    return next((found for found in map(_opaque_in, inner) if found is not None), None)


def too_large(node: Expression | Predicate, most: int = MAX_SIZE) -> bool:
    """Return whether a tree has too many nodes, or nests too deep to be walked safely.

    Shared parts count as often as they are reached, because evaluation walks them as often.
    """
    count, stack = 0, [(node, 1)]
    while stack:
        item, depth = stack.pop()
        count += 1
        if count > most or depth > MAX_NESTING:
            return True
        stack.extend((part, depth + 1) for part in _parts(item))
    return False


def _parts(node: Expression | Predicate) -> tuple[Expression | Predicate, ...]:
    match node:
        case Call(_, arguments):
            return arguments
        case Choice(condition, then, otherwise):
            return condition, then, otherwise
        case Verdict(predicate):
            return (predicate,)
        case Condition(expression=expression):
            return (expression,)
        case Literal() | FieldValue():
            return ()
        case _:
            return children(node)
