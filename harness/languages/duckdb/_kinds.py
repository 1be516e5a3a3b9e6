"""Types of DuckDB, and which one a comparison or a list of values takes.

https://duckdb.org/docs/stable/sql/data_types/typecasting: a string literal becomes what it is
compared with; a VARCHAR column is cast to it too, but only for equality.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Kind:
    """A type. A ``literal`` is a constant whose type the other side decides."""

    name: str
    item: Kind | None = None
    precision: int = 0
    scale: int = 0
    literal: bool = False

    def __str__(self) -> str:
        if self.item is not None:
            return f"{self.item}[]"
        if self.name == "DECIMAL":
            return f"DECIMAL({self.precision},{self.scale})"
        return self.name

    @property
    def is_integer(self) -> bool:
        """Whether values are whole numbers."""
        return self.name in RANGES

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self.name in RANGES or self.name in ("DOUBLE", "DECIMAL")


NULL = Kind("NULL")
BOOLEAN = Kind("BOOLEAN")
VARCHAR = Kind("VARCHAR")
INTEGER = Kind("INTEGER")
BIGINT = Kind("BIGINT")
HUGEINT = Kind("HUGEINT")
DOUBLE = Kind("DOUBLE")
DATE = Kind("DATE")
TIMESTAMP = Kind("TIMESTAMP")
INTERVAL = Kind("INTERVAL")
STRING = Kind("VARCHAR", literal=True)
"""A text in quotes."""

_BITS = {
    "TINYINT": (True, 8),
    "SMALLINT": (True, 16),
    "INTEGER": (True, 32),
    "BIGINT": (True, 64),
    "HUGEINT": (True, 128),
    "UTINYINT": (False, 8),
    "USMALLINT": (False, 16),
    "UINTEGER": (False, 32),
    "UBIGINT": (False, 64),
    "UHUGEINT": (False, 128),
}
RANGES = {
    name: (-(2 ** (bits - 1)) + (bits == 128), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)  # noqa: PLR2004 - HUGEINT's least value is not used
    for name, (signed, bits) in _BITS.items()
}
"""The least and the greatest value of each type of whole numbers."""
_NAMES = {
    "VARCHAR": "CHAR BPCHAR TEXT STRING NVARCHAR",
    "BOOLEAN": "BOOL LOGICAL",
    "TINYINT": "INT1",
    "SMALLINT": "INT2 SHORT INT16",
    "INTEGER": "INT INT4 SIGNED INT32 INTEGRAL",
    "BIGINT": "INT8 LONG INT64 OID",
    "HUGEINT": "INT128",
    "UTINYINT": "UINT8",
    "USMALLINT": "UINT16",
    "UINTEGER": "UINT32",
    "UBIGINT": "UINT64",
    "UHUGEINT": "UINT128",
    "DOUBLE": "FLOAT8",
    "DATE": "",
    "TIMESTAMP": "DATETIME TIMESTAMP_US",
    "DECIMAL": "NUMERIC DEC",
}
KINDS = {spelling: name for name, more in _NAMES.items() for spelling in (name, *more.split())}
"""The types that are evaluated, by every spelling."""
_OTHERS = """
BIT BITSTRING BLOB BYTEA BINARY VARBINARY ENUM FLOAT FLOAT4 REAL GUID INTERVAL JSON MAP STRUCT ROW
UNION UUID TIME TIMETZ TIMESTAMPTZ TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS BIGNUM VARINT GEOMETRY
VARIANT TIME_NS
"""
OTHERS = frozenset(_OTHERS.split())
"""Types that DuckDB has and that are not evaluated."""
_TYPE = re.compile(
    r"\s*([A-Za-z_]\w*)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*((?:\[\d*\]\s*)*)\Z"
)
_MOST_DIGITS = 38


def kind_of(text: str) -> Kind | str:
    """Return the type that a text names, or why it is not evaluated: ``unknown``, ``other``."""
    if re.search(r"\bTIME(?:STAMP)?\s+WITH(?:OUT)?\b|\bDOUBLE\s+PRECISION\b", text, re.IGNORECASE):
        return DOUBLE if "PRECISION" in text.upper() else "other"
    found = _TYPE.fullmatch(text)
    if found is None:
        known = re.match(r"\s*(\w*)", text)
        return "other" if known and known[1].upper() in OTHERS else "unknown"
    word, first, second, lists = found.groups()
    name = KINDS.get(word.upper())
    if name is None:
        return "other" if word.upper() in OTHERS else "unknown"
    kind = Kind(name)
    if name == "DECIMAL":
        precision = int(first or 18)
        scale = int(second or (0 if first else 3))
        if not 0 < precision <= _MOST_DIGITS or scale > precision:
            return "unknown"
        kind = Kind(name, precision=precision, scale=scale)
    for bracket in range(lists.count("[")):
        if bracket or "[]" not in lists.replace(" ", ""):
            return "other"
        kind = Kind("LIST", item=kind)
    return kind


def fitting(kinds: Sequence[Kind], *, forced: bool) -> Kind | None:
    """Return the type that values of some types are compared as; ``None`` for none.

    ``forced`` as for ``=``, ``IN`` and CASE, where a VARCHAR is cast to whatever it meets.
    """
    found = kinds[0]
    for kind in kinds[1:]:
        one = _of_two(found, kind, forced=forced)
        if one is None:
            return None
        found = one
    return found


def _of_two(left: Kind, right: Kind, *, forced: bool) -> Kind | None:
    if left == right or right.name == "NULL":
        return left
    if left.name == "NULL":
        return right
    if left.name == right.name == "VARCHAR":
        return VARCHAR
    for one, other in ((left, right), (right, left)):
        if one.name == "VARCHAR":
            if other.name == "LIST" and not one.literal:
                return None
            return replace(other, literal=False) if one.literal or forced else None
    if left.name == "LIST" or right.name == "LIST":
        if left.item is None or right.item is None:
            return None
        item = _of_two(left.item, right.item, forced=forced)
        return None if item is None else Kind("LIST", item=item)
    names = {left.name, right.name}
    if "BOOLEAN" in names and names & {"DOUBLE", "DECIMAL"} and not forced:
        return None
    return _of_others(left, right)


def _of_others(left: Kind, right: Kind) -> Kind | None:
    names = {left.name, right.name}
    if names == {"DATE", "TIMESTAMP"}:
        return TIMESTAMP
    if names & {"DATE", "TIMESTAMP", "INTERVAL"}:
        return None
    if "DOUBLE" in names:
        return DOUBLE
    if "BOOLEAN" in names:
        return left if right.name == "BOOLEAN" else right
    if "DECIMAL" in names:
        return _decimal(left, right)
    return _integer(left, right)


def _decimal(left: Kind, right: Kind) -> Kind | None:
    one, other = _as_decimal(left), _as_decimal(right)
    scale = max(one.scale, other.scale)
    whole = max(one.precision - one.scale, other.precision - other.scale)
    if whole + scale > _MOST_DIGITS:
        return None
    return Kind("DECIMAL", precision=whole + scale, scale=scale)


def _as_decimal(kind: Kind) -> Kind:
    if kind.name == "DECIMAL":
        return kind
    digits = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "UTINYINT": 3}
    more = {"USMALLINT": 5, "UINTEGER": 10, "UBIGINT": 20}
    return Kind("DECIMAL", precision={**digits, **more}.get(kind.name, _MOST_DIGITS))


def _integer(left: Kind, right: Kind) -> Kind | None:
    if left.literal != right.literal:
        wide, narrow = (right, left) if left.literal else (left, right)
        (low, high), (least, most) = RANGES[wide.name], RANGES[narrow.name]
        if narrow.name == "INTEGER" or (low <= least and most <= high):
            return wide
    low = min(RANGES[left.name][0], RANGES[right.name][0])
    high = max(RANGES[left.name][1], RANGES[right.name][1])
    for name in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"):
        if RANGES[name][0] <= low and high <= RANGES[name][1]:
            return Kind(name)
    names = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
    return next((Kind(name) for name in names if low == 0 and high <= RANGES[name][1]), None)
