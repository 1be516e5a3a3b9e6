"""What a query asks of an activity: per test of its predicate, the changes that turn it."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from harness.events import candidates, kinds
from harness.events.alternatives import Alternative, Literal, alternatives
from harness.events.asked import FREE_TEXT, compared_with_networks, is_address, original
from harness.fuzz import _texts
from harness.ir import Atom, Condition, Has, Nested, Predicate, Presence, Query, walk_predicate
from harness.ir.nodes import Call, Choice, Expression, expression_fields
from harness.ir.nodes import Literal as Value
from harness.schemas import Schema

Change = Mapping[str, Any]
"""Values of an activity that are set; ``None`` for one that is taken away."""

MOST_WAYS = 100
"""Changes that are kept for one test; the plainest come first."""
MOST_TESTS = 60
"""Tests of one goal that are looked at."""
MOST_OF_SEVERAL = 20
"""Changes of one test where others on the same field are to come out as wanted, too."""
MOST_VALUES = 24
"""Satisfying values of one test whose neighbours are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Changes after which a test is likely to hold, and likely not to."""

    holding: tuple[Change, ...]
    failing: tuple[Change, ...]


@dataclass(kw_only=True)
class Side:
    """One of two queries that are compared, in the schema that it reads.

    ``read`` are the values that the reference looks at: only these may be absent or of another
    product, wherever a data source does not say so itself. ``addresses`` are those that either
    query compares with a network: whatever is drawn, it is an address.
    """

    kind: str
    schema: Schema
    predicates: tuple[Predicate, ...]
    read: frozenset[str]
    addresses: frozenset[str] = frozenset()
    seed: int = 0
    _ways: dict[int, Ways] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _shown: dict[str, str] = field(default_factory=dict)

    def goals(self, most: int) -> Iterator[Alternative]:
        """Yield sets of tests that decide the query together, either way."""
        for predicate in self.predicates:
            for wanted in (True, False):
                yield from islice(alternatives(predicate, wanted=wanted), most)

    def leaves(self) -> Iterator[Atom | Presence | Condition | Nested]:
        """Yield every test."""
        for predicate in self.predicates:
            for node in walk_predicate(predicate):
                if isinstance(node, Atom | Presence | Condition | Nested):
                    yield node

    def steps(self, goal: Alternative) -> list[tuple[Change, ...]]:
        """Return what to do for a set of tests to come out as wanted: one choice a field."""
        by_field: dict[str, list[Literal]] = {}
        for literal in goal[:MOST_TESTS]:
            by_field.setdefault(field_of(literal.leaf), []).append(literal)
        found = (self._kept(self._together(path, group)) for path, group in by_field.items())
        return [ways for ways in found if ways]

    def _together(self, path: str, group: Sequence[Literal]) -> Iterator[Change]:
        wanted = [one.leaf for one in group if one.wanted]
        atoms = [leaf for leaf in wanted if isinstance(leaf, Atom)]
        if len(atoms) > 1:
            yield from self._set(path, candidates.together(atoms, self._chance(path)))
        if not wanted:
            yield {}
        for one in group:
            ways = self.ways(one.leaf)
            yield from (ways.holding if one.wanted else ways.failing)[:MOST_OF_SEVERAL]

    def _chance(self, key: object) -> random.Random:
        """Return what draws texts of regular expressions: the same for the same test."""
        return random.Random(zlib.crc32(f"{self.seed}/{key!r}".encode()))  # noqa: S311 - data

    def ways(self, leaf: Atom | Presence | Condition | Nested) -> Ways:
        """Return the changes that turn a test."""
        if id(leaf) not in self._ways:
            holding, failing = self._found(leaf)
            self._ways[id(leaf)] = Ways(holding=self._kept(holding), failing=self._kept(failing))
        return self._ways[id(leaf)]

    def _found(
        self, leaf: Atom | Presence | Condition | Nested
    ) -> tuple[Iterable[Change], Iterable[Change]]:
        match leaf:
            case Atom(field=str() as path):
                values = self._values(leaf)
                close = [other for value in values[:MOST_VALUES] for other in _texts.near(value)]
                missing = self._gone(path)
                if self.name(path) in self.addresses:
                    beside = (candidates.near_address(leaf, one) for one in values)
                    close = [*(one for _, one in chain.from_iterable(beside)), *close]
                failing = [*missing, *self._set(path, close), *self._others(path)]
                return self._set(path, values), failing
            case Atom():
                texts = [*self._values(leaf), *_texts.texts_in(leaf)]
                others = [other for text in texts[:3] for other in _texts.near(text)]
                return self._anywhere(texts), self._anywhere(others)
            case Presence(field=path, has=has):
                there, gone = self._there(path), self._gone(path)
                return (gone, there) if has is Has.NULL else (there, gone)
            case Condition(expression=expression):
                named = list(islice(_constants(expression), MOST_VALUES))
                named += [other for value in named[:3] for other in _texts.near(value)]
                found = [
                    one
                    for path in sorted(expression_fields(expression))
                    for one in (*self._set(path, named), *self._gone(path))
                ]
                return found, found
            case _:
                return (), ()

    def _values(self, atom: Atom) -> list[Any]:
        values = list(islice(_texts.satisfying(atom, self._chance(atom.check)), MOST_WAYS))
        return [*values, *(original(atom, one) for one in values if atom.view.origin is not None)]

    def _set(self, path: str, values: Iterable[Any]) -> Iterator[Change]:
        name = self.name(path)
        for value in values:
            found = self.schema.inverse(self.kind, path, value).activities
            yield from found
            if not found and name:
                yield {name: value}

    def _anywhere(self, values: Sequence[Any]) -> Iterator[Change]:
        names = sorted(self.read) or [FREE_TEXT]
        for value in values:
            yield from ({name: value} for name in names)

    def _gone(self, path: str) -> Iterator[Change]:
        name = self.name(path)
        declared = self.schema.kind(self.kind).values.get(name)
        always = declared and (declared.required or declared.allowed or declared.defaults)
        optional = name in self.read or path in self.schema.optional(self.kind)
        if name and not always and optional:
            yield {name: None}

    def _there(self, path: str) -> Iterator[Change]:
        name = self.name(path)
        declared = self.schema.kind(self.kind).values.get(name)
        if name:
            yield {name: declared.example if declared else "x"}

    def _others(self, path: str) -> Iterator[Change]:
        name = self.name(path)
        reach = self.schema.reachable(self.kind, path)
        for value in reach.values if reach.how == "listed" else ():
            yield from self.schema.inverse(self.kind, path, value).activities
        if name in self.read:
            yield from ({name: one} for one in kinds.get(self.kind).others.get(name, ()))

    def compared_with_networks(self) -> Iterator[str]:
        """Yield the activity values of which some test wants an address."""
        for predicate in self.predicates:
            yield from (self.name(path) for path in compared_with_networks(predicate))

    def name(self, path: str) -> str:
        """Return the activity value that a path shows, in whatever letters; empty for none."""
        if path not in self._names:
            self._names[path] = self._name(path)
        return self._names[path]

    def _name(self, path: str) -> str:
        if not self._shown:
            shown = self.schema.provenance(self.kind)
            self._shown |= {one.casefold(): name for one, name in shown.items()} | dict(shown)
        for written in (path, path.rpartition(".")[0]):  # a sub-field, as in ``name.text``
            if found := self._shown.get(written) or self._shown.get(written.casefold()):
                return found
        name = next(iter(self.schema.invert(self.kind, path, "x") or {}), "")
        return name if name in self.read or name in self.schema.kind(self.kind).values else ""

    def _kept(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        found: dict[str, Change] = {}
        for change in changes:
            if len(found) == MOST_WAYS:
                break
            if self._is_told(change):
                found.setdefault(repr(sorted(change.items())), change)
        return tuple(found.values())

    def _is_told(self, change: Change) -> bool:
        """Return whether values are such as an activity of the kind may have."""
        declared = self.schema.kind(self.kind).values
        product = frozenset(kinds.get(self.kind).product) - self.read
        for name, value in change.items():
            if name in product or (name not in declared and name not in self.read):
                return False  # of a value that is not declared only the reference may know
            known = declared.get(name)
            if value is not None and name in self.addresses and not is_address(value):
                return False
            if known is None or value is None:
                continue
            value = known.coerce(value)  # noqa: PLW2901 - as the schema will see it
            if known.allowed and value not in known.allowed:
                return False
            if known.type != "string" and isinstance(value, str):
                return False
        return True


def field_of(leaf: Atom | Presence | Condition | Nested) -> str:
    """Return the path of the one field that a test reads; empty for any or several."""
    if isinstance(leaf, Atom):
        return leaf.field if isinstance(leaf.field, str) else ""
    if isinstance(leaf, Presence):
        return leaf.field
    if isinstance(leaf, Condition):
        read = expression_fields(leaf.expression)
        return next(iter(read)) if len(read) == 1 else ""
    return ""


def predicates_of(query: Query) -> tuple[Predicate, ...]:
    """Return everything that a query asks of single events."""
    found = [query.predicate]
    if query.outcome is not None:
        found += query.outcome.searches
    if query.upstream is not None:
        found += predicates_of(query.upstream)
    return tuple(found)


def _constants(expression: Expression) -> Iterator[Any]:
    """Yield the texts and numbers that stand in an expression."""
    match expression:
        case Value(str() | int() | float() as value):
            yield value
        case Call(_, arguments):
            for argument in arguments:
                yield from _constants(argument)
        case Choice(_, then, otherwise):
            yield from _constants(then)
            yield from _constants(otherwise)
        case _:
            return
