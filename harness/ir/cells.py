"""Finding the values of a field in an event."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Scalar = str | int | float | bool | bytes | None
Event = Mapping[str, Any]


class Lookup(Enum):
    """How a field name in a query finds values in an event."""

    FLAT = "flat"
    """The name is one key of the event, exactly as written."""

    FLAT_CASELESS = "flat, any case"
    """The name is one key of the event; letter case does not matter."""

    PROPERTY = "property in any case, then an exact path"
    """The part before the first dot is a key in any letter case; the rest is an exact path in it,
    as properties and event data of a Windows event record."""

    LITERAL_FIRST = "literal key, else path"
    """A key with exactly this name wins; otherwise dots separate nested keys."""

    PATH = "path"
    """Dots separate nested keys, dotted keys count as nested ones, and lists of objects are
    flattened, as Elasticsearch indexes documents."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one event holds at one field.

    ``present`` tells whether the key occurs at all, even with null or an empty list;
    ``values`` are the leaf scalars, nulls left out; ``nulls`` counts explicit nulls.
    """

    present: bool
    values: tuple[Scalar, ...] = ()
    nulls: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """A hashable identity that tells 1, 1.0, True and "1" apart."""
        return (self.present, self.nulls, tuple((type(v), v) for v in self.values))


ABSENT = Cell(present=False)


def cell(event: Event, path: str, lookup: Lookup) -> Cell:
    """Return what ``event`` holds at ``path``."""
    found = list(_find(event, path, lookup))
    if not found:
        return ABSENT
    values: list[Scalar] = []
    nulls = 0
    for item in found:
        for leaf in leaves(item):
            if leaf is None:
                nulls += 1
            else:
                values.append(leaf)
    return Cell(present=True, values=tuple(values), nulls=nulls)


def raw(event: Event, path: str, lookup: Lookup) -> Any:
    """Return the JSON value at ``path`` unflattened; ``None`` where it is absent."""
    for item in _find(event, path, lookup):
        return item
    return None


def all_at(event: Event, path: str, lookup: Lookup) -> list[Any]:
    """Return every JSON value that a path leads to, unflattened."""
    return list(_find(event, path, lookup))


def _find(event: Event, path: str, lookup: Lookup) -> Iterator[Any]:
    if lookup is Lookup.PATH:
        yield from _nested(event, path)
    elif lookup is Lookup.FLAT_CASELESS:
        wanted = path.casefold()
        yield from (value for key, value in event.items() if key.casefold() == wanted)
    elif lookup is Lookup.PROPERTY:
        yield from _property(event, path)
    elif path in event:
        yield event[path]
    elif lookup is Lookup.LITERAL_FIRST:
        yield from _nested(event, path)


def _property(event: Event, path: str) -> Iterator[Any]:
    """Yield what is at a path whose first part is a key in any letter case."""
    head, dot, rest = path.partition(".")
    wanted = head.casefold()
    for key, value in event.items():
        name, _, below = key.partition(".")
        if name.casefold() != wanted:
            continue
        if below == rest:
            yield value
        elif dot and not below:
            yield from _nested(value, rest)


def _nested(node: Any, path: str) -> Iterator[Any]:
    """Yield every value at a dotted path, through lists and through keys that hold dots."""
    if isinstance(node, list):
        for item in node:
            yield from _nested(item, path)
        return
    if not isinstance(node, Mapping):
        return
    if path in node:
        yield node[path]
    dot = path.find(".")
    while dot != -1:
        if path[:dot] in node:
            yield from _nested(node[path[:dot]], path[dot + 1 :])
        dot = path.find(".", dot + 1)


def leaves(value: Any) -> Iterator[Scalar]:
    """Yield the scalar leaves of a JSON value; lists are flattened, objects are not leaves."""
    if type(value) is str:  # by far the most frequent
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    elif not isinstance(value, Mapping):
        yield value


def walk(event: Event, prefix: str = "") -> Iterator[tuple[str, Scalar]]:
    """Yield every ``(dotted path, leaf)`` of an event, objects and lists included."""
    for key, value in event.items():
        path = f"{prefix}{key}"
        yield from _walk(value, path)


def _walk(value: Any, path: str) -> Iterator[tuple[str, Scalar]]:
    if type(value) is str:  # by far the most frequent
        yield path, value
    elif isinstance(value, Mapping):
        yield from walk(value, f"{path}.")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _walk(item, path)
    else:
        yield path, value


def text_line(event: Event) -> str | bytes:
    """Return the text line of an event: ``_raw``, or ``_raw_b64`` for bytes that are not UTF-8."""
    if "_raw_b64" in event:
        return base64.b64decode(event["_raw_b64"])
    return str(event.get("_raw", ""))
