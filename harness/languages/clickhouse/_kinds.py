"""Types of ClickHouse. https://clickhouse.com/docs/sql-reference/data-types."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """A type; a column that is not ``nullable`` has a default where nothing is stored."""

    name: str
    item: Kind | None = None
    nullable: bool = False
    scale: int = 0

    def __str__(self) -> str:
        name = f"{self.name}({self.item})" if self.item is not None else self.name
        if self.name == "Map":
            name = f"Map(String, {self.item})"
        if self.name == "DateTime64":
            name = f"DateTime64({self.scale})"
        return f"Nullable({name})" if self.nullable else name

    @property
    def is_integer(self) -> bool:
        """Whether values are whole numbers."""
        return self.name in RANGES

    @property
    def is_number(self) -> bool:
        """Whether values are numbers; Bool is one."""
        return self.name in RANGES or self.name in ("Float64", "Bool")

    @property
    def is_time(self) -> bool:
        """Whether values are points in time."""
        return self.name in ("Date", "DateTime", "DateTime64")

    @property
    def default(self) -> Any:
        """What a column holds where nothing is stored, as a JSON value."""
        if self.nullable or self.name == "Nothing":
            return None
        if self.name == "Array":
            return []
        if self.is_time:
            return "1970-01-01T00:00:00"
        return {"String": "", "Bool": False, "Float64": 0.0}.get(self.name, 0)


NULL = Kind("Nothing", nullable=True)
STRING = Kind("String")
BOOL = Kind("Bool")
UINT8 = Kind("UInt8")
UINT64 = Kind("UInt64")
INT64 = Kind("Int64")
FLOAT = Kind("Float64")
DATE = Kind("Date")
DATETIME = Kind("DateTime")

RANGES = {
    **{f"Int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""The least and the greatest value of each type of whole numbers."""
_SIMPLE = {
    **{name: name for name in (*RANGES, "String", "Bool", "Float64", "Date", "DateTime")},
    "TINYINT": "Int8",
    "SMALLINT": "Int16",
    "INT": "Int32",
    "INTEGER": "Int32",
    "BIGINT": "Int64",
    "TEXT": "String",
    "VARCHAR": "String",
    "BOOLEAN": "Bool",
    "DOUBLE": "Float64",
}
_OTHERS = re.compile(
    r"(?:U?Int(?:128|256)|Float32|BFloat16|Decimal\w*|FixedString|UUID|IPv[46]|Enum\w*|Tuple|Nested"
    r"|Date32|Time\w*|JSON|Object|Variant|Dynamic|AggregateFunction|SimpleAggregateFunction|Map|Array"
    r"|LowCardinality|Nullable|Interval\w*|Point|Nothing|CHAR|DateTime\w*|QBit|\w* \w+)\b",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"(\w+)\s*\((.*)\)\Z", re.DOTALL)
_PRECISE = re.compile(r"\s*(\d)\s*(?:,\s*'UTC'\s*)?")
_DEEPEST = 4


def kind_of(text: str, depth: int = 0) -> Kind | str:
    """Return the type that a text names, or why it is not evaluated: ``unknown``, ``other``."""
    text = text.strip()
    name = _SIMPLE.get(text) or _SIMPLE.get(text.upper())
    if name is not None:
        return Kind(name)
    found = _WRAPPED.fullmatch(text)
    if found is None or depth > _DEEPEST:
        return "other" if _OTHERS.match(text) else "unknown"
    word, inner = found.groups()
    if word == "DateTime64":
        precise = _PRECISE.fullmatch(inner)
        return Kind(word, scale=int(precise[1])) if precise else "other"
    if word == "DateTime" and inner.strip() == "'UTC'":
        return DATETIME
    if word == "Map":
        key, _, inner = inner.partition(",")
        if key.strip() not in ("String", "LowCardinality(String)"):
            return "other"
    if word not in ("Nullable", "LowCardinality", "Array", "Map"):
        return "other" if _OTHERS.match(text) else "unknown"
    item = kind_of(inner, depth + 1)
    if isinstance(item, str) or word == "LowCardinality":
        return item
    if word == "Nullable":
        return "unknown" if item.item is not None else replace(item, nullable=True)
    return Kind(word, item=item)


def integer(low: int, high: int) -> Kind:
    """Return the smallest type that holds numbers from ``low`` to ``high``."""
    names = ("UInt8", "UInt16", "UInt32", "UInt64") if low >= 0 else ()
    for name in (*names, "Int8", "Int16", "Int32", "Int64"):
        if RANGES[name][0] <= low and high <= RANGES[name][1]:
            return Kind(name)
    return FLOAT
