"""What a report format declares: a text made of one ``harness/test/1`` document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]
"""A ``harness/test/1`` document, as ``harness test --format json`` prints it."""


WIDTH = 118
"""Columns of a text that is not made for a terminal of known width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A report format; ``extensions`` are the file endings that select it."""

    name: str
    title: str
    extensions: tuple[str, ...]
    render: Callable[[Results], str]
