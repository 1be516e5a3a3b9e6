"""VictoriaLogs, over its HTTP API: https://docs.victoriametrics.com/victorialogs/querying/#http-api.

Every document becomes one entry, sent to ``/insert/jsonline`` as it is, with a field of ours that
tells it from the others. The temporary place is a field of its stream, ``harness_place``, which the
server itself adds to a query as an extra filter: the query is asked as it is written. Where the
answer no longer holds our field, since a pipe dropped it, the query is asked of each document
alone.

An entry that the server does not show when it shows a later one was refused: it is older than its
retention, has a time that is none, too many fields, or too long a line. Documents without a time
of their own get that of their arrival. A query whose meaning moves with the clock is declined, and
so is one with a stream filter where nobody says which fields make the stream.

What stays behind: VictoriaLogs deletes only where it runs with ``-delete.enable``. There a place is
removed by a task that rewrites the parts with its entries; they are seen until it ends. Where it
does not, the entries stay until the retention ends, in streams of their own that a query
without a stream filter sees too. A tenant of its own keeps them apart.
https://docs.victoriametrics.com/victorialogs/#how-to-delete-logs
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from harness.engines._addresses import Address
from harness.engines._base import Declined, EngineFailure, EngineTimeout, Leftover, Server
from harness.engines._http import Answer, Http
from harness.engines._places import PREFIX, leftover, new_place
from harness.errors import HarnessError
from harness.ir import Constant, Context, Event, FieldType, Query, Truth
from harness.ir.nodes import walk_predicate
from harness.languages import logsql
from harness.languages.logsql._record import written
from harness.source import QuerySyntaxError, Source, Span

Json = Any
PLACE, PART, NUMBER = "harness_place", "harness_part", "harness_document"
"""Fields of ours: the temporary place and which reading it is, both of the stream; the document."""
BATCH_BYTES, LONG = 1 << 20, 1 << 15
"""Characters of the lines that are sent together, and of a line that is sent alone."""
MOST_ALONE = 2000
"""Documents that a query is asked of one by one."""
_END = "end"
"""The entry that is sent last, in a stream of its own."""
_SETTLES = 2.0
"""Seconds that an entry may be seen later than one that was sent behind it."""
_OK, _NO_LOGIN, _BAD = 200, frozenset({401, 403}), 400
_JSON = {"Content-Type": "application/stream+json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SHOWN = 500
_DISABLED = "-delete.enable"
_TENANT = re.compile(r"(\d{1,10})(?::(\d{1,10}))?")
_ONE, _OTHER = datetime(2000, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2030, 6, 7, 8, 9, 10, tzinfo=UTC)
_First = TypeVar("_First")
Sender = tuple[tuple[str, ...], str, tuple[str, ...]]
"""The fields that say the message, the time and the stream."""


@dataclass(slots=True)
class Part:
    """The documents as one sender would send them."""

    name: str
    taken: set[int] = field(default_factory=set)


class Entries:
    """Documents in one place. What a sender would make of them is sent when it is first asked."""

    def __init__(self, server: VictoriaLogs, place: str, documents: Sequence[Event]) -> None:
        self.server = server
        self.place = place
        self._documents = documents
        self._parts: dict[Sender, Part] = {}
        self._asked = self.part({})

    @property
    def taken(self) -> Sequence[bool]:
        """Which documents the server took, as the last query needed them."""
        return [number in self._asked.taken for number in range(len(self._documents))]

    def part(self, options: Mapping[str, Any]) -> Part:
        """Return the documents as the options say that they are sent, stored."""
        times = logsql.names(options, "time_field") or ("_time",)
        sender = (
            logsql.names(options, "msg_field"),
            times[0],
            logsql.names(options, "stream_fields"),
        )
        if sender not in self._parts:
            part = Part(str(len(self._parts)))
            self._store(part, sender)
            self._parts[sender] = part
        return self._parts[sender]

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language
        part = self._asked = self.part(options)
        _check(query, options)
        found = self._numbers(query, part)
        if found is None:
            return self._alone(query, part)
        return [number in found for number in range(len(self._documents))]

    def _numbers(self, query: str, part: Part, number: int | None = None) -> set[int] | None:
        """Return the documents that a query finds; ``None`` where its answer does not tell."""
        found: set[int] = set()
        for row in self.server.run(query, self._filter(part, number)):
            told = row.get(NUMBER, "")
            if number is not None:
                return {number}
            if not told.isdecimal():
                return None
            found.add(int(told))
        return found

    def _alone(self, query: str, part: Part) -> list[bool | None]:
        if len(self._documents) > MOST_ALONE:
            message = f"it would have to be asked of {len(self._documents)} documents, one by one"
            raise Declined(message)
        found = (self._numbers(query, part, at) for at in range(len(self._documents)))
        return [bool(one) for one in found]

    def _filter(self, part: Part, number: int | None = None) -> str:
        text = f'{{{PLACE}="{self.place}",{PART}="{part.name}"}}'
        return text if number is None else f'{text} {NUMBER}:="{number}"'

    def _store(self, part: Part, sender: Sender) -> None:
        numbered = enumerate(self._documents)
        lines = [line for number, one in numbered if (line := _line(one, number))]
        for batch in _batches(lines):
            self.server.insert(batch, self.place, part.name, sender)
        last = json.dumps({NUMBER: _END})
        self.server.insert([last], self.place, f"{part.name}-{_END}", sender)
        part.taken = self._wait(part)

    def _wait(self, part: Part) -> set[int]:
        """Wait until entries are seen, and return the documents among them."""
        flushed = self.server.flush()
        deadline = time.monotonic() + self.server.timeout
        settled = 0.0
        query = f"* | fields {NUMBER}"
        parts = f'{{{PLACE}="{self.place}",{PART} in ("{part.name}","{part.name}-{_END}")}}'
        while True:
            rows = [row.get(NUMBER, "") for row in self.server.run(query, parts)]
            found = {int(one) for one in rows if one.isdecimal()}
            if _END in rows:
                settled = settled or time.monotonic() + (0.0 if flushed else _SETTLES)
                complete = len(found) == len(self._documents)
                if complete or time.monotonic() >= settled:
                    return found
            if time.monotonic() > deadline:
                message = f"{self.server.title} does not show what it took"
                raise EngineTimeout(message)
            time.sleep(0.05)


def _line(document: Event, number: int) -> str:
    """Return the JSON line of a document; none where it is no Unicode text."""
    line = written({**document, NUMBER: str(number)})
    try:
        line.encode()
    except UnicodeEncodeError:
        return ""
    return line


def _batches(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield lines to send together; a long one alone: the server may read none behind it."""
    batch: list[str] = []
    size = 0
    for line in lines:
        if len(line) > LONG:
            yield [line]
            continue
        if batch and size + len(line) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch


def _check(query: str, options: Mapping[str, Any]) -> None:
    """Decline a query whose meaning depends on the clock, or on a stream that nobody told."""
    if any(one in query for one in (PLACE, PART, NUMBER)):
        message = f"the query names a field of ours: {PLACE}, {PART} or {NUMBER}"
        raise Declined(message)
    one, other = (_read(query, options, now) for now in (_ONE, _OTHER))
    if one != other:
        message = "the query looks at the clock, and that of the server cannot be set"
        raise Declined(message)
    if any(isinstance(part, Constant) and part.truth is Truth.UNKNOWN for part in one):
        message = "the query has a stream filter: say which fields make it (stream_fields)"
        raise Declined(message)


def _read(query: str, options: Mapping[str, Any], now: datetime) -> list[Any]:
    """Return the parts of a query as we read it; none where we cannot, and the server may."""
    with suppress(HarnessError):
        context = Context(now=now, options=options)
        return _parts(logsql.LANGUAGE.parse(Source(query, "<engine>"), context))
    return []


def _parts(query: Query) -> list[Any]:
    found = list(walk_predicate(query.predicate))
    return [*found, *(_parts(query.upstream) if query.upstream else [])]


# The server ----------------------------------------------------------------------------------


class VictoriaLogs:
    """A VictoriaLogs that answers."""

    def __init__(self, address: Address) -> None:
        self._http = Http("VictoriaLogs", address, _headers(address))
        self.title = self._http.title
        self.timeout = address.timeout
        self.version = self._version()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are: every value is stored as text."""
        return types

    @contextmanager
    def store(
        self, documents: Sequence[Event], types: Mapping[str, FieldType]
    ) -> Iterator[Entries]:
        """Store documents in a place of their own; it is removed at the end where that is on."""
        del types
        place = new_place()
        try:
            yield Entries(self, place, documents)
        finally:
            with suppress(Declined):
                self.remove(place)

    def insert(self, lines: Sequence[str], place: str, part: str, sender: Sender) -> None:
        """Send entries; the server leaves out those that it does not take."""
        messages, time_field, streams = sender
        fields = {
            "_stream_fields": ",".join((PLACE, PART, *streams)),
            "_time_field": time_field,
            "extra_fields": f"{PLACE}={place},{PART}={part}",
        }
        if messages:
            fields["_msg_field"] = ",".join(messages)
        body = "".join(f"{line}\n" for line in lines)
        answer = self._http.send(
            "POST", "/insert/jsonline", body.encode(), fields=fields, headers=_JSON
        )
        if answer.status != _BAD:  # not one of them was taken
            self._succeeded(answer)

    def flush(self) -> bool:
        """Ask that entries are seen at once; return whether the server does so."""
        return self._http.send("POST", "/internal/force_flush", b"").status == _OK

    def run(self, query: str, extra: str) -> list[dict[str, str]]:
        """Return the entries that a query finds among those of a filter."""
        try:
            body = urlencode({"query": query, "extra_filters": extra}, errors="strict")
        except UnicodeEncodeError as error:
            message = f"{query[:_SHOWN]!r} is no Unicode text"
            raise Declined(message) from error
        answer = self._http.send("POST", "/select/logsql/query", body, headers=_FORM)
        if answer.status == _BAD and "cannot parse query" in _words(answer):
            raise QuerySyntaxError(_words(answer), Source(query, "<engine>"), Span(0, len(query)))
        self._succeeded(answer)
        return _shaped(lambda: [*_rows(answer)], self.title)

    def leftovers(self) -> list[Leftover]:
        """Return our places whose deletion nobody has asked for."""
        given = {"query": f'{{{PLACE}=~"{PREFIX}.+"}}', "field": PLACE}
        found = self._get("/select/logsql/stream_field_values", given)
        names = _shaped(lambda: [str(one["value"]) for one in found["values"]], self.title)
        gone = self._gone()
        places = [leftover(name) for name in names if not any(name in one for one in gone)]
        return [one for one in places if one is not None]

    def _gone(self) -> list[str]:
        """Return the filters of the deletions that are under way."""
        answer = self._http.send("GET", "/delete/active_tasks")
        if answer.status != _OK:
            return []
        return _shaped(lambda: [str(one["filter"]) for one in answer.json() or []], self.title)

    def remove(self, name: str) -> None:
        """Ask for the deletion of one of our places; raises ``Declined`` where that is off."""
        if leftover(name) is None:
            message = f"{name!r} is no place of the harness"
            raise ValueError(message)
        fields = {"filter": f'{{{PLACE}="{name}"}}'}
        answer = self._http.send("POST", "/delete/run_task", b"", fields=fields)
        if answer.status in _NO_LOGIN or _DISABLED in _words(answer):
            message = (
                f"{self.title} deletes nothing ({answer.status} {answer.excerpt()}): the entries"
                f" of {PLACE} {name} stay until the retention ends"
            )
            raise Declined(message)
        self._succeeded(answer)

    def _get(self, path: str, fields: Mapping[str, str] | None = None) -> dict[str, Json]:
        answer = self._http.send("GET", path, fields=fields)
        self._succeeded(answer)
        found = answer.json()
        return found if isinstance(found, dict) else {}

    def _version(self) -> str:
        said = self._get("/select/buildinfo").get("data")
        found = said.get("version") if isinstance(said, dict) else None
        if not isinstance(found, str) or not found:
            message = f"{self.title} does not say its version"
            raise EngineFailure(message)
        return re.sub(r"^v(?=\d)", "", found[:_SHOWN])

    def _succeeded(self, answer: Answer) -> None:
        if answer.status in _NO_LOGIN:
            message = f"{self.title} refuses to log us in: {answer.excerpt()}"
            raise EngineFailure(message)
        if answer.status != _OK:
            message = f"{self.title} fails: {answer.status} {answer.excerpt()}"
            raise EngineFailure(message)


def _rows(answer: Answer) -> Iterator[dict[str, str]]:
    for line in answer.body.splitlines():
        row = json.loads(line)
        yield {str(name): str(text) for name, text in row.items()}


def _words(answer: Answer) -> str:
    return answer.body[: 1 << 20].decode("utf-8", "replace")


def _shaped(read: Callable[[], _First], title: str) -> _First:
    """Return what is read from an answer; raises ``EngineFailure`` where it has another shape."""
    try:
        return read()
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = f"{title} answers in another form than VictoriaLogs'"
        raise EngineFailure(message) from error


def _headers(address: Address) -> dict[str, str]:
    """Return how to log in, and the tenant."""
    found: dict[str, str] = {}
    if address.token:
        found["Authorization"] = f"Bearer {address.token.read()}"
    elif address.user:
        pair = f"{address.user.read()}:{address.password.read()}".encode()
        found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if tenant := address.setting("tenant"):
        told = _TENANT.fullmatch(tenant)
        if told is None:
            message = f"{tenant!r} is no tenant of VictoriaLogs: write AccountID:ProjectID"
            raise EngineFailure(message)
        found |= {"AccountID": told[1], "ProjectID": told[2] or "0"}
    if not all(one.isascii() and one.isprintable() for one in found.values()):
        message = "the token of VictoriaLogs cannot stand in a header"
        raise EngineFailure(message)
    return found


def connect(address: Address) -> VictoriaLogs:
    """Return a VictoriaLogs that answers."""
    return VictoriaLogs(address)


SERVER = Server(
    name="victorialogs",
    title="VictoriaLogs",
    languages=("logsql",),
    connect=connect,
    credentials="token, or user and password",
    settings=frozenset({"tenant"}),
)
