"""Events as rows of a table: one value a column, of the column's type."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Event

_MAX_DEPTH = 50


def columns(event: Event, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of everything an event holds; objects are paths."""
    for key, value in event.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from columns(value, f"{name}.", depth + 1)
        elif isinstance(value, float) and math.isnan(value):
            yield name, None
        else:
            yield name, value


def as_json(value: Any) -> str:
    """Return a value as JSON text, as a text column keeps what is no text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def text_of(value: Any) -> str:
    """Return a JSON value as a text column keeps it."""
    return value if isinstance(value, str) else as_json(value)


def mapping(given: Any, name: str, hint: str) -> Mapping[str, str]:
    """Return an option that maps names to texts; raises ``InvalidInput`` for anything else."""
    if isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, Mapping):
        message = f"{name} is {given!r}"
        raise bad_option(message, hint)
    return {str(key): str(value) for key, value in given.items()}


def bad_option(message: str, hint: str) -> InvalidInput:
    """Return the error of an option that cannot be used."""
    return InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])


def is_top(name: str, names: frozenset[str]) -> bool:
    """Return whether a name is a column of its own rather than a part of an object."""
    dot = name.find(".")
    while dot != -1:
        if name[:dot] in names:
            return False
        dot = name.find(".", dot + 1)
    return True
