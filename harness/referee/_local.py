"""An engine on this machine, in the manner of a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.engines import Engine
from harness.engines._base import Leftover
from harness.ir import Event, FieldType
from harness.ir.cells import text_line

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class _Documents:
    """Documents that are given to the engine with every query."""

    engine: Engine
    documents: Sequence[Event]
    types: Mapping[str, FieldType]

    @property
    def taken(self) -> Sequence[bool]:
        return [True] * len(self.documents)

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language
        if self.engine.judge is not None:
            return self.engine.judge(
                query, self.documents, options=options, types=self.types, timeout=TIMEOUT
            )
        assert self.engine.run is not None
        lines = [text_line(one) for one in self.documents]
        return self.engine.run(query, lines, timeout=TIMEOUT)


class Local:
    """An engine on this machine; it keeps nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.version = engine.available() or ""

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are."""
        return types

    @contextmanager
    def store(
        self, documents: Sequence[Event], types: Mapping[str, FieldType]
    ) -> Iterator[_Documents]:
        """Hold documents for the queries to come."""
        yield _Documents(self._engine, documents, types)

    def leftovers(self) -> list[Leftover]:
        """Return nothing."""
        return []

    def remove(self, name: str) -> None:
        """Do nothing: there is nothing of ours."""

    def close(self) -> None:
        """Do nothing."""
