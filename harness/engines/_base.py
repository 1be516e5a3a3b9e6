"""What an engine file declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Run(Protocol):
    """Runs a query over text lines in the real engine."""

    def __call__(
        self, query: str, lines: list[str | bytes], /, *, timeout: float
    ) -> list[bool | None]:
        """Return one verdict per line; raise ``QuerySyntaxError`` where the engine refuses."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A real engine for one query language.

    ``available`` gives its version, or ``None`` where it is not installed.
    """

    name: str
    title: str
    language: str
    available: Callable[[], str | None]
    run: Run
