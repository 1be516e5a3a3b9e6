"""What an engine file declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.ir import Event, FieldType


class Run(Protocol):
    """Runs a query over text lines in the real engine."""

    def __call__(
        self, query: str, lines: list[str | bytes], /, *, timeout: float
    ) -> list[bool | None]:
        """Return one verdict per line; raise ``QuerySyntaxError`` where the engine refuses."""
        ...


class Judge(Protocol):
    """Runs a query over documents in the real engine."""

    def __call__(
        self,
        query: str,
        events: Sequence[Event],
        /,
        *,
        options: Mapping[str, Any],
        types: Mapping[str, FieldType],
        timeout: float,
    ) -> list[bool | None]:
        """Return one verdict per event; ``types`` are those of all fields that there are."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A real engine for one query language.

    ``available`` gives its version, or ``None`` where it is not installed. ``run`` takes text
    lines; an engine with ``judge`` takes documents as well.
    """

    name: str
    title: str
    language: str
    available: Callable[[], str | None]
    run: Run
    judge: Judge | None = None
