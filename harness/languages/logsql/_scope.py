"""Which field of the entry a name stands for behind the pipes in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from harness.ir import (
    FALSE,
    TRUE,
    Call,
    Condition,
    FieldValue,
    Function,
    Has,
    Predicate,
    Presence,
    Truth,
    any_of,
)

Resolve = Callable[[str], str | None]


ALWAYS = ("_time", "_stream", "_stream_id")
"""Fields that every stored entry has."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields at one point of a query; ``None`` for one that is not there.

    ``late`` is behind a pipe that is more than a filter; ``named`` are the names that the pipes
    mention, which end with ``*`` where they stand for several.
    """

    resolve: Resolve
    late: bool = False
    named: frozenset[str] = frozenset()

    def keep(self, wanted: Iterable[str]) -> Fields:
        """Drop every field but these."""
        patterns = tuple(wanted)
        return self._then(
            lambda name: self.resolve(name) if _covers(patterns, name) else None, patterns
        )

    def drop(self, gone: Iterable[str]) -> Fields:
        """Drop these fields."""
        patterns = tuple(gone)
        return self._then(
            lambda name: None if _covers(patterns, name) else self.resolve(name), patterns
        )

    def copy(self, old: str, new: str) -> Fields:
        """Give a field a second name."""
        return self._then(lambda name: self.resolve(old if name == new else name), (old, new))

    def rename(self, old: str, new: str) -> Fields:
        """Give a field another name."""

        def resolve(name: str) -> str | None:
            if name == new:
                return self.resolve(old)
            return None if name == old else self.resolve(name)

        return self._then(resolve, (old, new))

    def _then(self, resolve: Resolve, names: tuple[str, ...]) -> Fields:
        return Fields(resolve, late=True, named=self.named.union(names))

    def behind(self) -> Fields:
        """Return the same fields, behind a pipe."""
        return Fields(self.resolve, late=True, named=self.named)

    def shown(self) -> Predicate:
        """Return whether an entry has a field left: without one it is not returned."""
        if any(self.resolve(name) is not None for name in ALWAYS):
            return TRUE
        if not any(name.endswith("*") for name in self.named):
            found = {self.resolve(name) for name in self.named} - {None}
            tests = [Presence(field=name, has=Has.VALUE) for name in sorted(filter(None, found))]
            return any_of(*tests) if tests else FALSE
        function = Function(f"logsql.shown {sorted(self.named)}", self._has_any, strict=False)
        call = Call(function, (FieldValue("*", raw=True),))
        return Condition(expression=call, truth=Truth.of)

    def _has_any(self, entry: Any) -> bool:
        return any(self.resolve(name) in entry for name in (*entry, *self.named))


def _covers(patterns: tuple[str, ...], name: str) -> bool:
    return any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in patterns)


ENTRY = Fields(lambda name: name)
"""The fields as they are stored."""
