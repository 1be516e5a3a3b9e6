"""Looking up the fields of a query in the mapping, as Elasticsearch's analyzer does."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from harness.ir import Context, FieldType
from harness.ir.query import field_types
from harness.languages._elastic import fields, types
from harness.languages._lexing import syntax_error
from harness.languages.eql.syntax import Name
from harness.languages.eql.typed import Column, Constant
from harness.source import Source

_TYPES = {
    "boolean": "boolean",
    "byte": "long",
    "short": "long",
    "integer": "long",
    "long": "long",
    "unsigned_long": "long",
    "double": "double",
    "float": "double",
    "half_float": "double",
    "scaled_float": "double",
    "keyword": "string",
    "wildcard": "string",
    "constant_keyword": "string",
    "counted_keyword": "string",
    "date": "date",
    "date_nanos": "date",
    "ip": "ip",
    "version": "version",
    "binary": "binary",
}
"""The index types that EQL takes, besides text."""
_UNKNOWN_AS = {
    "string": "keyword",
    "integer": "double",
    "long": "double",
    "double": "double",
    "number": "double",
    "boolean": "boolean",
    "ip": "ip",
}
"""The index type that a field outside the mapping is given, by what it is used with."""


def column(name: Name, source: Source, context: Context) -> Column | Constant:
    """Return the field of a name: null for an optional one that no index maps."""
    found = fields.resolve(name.path, context)
    if found is None:
        return _unmapped(name, source, context)
    if found.type.name in types.TOKENISED:
        found = _exact(name, found, source, context)
    kind = _TYPES.get(found.type.name)
    if kind is None:
        raise syntax_error(
            source,
            name.span,
            f"field {name.path!r} has the type {found.type.name!r}, which EQL does not support",
        )
    return Column(path=found.path, field=found, type=kind, context=context, span=name.span)


def _unmapped(name: Name, source: Source, context: Context) -> Column | Constant:
    own = context.types.get(name.path)
    if own is not None or _nested_parent(name.path, context):
        what = "an object" if own is not None and own.name == "object" else "a nested field"
        raise syntax_error(
            source,
            name.span,
            f"{name.path!r} is {what}, which EQL does not support",
            "name a field inside the object" if what == "an object" else "",
        )
    if name.optional:
        return Constant(None, name.span)
    if context.options.get("unmapped", "error") == "missing":
        kind = FieldType(name="keyword")
        field = fields.Field(path=name.path, sources=(name.path,), type=kind)
        own_context = replace(context, types={**context.types, name.path: kind})
        return Column(
            path=name.path, field=field, type="unknown", context=own_context, span=name.span
        )
    near = get_close_matches(name.path, context.types, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise syntax_error(
        source,
        name.span,
        f"unknown column {name.path!r}: no index maps it",
        f"{hint}a field that may be unmapped is written ?{name.path}",
    )


def _nested_parent(path: str, context: Context) -> bool:
    parts = path.split(".")
    parents = (".".join(parts[:count]) for count in range(1, len(parts)))
    kinds = (context.types.get(parent) for parent in parents)
    return any(kind is not None and kind.name == "nested" for kind in kinds)


def _exact(name: Name, found: fields.Field, source: Source, context: Context) -> fields.Field:
    """Return the keyword sub-field of a text field."""
    own = context.types.get(found.path)
    given = own.settings.get("fields") if own is not None else None
    names = list(field_types(given)) if isinstance(given, dict) else []
    start = f"{found.path}."
    names += [path.removeprefix(start) for path in context.types if path.startswith(start)]
    exact = []
    for sub in dict.fromkeys(names):
        field = fields.resolve(f"{found.path}.{sub}", context)
        if field is not None and _TYPES.get(field.type.name) == "string":
            exact.append(field)
    if len(exact) != 1:
        count = "several keyword sub-fields" if exact else "no keyword sub-field"
        raise syntax_error(
            source,
            name.span,
            f"field {name.path!r} is text and has {count}",
            "name the keyword field to use" if exact else "EQL compares whole values only",
        )
    return exact[0]


def as_used(column: Column, kind: str) -> Column:
    """Return a column of unknown type with the index type that goes with its use."""
    if column.type != "unknown" or kind not in _UNKNOWN_AS:
        return column
    own = FieldType(name=_UNKNOWN_AS[kind])
    return replace(
        column,
        field=replace(column.field, type=own),
        context=replace(column.context, types={**column.context.types, column.path: own}),
    )
