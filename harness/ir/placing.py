"""Moving the places that a tree remembers, where its text becomes part of a longer one."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from harness.ir import nodes
from harness.ir.nodes import Predicate
from harness.source import Span


def moved(node: Predicate, by: int) -> Predicate:
    """Return a predicate whose text starts ``by`` characters later."""
    shifted: Predicate = _moved(node, by) if by else node
    return shifted


def _moved(value: Any, by: int) -> Any:
    if isinstance(value, Span):
        return Span(value.start + by, value.end + by)
    if isinstance(value, tuple):
        return tuple(_moved(item, by) for item in value)
    if not dataclasses.is_dataclass(value) or type(value).__module__ != nodes.__name__:
        return value
    names = [one.name for one in dataclasses.fields(value) if one.init]
    changed = {name: _moved(getattr(value, name), by) for name in names}
    return dataclasses.replace(cast("Any", value), **changed)
