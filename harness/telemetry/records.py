"""The events of a file one by one, for those who look at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.telemetry.formats import format_named
from harness.telemetry.inputs import Input


def records(one: Input) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of each record from 1, with its event or with what is wrong with it.

    Raises ``Unreadable`` where the file, or the rest of it, cannot be read.
    """
    found, first = format_named(one.format), 1
    for piece in one.pieces():
        batch = found.read(piece, frozenset())
        told: list[tuple[int, dict[str, Any] | str]] = [
            (first + trouble.record, trouble.reason) for trouble in batch.troubles
        ]
        pairs = zip(batch.numbers, batch.events, strict=True)
        told += [(first + number, event) for number, event in pairs]
        yield from sorted(told, key=lambda pair: pair[0])
        first += batch.records
