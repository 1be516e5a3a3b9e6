"""A JSON Schema of the documents of one kind in one schema."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from harness.schemas import _render
from harness.schemas._base import Field, Rest, Schema
from harness.schemas._rules import Constant

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(schema: Schema, kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind's documents; nothing else may stand in them."""
    root = _object()
    nested = schema.shape == "nested"
    for path in schema.paths(kind):
        fields = [item for item in schema.fields(kind) if item.path == path]
        forms = [_form(item) for item in fields]
        unique = [form for i, form in enumerate(forms) if form not in forms[:i]]
        form = unique[0] if len(unique) == 1 else {"anyOf": unique}
        _place(root, _render.tokens(path, nested=nested), form)
        if _always(fields):
            _require(root, _render.tokens(path, nested=nested))
    rest = schema.shapes[kind].rest
    if rest is not None and schema.kind(kind).open:
        _open(root, rest, nested=nested)
    return {"$schema": _DIALECT, "title": f"{schema.title}: {kind}", **root}


def _object() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": False}


def _form(item: Field) -> dict[str, Any]:
    if isinstance(item.rule.origin, Constant) and not item.rule.steps:
        return {"const": _render.as_json(item.rule.origin.value, item.json, array=item.array)}
    form: dict[str, Any] = {"type": item.json}
    return {"type": "array", "items": form} if item.array else form


def _always(fields: list[Field]) -> bool:
    return any(isinstance(f.rule.origin, Constant) and not f.rule.when.alternatives for f in fields)


def _place(root: dict[str, Any], path: tuple[_render.Token, ...], form: dict[str, Any]) -> None:
    node = root
    for token, following in pairwise(path):
        node = _inside(node, token, list_follows=isinstance(following, int))
    last = path[-1]
    if isinstance(last, int):
        node["items"] = form
    elif node.get("x-list"):
        node["properties"][last] = {"type": ["string", "number", "boolean", "null"]}
    else:
        node["properties"][last] = form


def _inside(node: dict[str, Any], token: _render.Token, *, list_follows: bool) -> dict[str, Any]:
    if isinstance(token, int):
        members: dict[str, Any] = node.setdefault("items", {**_object(), "x-list": True})
        return members
    empty = {"type": "array"} if list_follows else _object()
    child: dict[str, Any] = node["properties"].setdefault(token, empty)
    return child


def _require(root: dict[str, Any], path: tuple[_render.Token, ...]) -> None:
    node = root
    for token in path:
        if not isinstance(token, str) or "properties" not in node:
            return
        node["required"] = sorted({*node.get("required", ()), token})
        node = node["properties"][token]


def _open(root: dict[str, Any], rest: Rest, *, nested: bool) -> None:
    form: dict[str, Any] = {}
    if rest.json != "any":
        form = {"anyOf": [{"type": rest.json}, {"type": "array", "items": {"type": rest.json}}]}
    path = _render.tokens(rest.path, nested=nested)
    node = root
    for token in path[:-1]:
        node = _inside(node, token, list_follows=False)
    if path[-1] == "{name}":
        node["additionalProperties"] = form
    else:
        before, _, after = str(path[-1]).partition("{name}")
        node["patternProperties"] = {f"^{before}.*{after}$": form}
