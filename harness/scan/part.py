"""What comes of one piece of a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from harness.telemetry.formats import Trouble
from harness.telemetry.logsources import Member

MAX_TROUBLES = 100
"""Records that cannot be read of which the place is told; the others are counted."""
EXAMPLES = 5


@dataclass(slots=True)
class Difference:
    """Where a translation and its rule's own query disagree: numbers of records.

    ``missed`` are returned by the rule alone, ``extra`` by the translation alone.
    """

    missed: list[int] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)
    missed_count: int = 0
    extra_count: int = 0


@dataclass(slots=True)
class Part:
    """What one piece gave. Numbers of records count from 0 within the piece."""

    records: int = 0
    events: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    troubles_count: int = 0
    unknown: int = 0
    unknown_keys: Counter[str] = field(default_factory=Counter)
    seen: Counter[tuple[str, frozenset[Member]]] = field(default_factory=Counter)
    hits: dict[int, list[int]] = field(default_factory=dict)
    undefined: dict[int, int] = field(default_factory=dict)
    differences: dict[int, Difference] = field(default_factory=dict)
    matched: dict[int, Any] = field(default_factory=dict)
    """Events that a query returned, where they are wanted, by record."""
    error: str = ""
    """Why the piece could not be read."""
