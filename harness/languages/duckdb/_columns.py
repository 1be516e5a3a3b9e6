"""The columns of the table: their names, their types, and rows made of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from harness.errors import Fault
from harness.ir import AS_IS, NUMBER, TEXT, Context, Event, View, fold
from harness.ir.values import Case
from harness.languages._sql.rows import bad_option, columns, is_top, mapping, text_of
from harness.languages.duckdb._casts import cast, moment
from harness.languages.duckdb._kinds import VARCHAR, Kind, kind_of

_BY_INDEX_TYPE = {
    "long": "BIGINT",
    "integer": "INTEGER",
    "short": "SMALLINT",
    "byte": "TINYINT",
    "unsigned_long": "UBIGINT",
    "double": "DOUBLE",
    "float": "DOUBLE",
    "half_float": "DOUBLE",
    "scaled_float": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "TIMESTAMP",
    "date_nanos": "TIMESTAMP",
}
"""The type of a column, by the index type of the field; VARCHAR for the others."""
_HINT = 'give a mapping of columns to types, such as {"EventID": "BIGINT", "tags": "VARCHAR[]"}'


@dataclass(frozen=True, slots=True)
class Columns:
    """The type of each column, by its name in lower case; ``*`` is for the others."""

    declared: Mapping[str, Kind]
    indexed: Mapping[str, str] = field(default_factory=dict)
    """The index types of fields that are not VARCHAR."""

    def kind(self, path: str) -> Kind:
        """Return the type of a column or of a member."""
        key = folded(path)
        found = self.declared.get(key) or self.declared.get("*")
        if found is not None:
            return found
        known = self.indexed.get(key)
        return VARCHAR if known is None else _kind(_BY_INDEX_TYPE[known])

    def __call__(self, event: Event) -> Event:
        """Return the row of an event; a value that does not fit its column is NULL."""
        return {path: stored(value, self.kind(path)) for path, value in columns(event)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a statement is read against. ``names`` is ``None`` where any column may exist."""

    names: frozenset[str] | None
    columns: Columns

    def is_column(self, name: str) -> bool:
        """Return whether there is a column of this name, in any letter case."""
        key = folded(name)
        return self.names is None or (key in self.names and is_top(key, self.names))

    def is_object(self, name: str) -> bool:
        """Return whether a path leads to an object."""
        prefix = f"{folded(name)}."
        return self.names is not None and any(one.startswith(prefix) for one in self.names)

    def has(self, path: str) -> bool:
        """Return whether a path leads to anything."""
        return self.names is None or folded(path) in self.names


def folded(name: str) -> str:
    """Return a name as DuckDB compares names: in any letter case."""
    return fold(name, Case.ASCII)


def table_of(context: Context) -> Table:
    """Return the table that the options and the events describe."""
    given = mapping(context.options.get("columns") or {}, "columns", _HINT)
    declared = {folded(name): _kind(text) for name, text in given.items()}
    indexed = {
        folded(path): one.name for path, one in context.types.items() if one.name in _BY_INDEX_TYPE
    }
    names = context.fields
    known = None if names is None else frozenset(map(folded, names)) | (declared.keys() - {"*"})
    return Table(names=known, columns=Columns(declared, indexed))


@lru_cache(maxsize=256)
def _kind(text: str) -> Kind:
    found = kind_of(text)
    if isinstance(found, str):
        known = "no type" if found == "unknown" else "no type that is evaluated"
        message = f"{text!r} is {known}"
        raise bad_option(message, _HINT)
    return found


def stored(value: Any, kind: Kind) -> Any:
    """Return what a column keeps of a JSON value; ``None`` where it does not fit."""
    if value is None:
        return None
    if kind.item is not None:
        items = value if isinstance(value, list) else [value]
        return [stored(one, kind.item) for one in items]
    if kind.name == "VARCHAR":
        return text_of(value)
    if isinstance(value, list):
        return None
    try:
        found = cast(_instant(value) if kind.name in _TIMES else value, kind)
    except (Fault, OverflowError):
        return None
    if kind.name in _TIMES:
        return found.isoformat()
    return float(found) if kind.name == "DECIMAL" else found


_TIMES = frozenset({"TIMESTAMP", "DATE"})


def _instant(value: Any) -> Any:
    return value.replace("+0000", "+00:00") if isinstance(value, str) else value


def loader(kind: Kind) -> Callable[[Any], Any]:
    """Return what makes a typed value of what a row holds."""
    if kind.item is not None:
        inner = loader(kind.item)
        return lambda value: None if value is None else _items(value, inner)
    if kind.name in _TIMES:
        return lambda value: None if value is None else cast(moment(value), kind)
    if kind.name == "DECIMAL":
        return lambda value: None if value is None else cast(value, kind)
    return _as_it_is


def _items(value: Any, inner: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(map(inner, value if isinstance(value, list) else [value]))


def _as_it_is(value: Any) -> Any:
    return value


def view_of(kind: Kind) -> View | None:
    """Return how a column's own value is shown to a check; nothing where it must be converted."""
    if kind.name == "VARCHAR":
        return TEXT
    if kind.name == "BOOLEAN":
        return AS_IS
    return NUMBER if kind.is_integer or kind.name == "DOUBLE" else None
