"""Holding a schema against documents that a vendor's product really wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.errors import Diagnostic
from harness.ir.cells import walk
from harness.schemas import _render
from harness.schemas._base import Field, Schema
from harness.schemas._rules import Constant

_JSON_NAME = {bool: "boolean", str: "string", int: "number", float: "number", type(None): "null"}


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
        for path in schema.paths(kind):
            found.extend(_path_problems(schema, kind, path, document, number))
        if undeclared:
            found.extend(_undeclared(schema, kind, document, number))
    return found


def _path_problems(
    schema: Schema, kind: str, path: str, document: Mapping[str, Any], number: int
) -> Iterator[Diagnostic]:
    fields = [item for item in schema.fields(kind) if item.path == path]
    held = schema.find(document, path)
    if held is None:
        if not any(item.missing or item.rule.when.alternatives for item in fields):
            yield _problem("path-absent", number, path, "is absent and the schema gives no reason")
        return
    problems = [list(_value_problems(item, held)) for item in fields]
    if all(problems):
        code, message = problems[0][0]
        yield _problem(code, number, path, message)


def _value_problems(item: Field, held: Any) -> Iterator[tuple[str, str]]:
    if isinstance(held, list) != item.array and item.json != "object":
        yield "list-or-single", f"holds {_form(held)}; the schema says {_declared(item)}"
        return
    leaf = held[0] if isinstance(held, list) and held else held
    if isinstance(leaf, list):
        return
    name = "object" if isinstance(leaf, Mapping) else _JSON_NAME[type(leaf)]
    if name != item.json:
        yield "json-type", f"holds {_form(held)}; the schema says {_declared(item)}"
    elif isinstance(item.rule.origin, Constant):
        constant = _render.as_json(item.rule.origin.value, item.json, array=item.array)
        if constant != held:
            yield "constant", f"holds {held!r}; the schema says always {constant!r}"


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
