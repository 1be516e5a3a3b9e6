"""``head`` and ``tail``: the first or last events of a result, by time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.ir import Context, Event, FieldType, Lookup, Stage, Truth
from harness.ir.cells import cell
from harness.languages._elastic import fields, types
from harness.languages.eql.typed import Constant


@dataclass(frozen=True, slots=True)
class Slice:
    """The events from ``offset`` on, ``limit`` many; from the end where ``limit`` is negative.

    Events are in ascending order of time, then of the tiebreaker, then as given; events
    without a time come first.
    """

    offset: int
    limit: int
    order: tuple[tuple[str, FieldType], ...]

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Turn the outcome of every true event outside the slice to false."""
        hits = [row for row, outcome in enumerate(outcomes) if outcome is Truth.TRUE]
        hits.sort(key=lambda row: [_key(events[row], path, kind) for path, kind in self.order])
        if self.limit < 0:
            hits.reverse()
        kept = set(hits[self.offset : self.offset + abs(self.limit)])
        return [
            Truth.FALSE if outcome is Truth.TRUE and row not in kept else outcome
            for row, outcome in enumerate(outcomes)
        ]


def _key(event: Event, path: str, kind: FieldType) -> tuple[int, Any]:
    view = types.view(kind)
    found = [
        item for value in cell(event, path, Lookup.PATH).values for item in view.convert(value)
    ]
    return (1, min(found)) if found else (0, 0)


def stages(pipes: Iterable[tuple[str, Constant]], context: Context) -> tuple[Stage, ...]:
    """Return the pipes of an event query as one slice.

    Elasticsearch folds pipes into one offset and one limit before it searches (rule
    ``CombineLimits`` of x-pack/plugin/eql), so a ``tail`` after a ``head`` counts from the
    ``head``'s number even where there are fewer events.
    """
    offset = limit = 0
    first = True
    for name, argument in pipes:
        amount = argument.value if name == "head" else -argument.value
        if first:
            limit = amount
        elif (limit > 0) == (amount > 0) and limit and amount:
            limit = min(limit, amount, key=abs)
        elif abs(amount) < abs(limit):
            offset += abs(limit + amount)
            limit = abs(amount) if limit > 0 else -abs(amount)
        first = False
    return () if first else (Slice(offset, limit, _order(context)),)


def _order(context: Context) -> tuple[tuple[str, FieldType], ...]:
    options = context.options
    names = [options.get("timestamp_field") or "@timestamp", options.get("tiebreaker_field")]
    found = []
    for name in names:
        field = fields.resolve(str(name), context) if name else None
        if field is not None:
            kind = field.type
            if kind.name == "keyword" and name == names[0]:
                kind = FieldType(name="date")
            found.append((field.sources[0], kind))
    return tuple(found)
