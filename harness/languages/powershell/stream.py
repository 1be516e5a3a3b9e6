"""The events that flow through a pipeline, and what has been done to them so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.errors import Diagnostic
from harness.ir import Expression, Predicate, Query, Stage, all_of
from harness.languages.powershell.scope import Item
from harness.languages.powershell.stages import NEWEST_FIRST, Sorting


@dataclass(frozen=True, slots=True)
class Stream:
    """Events that pass ``filters``, after the ``stages`` of the whole result."""

    filters: tuple[Predicate, ...]
    item: Item = field(default_factory=Item)
    order: Sorting = NEWEST_FIRST
    stages: tuple[Stage, ...] = ()
    upstream: Query | None = None

    def filtered(self, predicate: Predicate) -> Stream:
        """Return the events that also pass a filter; earlier limits count before it."""
        if not self.stages:
            return replace(self, filters=(*self.filters, predicate))
        return replace(self, filters=(*self.filters, predicate), stages=(), upstream=self.query(()))

    def limited(self, stage: Stage) -> Stream:
        """Return the events that a stage keeps."""
        return replace(self, stages=(*self.stages, stage))

    def query(self, warnings: tuple[Diagnostic, ...]) -> Query:
        """Return the stream as a query."""
        return Query(
            predicate=all_of(*self.filters),
            stages=self.stages,
            upstream=self.upstream,
            warnings=warnings,
        )


@dataclass(frozen=True, slots=True)
class Properties(Mapping[str, Expression]):
    """What ``Select-Object`` kept, by lower-case name, worked out when it is asked for."""

    made: Mapping[str, Callable[[], Expression]]

    def __getitem__(self, name: str) -> Expression:
        return self.made[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)
