"""The columns of the table: their names, declarations and options."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Case, Context, FieldType, fold
from harness.languages.sqlite._values import Affinity, Declared, affinity_of

COLLATIONS = ("BINARY", "NOCASE", "RTRIM")
REGEXP_FUNCTIONS = ("python", "zircolite", "none")
_COLLATE = re.compile(r"\bCOLLATE\s+[\"'`\[]?(\w+)[\"'`\]]?", re.IGNORECASE)
_CONSTRAINT = re.compile(
    r"\b(?:CONSTRAINT|PRIMARY|NOT|NULL|UNIQUE|CHECK|DEFAULT|COLLATE|REFERENCES|GENERATED|AS)\b",
    re.IGNORECASE,
)
_INTEGERS = frozenset({"long", "integer", "short", "byte", "unsigned_long", "boolean"})
_ZIRCOLITE_INTEGER = Declared(Affinity.INTEGER)
_ZIRCOLITE_TEXT = Declared(Affinity.TEXT, "NOCASE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a statement is read against. ``names`` is ``None`` where any column may exist."""

    names: frozenset[str] | None
    declared: Mapping[str, Declared]
    default: Declared
    types: Mapping[str, FieldType] = field(default_factory=dict)
    zircolite: bool
    regexp: str
    now: datetime

    def has(self, name: str) -> bool:
        """Return whether there is a column of this name, in any letter case."""
        return self.names is None or folded(name) in self.names

    def declaration(self, name: str) -> Declared:
        """Return what is declared for a column."""
        key = folded(name)
        if key in self.declared or not self.zircolite:
            return self.declared.get(key, self.default)
        kind = self.types.get(name)
        whole = kind is not None and kind.name in _INTEGERS
        return _ZIRCOLITE_INTEGER if whole else _ZIRCOLITE_TEXT


def folded(name: str) -> str:
    """Return a name as SQLite compares names: ASCII letters in any case."""
    return fold(name, Case.ASCII)


def table_of(context: Context) -> Table:
    """Return the table that the options and the events describe."""
    columns = context.options.get("columns") or {}
    if isinstance(columns, str) and columns.lstrip().startswith("{"):
        columns = _mapping(columns)
    zircolite = columns == "zircolite"
    if not zircolite and not isinstance(columns, Mapping):
        message = f"columns is {columns!r}"
        raise _bad_option(message, "give a mapping of names to declarations")
    given = {} if zircolite else {folded(str(name)): columns[name] for name in columns}
    declared = {name: declaration(str(text)) for name, text in given.items()}
    regexp = str(context.options.get("regexp") or REGEXP_FUNCTIONS[0]).lower()
    if str(context.options.get("no_regexp", False)).lower() == "true":
        regexp = "none"
    if regexp not in REGEXP_FUNCTIONS:
        hint = f"give one of {', '.join(REGEXP_FUNCTIONS)}"
        message = f"there is no REGEXP function {regexp!r}"
        raise _bad_option(message, hint)
    names = context.fields
    return Table(
        names=None if names is None else frozenset(map(folded, names)) | (declared.keys() - {"*"}),
        declared=declared,
        default=declared.get("*", Declared()),
        types=context.types,
        zircolite=zircolite,
        regexp=regexp,
        now=context.now,
    )


def _mapping(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


@lru_cache(maxsize=256)
def declaration(text: str) -> Declared:
    """Return what ``TYPE COLLATE name`` declares."""
    type_name = _CONSTRAINT.split(text, maxsplit=1)[0].strip()
    found = _COLLATE.search(text)
    collation = found.group(1).upper() if found else "BINARY"
    if collation not in COLLATIONS:
        message = f"there is no collation {collation!r}"
        raise _bad_option(message, f"use {', '.join(COLLATIONS)}")
    return Declared(affinity_of(type_name) if type_name else Affinity.BLOB, collation)


def _bad_option(message: str, hint: str) -> InvalidInput:
    return InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
