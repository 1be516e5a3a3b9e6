"""Holding a schema against documents that a vendor's product really wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from harness.errors import Diagnostic
from harness.ir.cells import walk
from harness.schemas import _render
from harness.schemas._base import Field, Schema
from harness.schemas._rules import Constant

_JSON_NAME = {bool: "boolean", str: "string", int: "number", float: "number", type(None): "null"}

_SHOWN = 80


def check(
    schema: Schema, kind: str, documents: Iterable[Mapping[str, Any]], *, undeclared: bool = False
) -> list[Diagnostic]:
    """Return where real documents disagree with a schema.

    Compared are the presence of the paths that the schema gives no reason to miss, JSON types,
    lists against single values, and constants. ``undeclared`` adds a note for every path of a
    document that the schema does not know: real documents hold far more than the harness renders.
    """
    found: list[Diagnostic] = []
    for number, document in enumerate(documents):
        found.extend(
            _problem(one.code, number, one.path, one.message)
            for one in deviations(schema, kind, document)
        )
        if undeclared:
            found.extend(_undeclared(schema, kind, document, number))
    return found


class Deviation(NamedTuple):
    """Where one document disagrees with a schema: a path, and what is different about it."""

    path: str
    code: str
    message: str


def deviations(schema: Schema, kind: str, document: Mapping[str, Any]) -> Iterator[Deviation]:
    """Yield where one document disagrees with a schema, in the order of the schema's paths."""
    for path in schema.paths(kind):
        fields = schema.fields_at(kind, path)
        held = schema.find(document, path)
        if held is None:
            if not may_miss(fields):
                yield Deviation(path, "path-absent", "is absent and the schema gives no reason")
            continue
        problems = [list(_value_problems(item, held)) for item in fields]
        if all(problems):
            yield Deviation(path, *problems[0][0])


def may_miss(fields: Iterable[Field]) -> bool:
    """Return whether the schema gives a reason for a path to be absent."""
    return any(item.missing or item.placeholder or item.rule.when.alternatives for item in fields)


def _value_problems(item: Field, held: Any) -> Iterator[tuple[str, str]]:
    if isinstance(held, list) != item.array and item.json != "object":
        yield "list-or-single", f"holds {_form(held)}; the schema says {_declared(item)}"
        return
    leaf = held[0] if isinstance(held, list) and held else held
    if isinstance(leaf, list) or item.json == "any":
        return
    name = "object" if isinstance(leaf, Mapping) else _JSON_NAME[type(leaf)]
    if name != item.json:
        yield "json-type", f"holds {_form(held)}; the schema says {_declared(item)}"
    elif isinstance(item.rule.origin, Constant) and not item.placeholder:
        constant = _render.as_json(item.rule.origin.value, item.json, array=item.array)
        if constant != held:
            yield "constant", f"holds {_short(held)}; the schema says always {constant!r}"


def _short(held: Any) -> str:
    text = repr(held)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _form(held: Any) -> str:
    if isinstance(held, list):
        return f"a list of {_form(held[0])}" if held else "an empty list"
    return "an object" if isinstance(held, Mapping) else f"a {_JSON_NAME[type(held)]}"


def _declared(item: Field) -> str:
    return f"a list of {item.json}s" if item.array else f"a single {item.json}"


def _undeclared(
    schema: Schema, kind: str, document: Mapping[str, Any], number: int
) -> Iterator[Diagnostic]:
    known = set(schema.paths(kind))
    seen: set[str] = set()
    for path, _ in walk(document):
        if path not in known and path not in seen:
            seen.add(path)
            yield _problem("undeclared-path", number, path, "is not in the schema", "note")


def _problem(
    code: str, number: int, path: str, message: str, severity: str = "error"
) -> Diagnostic:
    return Diagnostic(
        code=code, message=f"{path} {message}", place=f"document {number + 1}", severity=severity
    )
