"""The columns of the table: their names, their types, and rows made of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from harness.errors import Fault
from harness.ir import NUMBER, TEXT, Context, Event, View
from harness.languages._sql.rows import bad_option, columns, mapping, text_of
from harness.languages.clickhouse._casts import in_range, moment, parse
from harness.languages.clickhouse._kinds import RANGES, STRING, Kind, kind_of

_BY_INDEX_TYPE = {
    "long": "Int64",
    "integer": "Int32",
    "short": "Int16",
    "byte": "Int8",
    "unsigned_long": "UInt64",
    "double": "Float64",
    "float": "Float64",
    "half_float": "Float64",
    "scaled_float": "Float64",
    "boolean": "Bool",
    "date": "DateTime64(3)",
    "date_nanos": "DateTime64(3)",
}
"""The type of a column, by the index type of the field; String for the others."""
_HINT = 'give a mapping of columns to types, such as {"EventID": "UInt32", "tags": "Array(String)"}'


@dataclass(frozen=True, slots=True)
class Columns:
    """The type of each column, by its name; ``*`` is for the others."""

    declared: Mapping[str, Kind]
    indexed: Mapping[str, str] = field(default_factory=dict)
    nullable: bool = False

    def kind(self, path: str) -> Kind:
        """Return the type of a column."""
        found = self.declared.get(path) or self.declared.get("*")
        if found is not None:
            return found
        known = self.indexed.get(path)
        kind = STRING if known is None else _kind(_BY_INDEX_TYPE[known])
        return replace(kind, nullable=self.nullable)

    def map_of(self, path: str) -> str:
        """Return the Map column that a path leads into; empty for none."""
        dot = path.find(".")
        while dot != -1:
            found = self.declared.get(path[:dot])
            if found is not None and found.name == "Map":
                return path[:dot]
            dot = path.find(".", dot + 1)
        return ""

    def of_key(self, path: str) -> Kind:
        """Return the type of a column, or of the values of the Map that a path leads into."""
        name = self.map_of(path)
        item = self.declared[name].item if name else None
        return self.kind(path) if item is None else item

    def __call__(self, event: Event) -> Event:
        """Return the row of an event; a value that does not fit its column is the default."""
        found: dict[str, Any] = {}
        for path, value in columns(event):
            kind = self.of_key(path)
            kept = stored(value, kind)
            found[path] = kind.default if kept is None and self.map_of(path) else kept
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a statement is read against. ``names`` is ``None`` where any column may exist."""

    names: frozenset[str] | None
    columns: Columns

    def has(self, name: str) -> bool:
        """Return whether there is a column of this name."""
        if name in self.columns.declared or self.names is None:
            return True
        return name in self.names and not self.is_object(name) and not self.columns.map_of(name)

    def is_object(self, name: str) -> bool:
        """Return whether a path leads to an object, which has columns of its own."""
        prefix = f"{name}."
        return self.names is not None and any(one.startswith(prefix) for one in self.names)


def table_of(context: Context) -> Table:
    """Return the table that the options and the events describe."""
    given = mapping(context.options.get("columns") or {}, "columns", _HINT)
    declared = {name: _kind(text) for name, text in given.items()}
    indexed = {path: one.name for path, one in context.types.items() if one.name in _BY_INDEX_TYPE}
    nullable = str(context.options.get("nullable") or "false").lower()
    if nullable not in ("true", "false"):
        message = f"nullable is {nullable!r}"
        raise bad_option(message, "give true or false")
    columns_of = Columns(declared, indexed, nullable == "true")
    return Table(names=context.fields, columns=columns_of)


@lru_cache(maxsize=256)
def _kind(text: str) -> Kind:
    found = kind_of(text)
    if isinstance(found, str):
        known = "no type" if found == "unknown" else "no type that is evaluated"
        message = f"{text!r} is {known}"
        raise bad_option(message, _HINT)
    return found


def stored(value: Any, kind: Kind) -> Any:
    """Return what a column keeps of a JSON value; ``None`` where it keeps its default."""
    if value is None:
        return None
    if kind.item is not None:
        items = value if isinstance(value, list) else [value]
        kept = [stored(one, kind.item) for one in items]
        return [kind.item.default if one is None else one for one in kept]
    if kind.name == "String":
        return text_of(value)
    if isinstance(value, list):
        return None
    try:
        return _scalar(value, kind)
    except (Fault, OverflowError, ValueError):
        return None


def _scalar(value: Any, kind: Kind) -> Any:
    if isinstance(value, str):
        found = parse(value.strip(), kind)
        if kind.is_time:
            return found.replace(tzinfo=None).isoformat() if in_range(found) else None
        return found
    if kind.is_time:
        return None
    if kind.name == "Bool":
        return bool(value)
    if kind.name == "Float64":
        return float(value)
    low, high = RANGES[kind.name]
    whole = int(value)
    return whole if whole == value and low <= whole <= high else None


def loader(kind: Kind) -> Callable[[Any], Any]:
    """Return what makes a typed value of what a row holds; the default where that is nothing."""
    default = kind.default
    if kind.item is not None:
        inner = loader(kind.item)
        return lambda value: tuple(map(inner, value if isinstance(value, list) else []))
    if kind.is_time:
        return lambda value: _moment(default if value is None else value, kind)
    return lambda value: default if value is None else value


def _moment(value: Any, kind: Kind) -> Any:
    return None if value is None else moment(value, kind)


def view_of(kind: Kind) -> View | None:
    """Return how a column's own value is shown to a check; nothing where it must be converted."""
    if kind.name == "String":
        return TEXT
    return NUMBER if kind.is_integer or kind.name == "Float64" else None
