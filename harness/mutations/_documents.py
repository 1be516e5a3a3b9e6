"""Reading and changing JSON documents by dotted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.mutations._base import Subject


def leaf_paths(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``(dotted path, value)`` of every value that is no object; lists stay whole."""
    for key, value in document.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaf_paths(value, f"{path}.")
        else:
            yield path, value


def concerned(subject: Subject) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a subject's document whose change is of interest."""
    return (one for one in leaf_paths(subject.document) if subject.concerns(one[0]))


def parent(document: dict[str, Any], path: str) -> tuple[dict[str, Any], str] | None:
    """Return the object that holds a path's value and the key in it."""
    if path in document:
        return document, path
    dot = path.find(".")
    while dot != -1:
        inner = document.get(path[:dot])
        if isinstance(inner, dict):
            found = parent(inner, path[dot + 1 :])
            if found:
                return found
        dot = path.find(".", dot + 1)
    return None


def set_path(document: dict[str, Any], path: str, value: Any) -> bool:
    """Replace the value at an existing path; return whether it was there."""
    found = parent(document, path)
    if found is None:
        return False
    holder, key = found
    holder[key] = value
    return True


def delete_path(document: dict[str, Any], path: str) -> bool:
    """Delete an existing path, and objects that become empty; return whether it was there."""
    found = parent(document, path)
    if found is None:
        return False
    holder, key = found
    del holder[key]
    if not holder and holder is not document:
        outer = path[: -len(key) - 1]
        delete_path(document, outer)
    return True
