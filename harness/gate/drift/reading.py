"""How two texts read, as far as no document is needed to say it.

Documents are costly to make, and most changes of a converter are changes of text alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from harness.events.kinds import CLOCK
from harness.ir import Condition, Context, FieldType, Query, nodes, walk_predicate
from harness.ruleset.model import Translation
from harness.run.queries import parse_query
from harness.schemas import Schema
from harness.source import QuerySyntaxError, Source, Span, Unsupported

_VALUES = ("text", 1, 1.5, True)
"""Values of the types that a field may get from the documents that hold it."""


class State(StrEnum):
    """What becomes of one side of a comparison."""

    READABLE = "readable"
    INVALID = "invalid"
    UNSUPPORTED = "unsupported"
    NOT_CONVERTED = "not-converted"


Reading = Query | QuerySyntaxError | Unsupported
"""What a language makes of a text."""


def state_of(reading: Reading) -> State:
    """Return the state that a reading stands for."""
    if isinstance(reading, QuerySyntaxError):
        return State.INVALID
    return State.UNSUPPORTED if isinstance(reading, Unsupported) else State.READABLE


def error_of(reading: Reading) -> QuerySyntaxError | Unsupported | None:
    """Return why a text is no query that can be run; nothing for a query."""
    return None if isinstance(reading, Query) else reading


@dataclass(frozen=True, slots=True)
class Readings:
    """What a language makes of two texts, once for each way in which fields may be indexed.

    ``certain`` says that the documents cannot bring up another way.
    """

    pairs: Sequence[tuple[Reading, Reading]]
    certain: bool

    def rejected(self) -> tuple[Reading, Reading] | None:
        """Return a pair of which one is no query that can be run, if it is so in every way."""
        states = {(state_of(old), state_of(new)) for old, new in self.pairs}
        if not self.certain or len(states) > 1 or states == {(State.READABLE, State.READABLE)}:
            return None
        return self.pairs[0]

    def same(self) -> bool:
        """Return whether both are surely one query, whatever the documents; False says nothing."""
        return self.certain and all(
            isinstance(old, Query) and isinstance(new, Query) and _equal(old, new)
            for old, new in self.pairs
        )


def readings(old: Translation, new: Translation, schema: Schema, kind: str) -> Readings:
    """Read two translations without documents, as far as that goes."""
    declared = _Declared(schema.types(kind))
    first = (_read(old, declared), _read(new, declared))
    if declared.iterated:
        return Readings((first,), certain=False)
    if not declared.asked:
        return Readings((first,), certain=True)
    documents = [dict.fromkeys(sorted(declared.asked), value) for value in _VALUES]
    ways = [schema.types_in(kind, [one]) for one in documents]
    pairs = (first, *((_read(old, types), _read(new, types)) for types in ways))
    mixed = any(_has_expressions(one) for pair in pairs for one in pair)
    return Readings(pairs, certain=not mixed)


class _Declared(Mapping[str, FieldType]):
    """Declared index types that note which others are asked for."""

    def __init__(self, known: Mapping[str, FieldType]) -> None:
        self._known = known
        self.asked: set[str] = set()
        self.iterated = False

    def __getitem__(self, name: str) -> FieldType:
        if name not in self._known:
            self.asked.add(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        self.iterated = True
        return iter(self._known)

    def __len__(self) -> int:
        self.iterated = True
        return len(self._known)


def _read(translation: Translation, types: Mapping[str, FieldType]) -> Reading:
    context = Context(types=types, now=CLOCK, options=dict(translation.options))
    try:
        return parse_query(translation, context)
    except (QuerySyntaxError, Unsupported) as error:
        return error


def _has_expressions(reading: Reading) -> bool:
    """Return whether a query relates fields to each other, so that their types interact."""
    return isinstance(reading, Query) and any(
        isinstance(node, Condition) for node in walk_predicate(reading.predicate)
    )


def _equal(old: Query, new: Query) -> bool:
    if any(one.outcome is not None or one.upstream is not None for one in (old, new)):
        return False
    settings = [(one.stages, one.prepare, one.unknown) for one in (old, new)]
    return settings[0] == settings[1] and bool(_bare(old.predicate) == _bare(new.predicate))


def _bare(value: Any) -> Any:
    """Return a predicate without its places in the text."""
    if isinstance(value, Span | Source):
        return None
    if isinstance(value, tuple):
        return tuple(map(_bare, value))
    if not dataclasses.is_dataclass(value) or type(value).__module__ != nodes.__name__:
        return value
    names = [one.name for one in dataclasses.fields(value) if one.init]
    changed = {name: _bare(getattr(value, name)) for name in names}
    return dataclasses.replace(cast("Any", value), **changed)
