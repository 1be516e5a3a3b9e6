"""What a file format declares: how a file is cut into pieces, and what events a piece holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from harness.errors import HarnessError
from harness.telemetry.shapes import Shapes

PIECE = 24 << 20
"""Bytes of a file that are worked on at once, before they are unpacked into objects."""


TOO_DEEP = "it is nested too deeply"


class Unreadable(HarnessError):
    """A file, or the rest of it, cannot be read; the message says why."""


class Trouble(NamedTuple):
    """A record that is no event: its number in the file or piece from 0, and what is wrong."""

    record: int
    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file: bytes of it, or where they are. ``share`` is how much of a file it is.

    ``first`` is the number of its first record, where that is known before it is read.
    """

    path: str
    start: int = 0
    end: int = 0
    data: bytes | None = None
    numbers: tuple[int, ...] | None = None
    share: int = 0


@dataclass(slots=True)
class Batch:
    """The events of a piece, their numbers in it from 0, and what could not be read.

    ``records`` counts all records, ``exact`` reads one again where a number lost digits,
    ``lines`` are the events as JSON where they were read from it. ``events`` may be read again
    from there when one is asked for; ``shapes`` hold what will be looked at.
    """

    events: Sequence[dict[str, Any]]
    shapes: Shapes
    numbers: Sequence[int]
    records: int
    troubles: list[Trouble] = field(default_factory=list)
    exact: Callable[[int], dict[str, Any]] | None = None
    lines: Sequence[bytes] | None = None

    @classmethod
    def of(
        cls,
        events: Sequence[dict[str, Any]],
        wanted: frozenset[str],
        numbers: Sequence[int],
        records: int,
        troubles: list[Trouble] | None = None,
    ) -> Batch:
        """Return a batch of events that are kept."""
        shapes = Shapes(wanted)
        shapes.add(events)
        return cls(events, shapes, numbers, records, troubles or [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of recorded events.

    ``cut`` yields the pieces of a file that can be sought in, ``stream`` those of one that is
    read from the begin to the end only; ``read`` gives the events of a piece, of which some keys
    will be looked at. What goes wrong with a whole file is :class:`Unreadable`.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    record: str
    """What a record is called where its number is told: ``line``, ``record``, ``row``."""
    cut: Callable[[Path], Iterator[Piece]]
    stream: Callable[[BinaryIO, str], Iterator[Piece]] | None
    read: Callable[[Piece, frozenset[str]], Batch]
