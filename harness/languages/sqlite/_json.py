"""JSON functions of SQLite on values. https://www.sqlite.org/json1.html."""

from __future__ import annotations

import json
import re
from typing import Any

from harness.errors import Fault
from harness.languages.sqlite._values import Differs, Value, to_text

_STEP = re.compile(r'\.(?:"([^"]*)"|([^.\[]+))|\[(?:#-)?([0-9]{1,9})\]|\[#\]', re.ASCII)
_MISSING = object()


def _load(value: Value) -> Any:
    """Return the parsed text; a fault where it is no JSON (or goes beyond the standard)."""
    try:
        return json.loads(to_text(value), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        message = "malformed JSON"
        raise Fault(message) from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _step(node: Any, path: str) -> Any:
    """Return what stands at a path such as ``$.a[0]``."""
    if not path.startswith("$"):
        message = f"JSON path error near {path!r}"
        raise Fault(message)
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            message = f"JSON path error near {path[at:]!r}"
            raise Fault(message)
        name, at = found.group(1) or found.group(2), found.end()
        if name is not None:
            node = node.get(name, _MISSING) if isinstance(node, dict) else _MISSING
            continue
        if not isinstance(node, list) or found.group(3) is None:
            node = _MISSING
            continue
        index = int(found.group(3))
        index = len(node) - index if "#" in found.group() else index
        node = node[index] if 0 <= index < len(node) else _MISSING
    return node


def _plain(node: Any) -> Value:
    """Return a JSON value as SQL sees it: objects and lists as text."""
    if node is _MISSING or node is None:
        return None
    if isinstance(node, dict | list):
        return _dump(node)
    return int(node) if isinstance(node, bool) else node


def _dump(node: Any) -> str:
    return json.dumps(node, separators=(",", ":"), ensure_ascii=False)


def extract(value: Value, path: Value) -> Value:
    """``json_extract(X,P)``."""
    return _plain(_step(_load(value), to_text(path)))


def _short(path: Value) -> str:
    """Return the path that the right side of an arrow stands for."""
    if isinstance(path, int):
        return f"$[{path}]" if path >= 0 else f"$[#{path}]"
    text = to_text(path)
    if text.startswith("$"):
        return text
    return f"${text}" if text.startswith("[") else f'$."{text}"'


def arrow_text(value: Value, path: Value) -> Value:
    """``X ->> P``: an SQL value."""
    return extract(value, _checked(path))


def arrow(value: Value, path: Value) -> Value:
    """``X -> P``: the JSON text of a value."""
    node = _step(_load(value), to_text(_checked(path)))
    return None if node is _MISSING else _dump(node)


def _checked(path: Value) -> str:
    if isinstance(path, int) and path < 0:
        message = "a negative index after an arrow"
        raise Differs(message)
    return _short(path)


def type_of(value: Value, path: Value = "$") -> Value:
    """``json_type(X,P)``."""
    node = _step(_load(value), to_text(path))
    if node is _MISSING:
        return None
    if isinstance(node, bool):
        return "true" if node else "false"
    names = {type(None): "null", int: "integer", float: "real", str: "text", list: "array"}
    return names.get(type(node), "object")


def array_length(value: Value, path: Value = "$") -> Value:
    """``json_array_length(X,P)``."""
    node = _step(_load(value), to_text(path))
    if node is _MISSING:
        return None
    return len(node) if isinstance(node, list) else 0


def valid(value: Value) -> Value:
    """``json_valid(X)``; of NULL it is 0 in older versions and NULL in later ones."""
    if value is None:
        message = "json_valid() of NULL"
        raise Differs(message)
    try:
        _load(value)
    except Fault:
        return 0
    return 1
