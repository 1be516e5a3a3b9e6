"""What a query reads: the names of its tables, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from harness.ir import Context, FieldType
from harness.languages.kusto._environment import Environment
from harness.languages.kusto._pipeline import is_table
from harness.languages.kusto._statements import script
from harness.languages.kusto._syntax import (
    Body,
    Element,
    Expression,
    Invocation,
    Let,
    Name,
    Path,
    Pipeline,
    Script,
    Search,
    Union,
)
from harness.source import Source

_ANY = "AnyTable"
"""What stands for the rest of a name with a star."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The tables of a query in their order, or whether it is a condition alone.

    ``foreign`` is the first thing in it that is read from elsewhere; names with a star stand with
    a name that it matches.
    """

    tables: tuple[str, ...]
    is_table: bool
    foreign: str = ""


def sources(source: Source, types: Mapping[str, FieldType]) -> Sources:
    """Return what a query reads; raises ``QuerySyntaxError`` where it cannot be read."""
    read = script(source)
    env = Environment(source=source, context=Context(types=types))
    for let in read.lets:
        env = env.define(let)
    if not is_table(read.result, env):
        return Sources(tables=(), is_table=False)
    tables: dict[str, None] = {}
    foreign = ""
    own = {let.name for let in _lets(read)}
    for node in _places(read, env):
        match node:
            case Name(name) if name not in own:
                tables[name.replace("*", _ANY)] = None
            case Invocation(name, arguments) if name not in own and not arguments:
                tables[name] = None
            case Invocation(name) if name not in own:
                foreign = foreign or f"{name}(...)"
            case Path() | Element():
                foreign = foreign or "another database"
            case _:
                pass
    return Sources(tables=tuple(tables), is_table=True, foreign=foreign)


def _walk(node: Any) -> Iterator[Any]:
    """Yield a node and all below it."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            stack.extend(reversed(one))
        elif is_dataclass(one):
            yield one
            stack.extend(getattr(one, item.name) for item in reversed(fields(one)))


def _lets(read: Script) -> Iterator[Let]:
    return (node for node in _walk(read) if isinstance(node, Let))


def _places(read: Script, env: Environment) -> Iterator[Expression]:
    """Yield every expression that stands where a table does."""
    yield read.result
    for node in _walk(read):
        match node:
            case Pipeline(source):
                yield source
            case Union(tables) | Search(_, _, tables):
                yield from tables
            case Let(_, Name() | Invocation() as value) if is_table(value, env):
                yield value
            case Body(_, _, Name() | Invocation() as value) if is_table(value, env):
                yield value
            case _:
                pass
