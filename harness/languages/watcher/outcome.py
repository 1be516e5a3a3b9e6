"""What a watch decides: searches, payload, condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.ir import Event, Predicate, Truth
from harness.languages.watcher.actions import Action
from harness.languages.watcher.conditions import Condition
from harness.languages.watcher.inputs import Input
from harness.languages.watcher.painless import Script
from harness.languages.watcher.search import Search
from harness.languages.watcher.values import ExecutionFailed, Unpredictable


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A watch as an :class:`~harness.ir.Outcome`: it fires if its condition is met.

    An execution that fails does not fire. The outcome is undefined where it hangs on
    something that only a real cluster knows, such as a score.
    """

    input: Input
    condition: Condition | Script
    actions: tuple[Action, ...]
    model: dict[str, Any]

    @property
    def parts(self) -> tuple[Search, ...]:
        """The searches with what becomes of their hits."""
        return self.input.parts()

    @property
    def searches(self) -> tuple[Predicate, ...]:
        """The queries it runs, in order: each search, then its filter aggregations."""
        return tuple(query for part in self.parts for query in part.searches)

    def decide(self, hits: Sequence[Sequence[Event]]) -> Truth:
        """Return whether it fires, given the documents that each query found."""
        try:
            return Truth.of(self.condition.met(self.context(hits)))
        except ExecutionFailed:
            return Truth.FALSE
        except Unpredictable:
            return Truth.UNDEFINED

    def context(self, hits: Sequence[Sequence[Event]]) -> dict[str, Any]:
        """Return what the condition sees: ``ctx`` with the payload in it."""
        return {"ctx": {**self.model["ctx"], "payload": self.input.run(hits)}}
