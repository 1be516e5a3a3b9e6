"""Putting values at paths of a document, and finding them again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from harness.ir.values import as_number, as_text

Token = str | int

_INDEXED = re.compile(r"(?P<key>.+)\[(?P<index>\d+)\]")


@lru_cache(maxsize=8192)
def tokens(path: str, *, nested: bool) -> tuple[Token, ...]:
    """Return the keys of a path from the outside in; ``Name[2]`` is a member of a list."""
    found: list[Token] = []
    for part in path.split(".") if nested else [path]:
        indexed = _INDEXED.fullmatch(part) if nested else None
        found.extend([indexed["key"], int(indexed["index"])] if indexed else [part])
    return tuple(found)


def put(document: dict[str, Any], path: tuple[Token, ...], value: Any) -> None:
    """Set the value at a path, making objects and lists on the way.

    A list that must grow by more than one member gets members that hold an explicit null where
    the new one holds its value: positions keep their meaning.
    """
    node: Any = document
    if len(path) == 1:
        node[path[0]] = value
        return
    for token, following in pairwise(path):
        node = _child(node, token, [] if isinstance(following, int) else {}, path[-1])
    if isinstance(node, list):
        node.append(value)
    else:
        node[path[-1]] = value


def _child(node: Any, token: Token, empty: Any, last: Token) -> Any:
    if isinstance(token, str):
        return node.setdefault(token, empty)
    while len(node) < token:
        node.append({last: None})
    if len(node) == token:
        node.append(empty)
    return node[token]


def find(document: Any, path: tuple[Token, ...]) -> Any:
    """Return the value at a path, ``None`` where there is none."""
    node = document
    for token in path:
        if isinstance(token, int):
            node = node[token] if isinstance(node, list) and token < len(node) else None
        else:
            node = node.get(token) if isinstance(node, Mapping) else None
    return node


def as_json(value: Any, json: str, *, array: bool) -> Any:
    """Return a value in the JSON type of its field, ``None`` where it has no such form."""
    if not array and json == "string" and type(value) is str:
        return value
    if array:
        items = value if isinstance(value, list) else [value]
        found = [_scalar(item, json) for item in items]
        return None if any(item is None for item in found) else found
    if isinstance(value, list) and json not in {"object", "any"}:
        value = value[0] if value else None
    return _scalar(value, json)


def _scalar(value: Any, json: str) -> Any:
    if value is None or json == "any":
        return value
    if json == "object":
        return value if isinstance(value, Mapping) else None
    if isinstance(value, Mapping | list):
        return None
    if json == "number":
        return as_number(value)
    if json == "boolean":
        return {"true": True, "false": False}.get(as_text(value).lower())
    return as_text(value)


def holds(found: Any, wanted: Any) -> bool:
    """Return whether a field holds a value: alone, as one of several, or all of them."""
    if _equal(found, wanted):
        return True
    return isinstance(found, list) and any(_equal(item, wanted) for item in found)


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def glob(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a path pattern, in which ``*`` is any text."""
    return re.compile("(.*)".join(re.escape(part) for part in pattern.split("*")))


def renamed(pattern: str, replacement: str, path: str) -> str | None:
    """Return ``path`` with a pattern's stars carried over to ``replacement``."""
    found = glob(pattern).fullmatch(path)
    if found is None:
        return None
    pieces = replacement.split("*")
    return pieces[0] + "".join(
        kept + piece for kept, piece in zip(found.groups(), pieces[1:], strict=False)
    )
