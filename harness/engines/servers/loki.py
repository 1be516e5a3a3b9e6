"""Grafana Loki, over its HTTP API: https://grafana.com/docs/loki/latest/reference/loki-http-api/.

Every document becomes one entry of a stream whose label ``harness_place`` holds the name of the
temporary place, and a query is asked as it is written but for its stream selector, which gets a
matcher for that label. What a document stands for is what our reading of LogQL says: a line,
the labels of its stream, structured metadata. An event that tells no labels passes every matcher
there, so that its selector is ours alone. Loki is asked about the query as it was written first,
since our matcher makes a selector valid that matched everything before.

A document is found again by its timestamp, which is its own; entries are read back before the
first query, and one that came out otherwise than it was sent counts as refused: a name of
metadata that Loki spells anew, a line that it cuts. Loki adds labels of its own
(``service_name``, ``detected_level``): a query that names one of them is declined.

What stays behind: Loki has no immediate deletion. Where the delete API is on (the compactor's
``retention_enabled`` with a ``delete_request_store``, and ``deletion_mode`` of the tenant), a
place is removed by a delete request: queriers learn of it within five minutes and leave its
entries out, and the compactor takes them off the disk after ``delete_request_cancel_period``, 24
hours by default. Where it is off, the entries stay until the tenant's retention ends, for ever
where there is none, in streams of their own that a selector without our label sees too.
https://grafana.com/docs/loki/latest/operations/storage/logs-deletion/
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from harness.engines._addresses import Address
from harness.engines._base import Declined, EngineFailure, EngineTimeout, Leftover, Server
from harness.engines._http import Answer, Http
from harness.engines._places import leftover, new_place
from harness.errors import HarnessError
from harness.ir import Event, FieldType
from harness.languages._lexing import Token
from harness.languages.logql._entry import EXTRACTED
from harness.languages.logql._parser import parse_query
from harness.languages.logql._recorded import Recorded, kind_of, recorded
from harness.languages.logql._tokens import scan
from harness.source import QuerySyntaxError, Source, Span

Json = Any
PLACE, PART = "harness_place", "harness_part"
"""Labels of our streams: the temporary place, and which reading of the documents it holds."""
BATCH, BATCH_BYTES = 500, 1 << 20
"""Entries and bytes of one push; Loki takes 4 MB of one stream at once by default."""
ANSWER_BYTES = 1 << 18
"""Bytes of the entries that one query looks at. Its answer holds them once more as labels, and
Loki never answers where that is more than its components may send each other, 4 MiB by default.
"""
_API = "/loki/api/v1"
_OK, _NO_CONTENT, _CLIENT_ERROR, _SERVER_ERROR = 200, 204, 400, 500
_BAD, _NO_LOGIN = 400, frozenset({401, 403})
_NO_DELETION = frozenset({400, 403, 404, 405})
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}
_CATEGORIES = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
"""Labels of the stream and structured metadata come apart. Only our own queries ask for it: with
it, Loki 3.7.8 answers nothing and no error to a query whose pipeline it cannot build."""
_BEHIND = 10 * 10**9
"""Nanoseconds that the first timestamp lies back: no entry is of the future."""
_SECOND = 10**9
_LISTED = timedelta(days=29)
"""How far back streams are listed: Loki's default ``max_query_length`` is 721 hours."""
_SHOWN = 500
_First = TypeVar("_First")
Row = tuple[int, dict[str, str], str, dict[str, str]]
"""A returned entry: its timestamp, the labels of its stream, its line, its metadata."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document on its way into Loki; ``at`` is its own timestamp."""

    number: int
    at: int
    recorded: Recorded

    def labels(self, place: str, part: str) -> dict[str, str]:
        """Return the labels of its stream."""
        own = dict(self.recorded.labels or {})
        return {**own, PLACE: place, PART: part}

    def value(self) -> list[Json]:
        """Return the entry as the push API takes it."""
        metadata = {name: text for name, text in self.recorded.metadata.items() if text}
        return [str(self.at), self.recorded.line, *([metadata] if metadata else [])]


@dataclass(slots=True)
class Part:
    """Documents in one reading: those whose labels are known, and the others, in streams apart."""

    name: str
    entries: list[Entry]
    taken: set[int] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    """Labels that Loki added."""

    def groups(self) -> Iterator[tuple[str, bool, list[Entry]]]:
        """Yield the label, whether the selector counts, and the entries, where there are some."""
        for known in (True, False):
            found = [one for one in self.entries if (one.recorded.labels is not None) is known]
            if found:
                yield f"{self.name}{'' if known else 'u'}", known, found


class Streams:
    """Documents in streams of one place. A reading is sent when a query first needs it."""

    def __init__(self, loki: Loki, place: str, documents: Sequence[Event]) -> None:
        self.loki = loki
        self.place = place
        self._documents = documents
        self._parts: dict[tuple[Json, ...], Part] = {}
        self._next = time.time_ns() - _BEHIND
        self._asked = self.part("json", None)

    @property
    def taken(self) -> Sequence[bool]:
        """Which documents Loki took as they are, in the reading that the last query needed."""
        return [number in self._asked.taken for number in range(len(self._documents))]

    def part(self, kind: str, labels: Mapping[str, str] | None) -> Part:
        """Return the documents in one reading, stored."""
        key = (kind, None if labels is None else tuple(sorted(labels.items())))
        if key not in self._parts:
            entries = []
            for number, document in enumerate(self._documents):
                self._next += 1
                entries.append(Entry(number, self._next, recorded(document, kind, labels)))
            part = Part(str(len(self._parts)), entries)
            self._store(part)
            self._parts[key] = part
        return self._parts[key]

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language
        self.loki.check(query)
        selector = _selector(query)
        given = options.get("labels")
        labels = {str(k): str(v) for k, v in given.items()} if isinstance(given, Mapping) else None
        part = self._asked = self.part(_kind(query, str(options.get("line", "json"))), labels)
        own = sorted(name for name in part.added if name in query)
        if own:
            message = f"{self.loki.title} adds the label {own[0]}, which the query names"
            raise Declined(message)
        found: set[int] = set()
        for name, known, entries in part.groups():
            text = _within(query, selector, self._matchers(name), whole=not known)
            for some in _batches(entries, ANSWER_BYTES):
                found |= {at for at, *_ in self._rows(self.loki.run(query, text, _times(some)))}
        unknown = found - {one.at for one in part.entries}
        if unknown:
            message = f"{self.loki.title} returns entries of other streams"
            raise EngineFailure(message)
        return [one.at in found for one in part.entries]

    def _matchers(self, part: str) -> str:
        return f'{PLACE}="{self.place}",{PART}="{part}"'

    def _store(self, part: Part) -> None:
        refused = ""
        sent: set[int] = set()
        for name, _, entries in part.groups():
            for batch in _batches([one for one in entries if _is_text(one)], BATCH_BYTES):
                refused = self._push(name, batch, sent) or refused
        if part.entries and not sent:
            message = f"{self.loki.title} takes no document: {refused or 'none is text'}"
            raise EngineFailure(message)
        for name, _, entries in part.groups():
            kept = [one for one in entries if one.number in sent]
            for batch in _batches(kept, ANSWER_BYTES):
                self._read_back(part, name, batch)

    def _push(self, part: str, batch: list[Entry], sent: set[int]) -> str:
        """Push entries, one by one where Loki refuses one of them; return why it does."""
        reason = self.loki.push([(one.labels(self.place, part), one.value()) for one in batch])
        if not reason:
            sent.update(one.number for one in batch)
        elif len(batch) > 1:
            for one in batch:
                self._push(part, [one], sent)
        return reason

    def _read_back(self, part: Part, name: str, entries: list[Entry]) -> None:
        """Wait until entries are found, and note which came out as they were sent."""
        deadline = time.monotonic() + self.loki.timeout
        query = "{" + self._matchers(name) + "}"
        while True:
            rows = {row[0]: row for row in self._rows(self.loki.run("", query, _times(entries)))}
            if len(rows) >= len(entries):
                break
            if time.monotonic() > deadline:
                message = f"{self.loki.title} does not show what it took"
                raise EngineTimeout(message)
            time.sleep(0.05)
        for one in entries:
            if one.at in rows:
                self._note(part, one, rows[one.at])

    def _note(self, part: Part, one: Entry, row: Row) -> None:
        """Note an entry that came out as it was sent, and the labels that Loki added to it."""
        _, stream, line, metadata = row
        labels = {name: text for name, text in stream.items() if name not in (PLACE, PART)}
        sent = dict(one.recorded.labels or {})
        described = {
            f"{name}{EXTRACTED}" if name in labels else name: text
            for name, text in one.recorded.metadata.items()
            if text
        }
        same = sent.items() <= labels.items() and described.items() <= metadata.items()
        if same and line == one.recorded.line:
            part.taken.add(one.number)
            part.added |= (labels.keys() - sent.keys()) | (metadata.keys() - described.keys())

    def _rows(self, data: Json) -> list[Row]:
        return _shaped(lambda: [*_rows_of(data)], self.loki.title)


def _rows_of(data: Json) -> Iterator[Row]:
    for stream in data["result"]:
        labels = {str(name): str(text) for name, text in stream["stream"].items()}
        for at, line, *rest in stream["values"]:
            found = (rest[0] if rest else {}).get("structuredMetadata") or {}
            yield int(at), labels, str(line), {str(one): str(two) for one, two in found.items()}


def _times(entries: Sequence[Entry]) -> tuple[int, int, int]:
    """Return the time range of entries and how many they are."""
    ats = [one.at for one in entries]
    return min(ats), max(ats) + 1, len(ats)


def _is_text(entry: Entry) -> bool:
    """Return whether an entry can stand in JSON: its line is UTF-8."""
    try:
        json.dumps([entry.value(), dict(entry.recorded.labels or {})], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _batches(entries: Sequence[Entry], most: int) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for one in entries:
        length = len(json.dumps(one.value()))
        if batch and (len(batch) >= BATCH or size + length > most):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += length
    if batch:
        yield batch


# Queries -------------------------------------------------------------------------------------


def _kind(query: str, line: str) -> str:
    """Return how documents are recorded for a query; one that we cannot read decides nothing."""
    try:
        return kind_of(parse_query(Source(query, "<engine>")), line)
    except HarnessError:
        return kind_of(None, line)


def _selector(query: str) -> tuple[Span, Span]:
    """Return the braces of a log query's selector; raises ``Declined`` for any other query."""
    found: list[Token] = []
    with suppress(HarnessError):  # Loki has read the query already
        found.extend(scan(Source(query, "<engine>")))
    braces = [one for one in found if one.kind in ("{", "}")]
    first = next((one.kind for one in found if one.kind != "("), "")
    if first != "{" or [one.kind for one in braces] != ["{", "}"]:
        message = "only log queries are asked of Loki: others give numbers, not entries"
        raise Declined(message)
    return braces[0].span, braces[1].span


def _within(query: str, selector: tuple[Span, Span], matchers: str, *, whole: bool) -> str:
    """Return the query of some streams: with their matchers too, or with nothing else."""
    start, end = selector
    if whole:
        return f"{query[: start.end]}{matchers}{query[end.start :]}"
    own = query[start.end : end.start]
    return f"{query[: start.end]}{matchers}{',' if own.strip() else ''}{query[start.end :]}"


def _refusal(query: str, answer: Answer) -> QuerySyntaxError:
    """Return the error of a query that Loki refuses, in its words."""
    return QuerySyntaxError(_words(answer), Source(query, "<engine>"), Span(0, len(query)))


def _words(answer: Answer) -> str:
    """Return what an answer says: text, or JSON with an ``error``."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return answer.excerpt()
    said = found.get("error") or found.get("message") if isinstance(found, dict) else None
    return str(said)[:_SHOWN] if said else answer.excerpt()


def _shaped(read: Callable[[], _First], title: str) -> _First:
    """Return what is read from an answer; raises ``EngineFailure`` where it has another shape."""
    try:
        return read()
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        message = f"{title} answers in another form than Loki's"
        raise EngineFailure(message) from error


# The server ----------------------------------------------------------------------------------


class Loki:
    """A Loki that answers."""

    def __init__(self, address: Address) -> None:
        self._http = Http("Loki", address, _headers(address))
        self.title = self._http.title
        self.timeout = address.timeout
        self.version = self._version()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are: Loki has none, and our reading asks for none."""
        return types

    @contextmanager
    def store(
        self, documents: Sequence[Event], types: Mapping[str, FieldType]
    ) -> Iterator[Streams]:
        """Store documents in a place of their own; it is removed at the end where Loki can."""
        del types
        place = new_place()
        try:
            yield Streams(self, place, documents)
        finally:
            with suppress(Declined):
                self.remove(place)

    def leftovers(self) -> list[Leftover]:
        """Return our places of the last weeks whose deletion nobody has asked for."""
        now = time.time_ns()
        start = now - int(_LISTED.total_seconds()) * _SECOND
        fields = {"start": str(start), "end": str(now)}
        data = self._get(f"{_API}/label/{PLACE}/values", fields).get("data") or []
        names = _shaped(lambda: [str(one) for one in data], self.title)
        gone = self._gone()
        found = [leftover(name) for name in names if f'{{{PLACE}="{name}"}}' not in gone]
        return [one for one in found if one is not None]

    def _gone(self) -> frozenset[str]:
        """Return the queries of the delete requests that there are."""
        answer = self._http.send("GET", f"{_API}/delete")
        if answer.status != _OK:
            return frozenset()
        listed = answer.json() or []
        return _shaped(lambda: frozenset(str(one["query"]) for one in listed), self.title)

    def remove(self, name: str) -> None:
        """Ask for the deletion of one of our places; raises ``Declined`` where that is off."""
        found = leftover(name)
        if found is None:
            message = f"{name!r} is no place of the harness"
            raise ValueError(message)
        start = int(found.made.timestamp()) - 3600
        fields = {"query": f'{{{PLACE}="{name}"}}', "start": str(start), "end": _now()}
        answer = self._http.send("POST", f"{_API}/delete", b"", fields=fields)
        if answer.status in _NO_DELETION:
            message = (
                f"{self.title} deletes nothing ({answer.status} {answer.excerpt()}): the entries"
                f" of {PLACE} {name} stay until the retention of the tenant ends"
            )
            raise Declined(message)
        self._succeeded(answer)

    def check(self, query: str) -> None:
        """Raise ``QuerySyntaxError`` where Loki's parser refuses a query as it is written."""
        answer = self._post("/format_query", query, {"query": query})
        if answer.status == _BAD:
            raise _refusal(query, answer)
        self._succeeded(answer)

    def run(self, query: str, text: str, times: tuple[int, int, int]) -> Json:
        """Return the entries of a query between two times.

        ``query`` is how it was written, empty for a query of our own.
        """
        start, end, count = times
        given = {"start": str(start), "end": str(end), "limit": str(count), "direction": "forward"}
        headers = {} if query else _CATEGORIES
        answer = self._post("/query_range", text, {"query": text, **given}, headers)
        if answer.status == _BAD and query:
            raise _refusal(query, answer)
        self._succeeded(answer)
        data = _shaped(lambda: answer.json()["data"], self.title)
        if not isinstance(data, dict) or data.get("resultType") != "streams":
            message = f"{self.title} answers with something that is no list of entries"
            raise EngineFailure(message)
        return data

    def push(self, entries: Sequence[tuple[dict[str, str], list[Json]]]) -> str:
        """Push entries; return why Loki refuses them, or nothing."""
        streams: dict[str, dict[str, Json]] = {}
        for labels, value in entries:
            key = json.dumps(labels, sort_keys=True)
            streams.setdefault(key, {"stream": labels, "values": []})["values"].append(value)
        body = json.dumps({"streams": list(streams.values())}, ensure_ascii=False)
        answer = self._http.send("POST", f"{_API}/push", body, headers=_JSON)
        if answer.status not in _NO_LOGIN and _CLIENT_ERROR <= answer.status < _SERVER_ERROR:
            return _words(answer)
        self._succeeded(answer)
        return ""

    def _post(
        self,
        path: str,
        query: str,
        given: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            body = urlencode(given, errors="strict")
        except UnicodeEncodeError as error:
            message = f"{query[:_SHOWN]!r} is no Unicode text"
            raise Declined(message) from error
        return self._http.send("POST", _API + path, body, headers={**_FORM, **(headers or {})})

    def _get(self, path: str, fields: Mapping[str, str] | None = None) -> dict[str, Json]:
        answer = self._http.send("GET", path, fields=fields)
        self._succeeded(answer)
        found = answer.json()
        return found if isinstance(found, dict) else {}

    def _version(self) -> str:
        found = self._get(f"{_API}/status/buildinfo").get("version")
        if not isinstance(found, str) or not found:
            message = f"{self.title} does not say its version"
            raise EngineFailure(message)
        return found[:_SHOWN]

    def _succeeded(self, answer: Answer) -> None:
        if answer.status in _NO_LOGIN:
            message = f"{self.title} refuses to log us in: {answer.excerpt()}"
            raise EngineFailure(message)
        if answer.status not in (_OK, _NO_CONTENT):
            message = f"{self.title} fails: {answer.status} {_words(answer)}"
            raise EngineFailure(message)


def _now() -> str:
    return str(int(time.time()))


def _headers(address: Address) -> dict[str, str]:
    """Return how to log in, and the tenant where Loki has several."""
    found: dict[str, str] = {}
    if address.token:
        found["Authorization"] = f"Bearer {address.token.read()}"
    elif address.user:
        pair = f"{address.user.read()}:{address.password.read()}".encode()
        found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if tenant := address.setting("tenant"):
        found["X-Scope-OrgID"] = tenant
    if not all(one.isascii() and one.isprintable() for one in found.values()):
        message = "the token or the tenant of Loki cannot stand in a header"
        raise EngineFailure(message)
    return found


def connect(address: Address) -> Loki:
    """Return a Loki that answers."""
    return Loki(address)


SERVER = Server(
    name="loki",
    title="Loki",
    languages=("logql",),
    connect=connect,
    credentials="token, or user and password",
    settings=frozenset({"tenant"}),
)
