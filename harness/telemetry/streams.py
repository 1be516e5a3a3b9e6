"""Events of any stream, sorted into tables: which rules they concern, and how to read them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evaluate.columns import MISSING, Column, Columns, Contents, Missing, Picked, Rows
from harness.ir import AnyField, Event, Lookup, as_text
from harness.ir.cells import raw
from harness.telemetry.formats import Batch
from harness.telemetry.logsources import (
    LogSource,
    Member,
    Native,
    natives,
    of_windows,
    renamings,
    zeek_key,
)
from harness.telemetry.shapes import Slice, joined
from harness.telemetry.vendors import (
    Backwards,
    Vendor,
    are_of,
    schema_of_vendor,
    sorted_by_kind,
    vendor_of,
)


@dataclass(frozen=True)
class Reading:
    """Where a document holds what Sigma names: paths by name, and where all else is."""

    names: Mapping[str, tuple[str, ...]]
    data: tuple[str, ...]
    as_written: bool = False
    """The document's own names are Sigma's."""

    def paths(self, name: str) -> tuple[str, ...]:
        """Return the paths of a value, the best first."""
        data = tuple(one.replace("{name}", name) for one in self.data)
        return tuple(dict.fromkeys((*self.names.get(name, ()), *data)))


_INEXACT = 2.0**53
"""Whole numbers from which on a float may stand for another number."""
AS_WRITTEN = Reading({}, ("{name}",), as_written=True)


@dataclass(frozen=True)
class Table:
    """Events that concern the same rules and are read alike; ``rows`` are their numbers."""

    stream: str
    members: frozenset[Member]
    reading: Reading | Backwards
    rows: Rows
    columns: Columns
    """The documents as recorded."""

    @property
    def sources(self) -> frozenset[LogSource]:
        """The log sources that the events belong to."""
        return frozenset(one.source for one in self.members)

    def read(self) -> Columns:
        """Return the documents under Sigma's names."""
        if isinstance(self.reading, Backwards):
            return self.reading.columns(self.columns)
        return self.columns if self.reading.as_written else _Read(self.columns, self.reading)


@dataclass(frozen=True)
class _Stream:
    name: str
    has: tuple[str, ...]
    reading: Reading
    schema: str


@lru_cache(maxsize=1)
def _streams() -> tuple[_Stream, ...]:
    text = files(__package__).joinpath("streams.toml").read_text("utf-8")
    return tuple(
        _Stream(
            one["name"],
            tuple(one["has"]),
            Reading(
                {name: tuple(paths) for name, paths in one["names"].items()}, tuple(one["data"])
            ),
            one.get("schema", ""),
        )
        for one in tomllib.loads(text)["stream"]
    )


def keys_of(fields: Iterable[str]) -> frozenset[str]:
    """Return the keys of recorded events in which some fields of Sigma may be found."""
    names = {*fields, "Channel", "EventID"}
    readings = [AS_WRITTEN, *(one.reading for one in _streams())]
    for renaming in renamings().values():
        names |= {instead for name, instead in renaming.items() if name in names}
    return frozenset(
        path.partition(".")[0] for name in names for one in readings for path in one.paths(name)
    )


def schema_of(stream: str) -> str:
    """Return the schema of a stream's documents; empty for none."""
    return next((one.schema for one in _streams() if one.name == stream), "") or schema_of_vendor(
        stream
    )


@lru_cache(maxsize=1024)
def _reading_of(stream: str, category: str, renaming: str) -> Reading:
    """Return how a stream's documents of a category are read."""
    found = next(one for one in _streams() if one.name == stream)
    names = dict(found.reading.names)
    if found.schema and _records(found.schema, category):
        for name, paths in _recorded(found.schema, category).items():
            names[name] = (*names.get(name, ()), *paths)
    for name, instead in renamings().get(renaming, {}).items():
        names[name] = found.reading.paths(instead)
    return Reading(names, found.reading.data)


def _records(schema: str, kind: str) -> bool:
    from harness import schemas  # noqa: PLC0415 (slow to import, and seldom asked)

    return kind in schemas.get(schema).kinds


def _recorded(schema: str, kind: str) -> Mapping[str, tuple[str, ...]]:
    """Return the paths where a schema holds values as they are, by the values' names."""
    from harness import schemas  # noqa: PLC0415

    found: dict[str, tuple[str, ...]] = {}
    for label in schemas.labels(schema):
        for name, paths in schemas.get(label).held_as_is(kind).items():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *paths)))
    return found


def tables(batch: Batch, declared: LogSource | None = None) -> tuple[list[Table], Rows]:
    """Return events sorted into tables, and the numbers of those that no stream is known for.

    ``declared`` is the log source of events that cannot be told by themselves. An event may
    stand in several tables, where a log source has names of its own for what it holds.
    """
    made: list[Table] = []
    left = np.ones(len(batch.events), dtype=np.bool_)
    heads = [{path.partition(".")[0] for path in stream.has} for stream in _streams()]
    by_stream: dict[int, list[Slice]] = {}
    for shape in batch.shapes:
        keys = set(shape.keys)
        fits = next((number for number, needed in enumerate(heads) if needed <= keys), -1)
        by_stream.setdefault(fits, []).append(Slice(shape))
    for number, slices in sorted(by_stream.items(), reverse=True):
        if number >= 0:
            for table in _windows_tables(_streams()[number], batch, slices):
                left[table.rows] = False
                made.append(table)
    if left.any():
        for table in list(_vendor_tables(batch, _slices(batch, np.flatnonzero(left)))):
            left[table.rows] = False
            made.append(table)
    if left.any():
        maybe = [one for one in batch.shapes if _may_be_native(frozenset(one.keys))]
        rows = [row for one in maybe for row in one.rows if left[row]]
        for table in _native_tables(batch, sorted(rows)):
            left[table.rows] = False
            made.append(table)
    rest = np.flatnonzero(left)
    if declared is not None and len(rest):
        slices = _slices(batch, rest)
        made.append(_table(batch, "declared", frozenset([Member(declared)]), AS_WRITTEN, slices))
        rest = rest[:0]
    return made, rest


def _slices(batch: Batch, rows: Rows) -> list[Slice]:
    """Return some events by their shapes."""
    wanted = np.zeros(len(batch.events), dtype=np.bool_)
    wanted[rows] = True
    found = []
    for shape in batch.shapes:
        places = np.flatnonzero(wanted[np.array(shape.rows, dtype=np.intp)])
        if len(places):
            found.append(Slice(shape, None if len(places) == len(shape.rows) else places))
    return found


def _table(
    batch: Batch, name: str, members: frozenset[Member], reading: Reading, slices: list[Slice]
) -> Table:
    columns = _Recorded(batch, slices)
    return Table(name, members, reading, columns.rows, columns)


class _Recorded(Columns):
    """Columns of events of some shapes, whose numbers may have lost digits when they were read."""

    def __init__(self, batch: Batch, slices: list[Slice]) -> None:
        self.rows = np.concatenate([one.rows() for one in slices])
        super().__init__(Picked(batch.events, self.rows))
        self._batch, self._slices = batch, slices

    def top(self, key: str) -> list[Any]:
        parts = [one.values(key) for one in self._slices]
        if any(part is None for part in parts):
            return super().top(key)
        return [value for part in parts for value in part or ()]

    def contents(self, subject: str | AnyField, lookup: Lookup) -> Column:
        key = ("contents", subject, lookup)
        if key not in self._columns and isinstance(subject, str) and _is_key(subject, lookup):
            found = joined(self._slices, subject)
            if found is not None:
                self._columns[key] = Column(found[0], Contents(found[1]))
        return super().contents(subject, lookup)

    def dotted(self) -> set[int]:
        found: set[int] = set()
        first = 0
        for one in self._slices:
            if one.shape.dotted:
                found.update(range(first, first + len(one)))
            first += len(one)
        return found

    def may_hold(self, pattern: Any) -> Rows | None:
        lines = self._batch.lines
        if pattern is None or lines is None:
            return None
        some = [lines[row] for row in self.rows.tolist()]
        ends = np.cumsum(np.fromiter(map(len, some), np.int64, len(some)) + 1)
        found = [match.start() for match in pattern.finditer(b"\n".join(some))]
        return np.unique(np.searchsorted(ends, found, side="right"))

    def values(self, path: str, lookup: Lookup) -> list[Any]:
        found = super().values(path, lookup)
        exact = self._batch.exact
        if exact is not None and float in set(map(type, found)):
            for place, value in enumerate(found):
                if type(value) is float and abs(value) >= _INEXACT and value.is_integer():
                    again = Columns([exact(int(self.rows[place]))])
                    found[place] = again.values(path, lookup)[0]
        return found


def _is_key(path: str, lookup: Lookup) -> bool:
    """Return whether a path is a key of the event itself and nothing else."""
    return lookup is Lookup.FLAT or (
        "." not in path and lookup in {Lookup.LITERAL_FIRST, Lookup.PATH}
    )


def _windows_tables(stream: _Stream, batch: Batch, slices: list[Slice]) -> Iterator[Table]:
    """Yield the tables of a stream of Windows events: by channel and event id."""
    read = _Read(_Recorded(batch, slices), stream.reading)
    parts = [read.contents(name, Lookup.LITERAL_FIRST) for name in ("Channel", "EventID")]
    ids = len(parts[1].distinct)
    pairs, of_row = np.unique(
        parts[0].codes.astype(np.int64) * ids + parts[1].codes, return_inverse=True
    )
    known: dict[tuple[str, frozenset[Member]], list[int]] = {}
    for number, pair in enumerate(pairs.tolist()):
        channel, event_id = (
            part.distinct[code].values for part, code in zip(parts, divmod(pair, ids), strict=True)
        )
        if not channel or not event_id:
            continue
        members = of_windows(as_text(channel[0]), as_text(event_id[0]))
        for renaming in {one.reading for one in members}:
            some = frozenset(one for one in members if one.reading == renaming)
            known.setdefault((renaming, some), []).append(number)
    for (renaming, members), numbers in known.items():
        chosen = np.zeros(len(pairs), dtype=np.bool_)
        chosen[numbers] = True
        category = next((one.source.category for one in members if one.source.category), "")
        reading = _reading_of(stream.name, category, renaming)
        yield _table(batch, stream.name, members, reading, _chosen(slices, chosen[of_row]))


def _vendor_tables(batch: Batch, slices: Iterable[Slice]) -> Iterator[Table]:
    """Yield the tables of products whose records a schema describes."""
    by_vendor: dict[str, tuple[Vendor, list[Slice]]] = {}
    for one in slices:
        vendor = vendor_of(frozenset(one.shape.keys))
        if vendor is not None:
            by_vendor.setdefault(vendor.name, (vendor, []))[1].append(one)
    for vendor, some in by_vendor.values():
        columns: Columns = _Recorded(batch, some)
        rows = np.concatenate([one.rows() for one in some])
        if vendor.values or vendor.below:
            fitting = np.flatnonzero(are_of(vendor, columns.events))
            rows = rows[fitting]
            columns = columns.take(fitting)
        if vendor.below:
            columns = Columns([event[vendor.below] for event in columns.events])
        for what, places in sorted_by_kind(vendor, columns) if len(rows) else ():
            chosen = np.array(places, dtype=np.intp)
            reading = what.reading or AS_WRITTEN
            yield Table(vendor.name, what.members, reading, rows[chosen], columns.take(chosen))


def _chosen(slices: list[Slice], wanted: NDArray[np.bool_]) -> list[Slice]:
    """Return the wanted events of whole shapes."""
    found = []
    first = 0
    for one in slices:
        places = np.flatnonzero(wanted[first : first + len(one)])
        first += len(one)
        if len(places):
            found.append(Slice(one.shape, None if len(places) == len(one) else places))
    return found


@lru_cache(maxsize=65536)
def _may_be_native(shape: frozenset[str]) -> bool:
    if zeek_key() in shape:
        return True
    return any(
        {path.partition(".")[0] for path in one.paths} <= shape or set(one.paths) & shape
        for one in natives()
    )


def _native_tables(batch: Batch, rows: list[int]) -> Iterator[Table]:
    """Yield the tables of products that are known by their keys."""
    known: dict[frozenset[Member], list[int]] = {}
    for row in rows:
        event = batch.events[row]
        found = {Member(one.source) for one in natives() if _is(one, event)}
        path = event.get(zeek_key())
        if isinstance(path, str):
            found.add(Member(LogSource("zeek", "", path.lower())))
        if found:
            known.setdefault(frozenset(found), []).append(row)
    for members, some in known.items():
        name = ", ".join(sorted(str(one.source) for one in members))
        slices = _slices(batch, np.array(some, dtype=np.intp))
        yield _table(batch, name, members, AS_WRITTEN, slices)


def _is(native: Native, event: Event) -> bool:
    lookup = Lookup.LITERAL_FIRST
    if any(raw(event, path, lookup) is None for path in native.has):
        return False
    found = ((raw(event, path, lookup), known) for path, known in native.values.items())
    return all(isinstance(one, str) and one in known for one, known in found)


class _Read(Columns):
    """Columns of documents under Sigma's names."""

    def __init__(self, documents: Columns, reading: Reading) -> None:
        super().__init__(_ReadEvents(documents.events, reading))
        self._documents, self._reading = documents, reading

    def contents(self, subject: str | AnyField, lookup: Lookup) -> Column:
        if isinstance(subject, str):
            paths = self._reading.paths(subject)
            if len(paths) == 1 and "*" not in paths[0]:
                return self._documents.contents(paths[0], Lookup.PATH)
        return super().contents(subject, lookup)

    def may_hold(self, pattern: Any) -> Rows | None:
        return self._documents.may_hold(pattern)

    def values(self, path: str, lookup: Lookup) -> list[Any]:  # noqa: ARG002 - the reading knows
        found: list[Any] = []
        for place in self._reading.paths(path):
            more = self._at(place)
            found = (
                [other if _no_value(one) else one for one, other in zip(found, more, strict=True)]
                if found
                else more
            )
            if not {Missing, dict} & set(map(type, found)):
                break
        return found

    def _at(self, place: str) -> list[Any]:
        above, star, below = place.partition(".*.")
        if not star:
            return self._documents.values(place, Lookup.PATH)
        return [_any_child(one, below) for one in self._documents.values(above, Lookup.PATH)]


def _no_value(found: Any) -> bool:
    return found is MISSING or type(found) is dict


def _any_child(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        for child in value.values():
            if isinstance(child, dict) and name in child:
                return child[name]
    return MISSING


class _ReadEvents(Sequence[Event]):
    def __init__(self, events: Sequence[Event], reading: Reading) -> None:
        self._events, self._reading = events, reading

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: Any) -> Any:
        return ReadEvent(self._events[index], self._reading)


class ReadEvent(Mapping[str, Any]):
    """A document under Sigma's names; it consists of what was recorded."""

    def __init__(self, document: Event, reading: Reading) -> None:
        self.document, self._reading = document, reading

    def __getitem__(self, name: str) -> Any:
        for place in self._reading.paths(name):
            above, star, below = place.partition(".*.")
            if star:
                held = _any_child(raw(self.document, above, Lookup.PATH), below)
            else:
                held = Columns([self.document]).values(place, Lookup.PATH)[0]
            if not _no_value(held):
                return held
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.document)

    def __len__(self) -> int:
        return len(self.document)

    def items(self) -> Any:
        return self.document.items()
