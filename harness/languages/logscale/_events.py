"""Events as LogScale stores them: a flat map of names to values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.ir import Event

RAW = "@rawstring"
"""The field that holds the text of the event."""
SPECIAL = ("@id", "@timestamp", "@ingesttimestamp", "#*")
"""Fields that free text is not looked up in: three by name, and tags.
https://library.humio.com/data-analysis/syntax-filters.html"""


def flat(event: Event) -> Event:
    """Return an event with ``a.b`` for nested keys and ``a[0]`` for items of lists.

    https://library.humio.com/data-analysis/syntax-array.html; a text line, kept under ``_raw``,
    becomes the raw string.
    """
    nested = any(isinstance(value, dict | list | tuple) for value in event.values())
    found = dict(_leaves(event)) if nested else event
    if "_raw" in event and RAW not in event:
        found = {**found, RAW: event["_raw"]}
        del found["_raw"]
    return found


def _leaves(event: Event) -> Iterator[tuple[str, Any]]:
    stack: list[tuple[str, Any]] = list(event.items())[::-1]
    while stack:
        name, value = stack.pop()
        if isinstance(value, Mapping):
            stack += [(f"{name}.{key}", item) for key, item in list(value.items())[::-1]]
        elif isinstance(value, list | tuple):
            stack += [(f"{name}[{at}]", value[at]) for at in reversed(range(len(value)))]
        else:
            yield name, value
