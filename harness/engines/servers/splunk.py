"""Splunk, over its REST API and the HTTP Event Collector.

https://help.splunk.com/en/splunk-enterprise/leverage-rest-apis/rest-api-reference (search
endpoints: ``search/jobs``, ``search/parser``; introspection: ``server/info``) and
https://help.splunk.com/en/splunk-enterprise/get-started/get-data-in/9.4/get-data-with-http-event-collector/format-events-for-http-event-collector.
Written after these pages; it was never run on a real Splunk.

Each document becomes one event of an index that the user names: its ``_raw``, or else JSON of its
fields, with its own ``source``, ``sourcetype``, ``host`` and ``_time``, so that what a translation
says of them holds. Two indexed fields of ours mark it, ``harness_place`` and ``harness_row``. A
search runs as it is written behind ``index=... harness_place::...`` in its first command, where a
blank means AND, which binds weaker than OR and NOT there; Splunk's parser is asked about the search
as it stands first. Searches that do more than choose rows of these events are declined: other
commands first (``tstats``), subsearches, macros, lookups, what writes, other indices, the clock.

What a document is at search time, Splunk's configuration decides: JSON by itself, XML and text by
add-ons. So every event is read back, and one whose fields came out otherwise than the data source
has them counts as refused: without the add-ons none is left, and the answer says which field.

What stays behind: removal is ``| delete``, which needs the capability ``delete_by_keyword`` (the
role ``can_delete``) and takes events out of searches, not off the disk. Without it they stay until
the index's ``frozenTimePeriodInSecs`` ends. Use an index of its own with a short one.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from harness.engines._addresses import Address
from harness.engines._base import Declined, EngineFailure, EngineTimeout, Leftover, Server
from harness.engines._http import Answer, Http, printable
from harness.engines._places import leftover, new_place
from harness.errors import Diagnostic, HarnessError, InvalidInput
from harness.ir import Event, FieldType
from harness.languages.spl._script import commands, read_script
from harness.source import QuerySyntaxError, Source, Span

Json = Any
PLACE, ROW = "harness_place", "harness_row"
METADATA = ("source", "sourcetype", "host")
BATCH, BATCH_BYTES = 200, 1 << 19
"""Events and characters of one request; the collector takes 1 MB by default."""
MOST_ALONE = 50
"""Documents that are asked about one by one."""
_OK, _CREATED, _BAD = 200, 201, 400
_NO_LOGIN = frozenset({401, 403})
_SHOWN = 500
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_GRAVE = frozenset({"FATAL", "ERROR"})
_ROWWISE = """
search where regex eval rex rename fillnull makemv strcat replace spath convert nomv bin bucket
xmlkv extract kv iplocation addinfo mvexpand
"""
_BY_ROW = frozenset(_ROWWISE.split())
"""Commands that look at each event for itself and keep our field."""
_ACROSS = """
fields table stats chart timechart top rare eventstats streamstats dedup head tail sort reverse uniq
mvcombine transaction
"""
_READING = _BY_ROW | frozenset(_ACROSS.split())
"""Commands that read nothing but the events before them, and write nothing."""
_INDEX = re.compile(r"\b_?index\s*(?:=|!=|::|\bIN\b)", re.IGNORECASE)
_CLOCK = re.compile(
    r"\b(?:_?index_)?(?:earliest|latest|starttime\w*|endtime\w*|daysago|hoursago|minutesago)\s*="
    r"|\b(?:now|time|relative_time)\s*\(",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NAME = re.compile(r"\s*(\w+)")
_INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
Row = Mapping[str, Json]


class Events:
    """Documents as events of one place."""

    def __init__(self, splunk: Splunk, place: str, documents: Sequence[Event]) -> None:
        self.splunk = splunk
        self.place = place
        self.taken = [False] * len(documents)
        self._sent: dict[int, Event] = {}
        self._store(documents)

    def _store(self, documents: Sequence[Event]) -> None:
        lines: dict[int, str] = {}
        for number, document in enumerate(documents):
            with suppress(UnicodeEncodeError):
                lines[number] = _line(number, document, self.place, self.splunk.index)
                self._sent[number] = document
        for batch in _batches([*lines.values()]):
            self.splunk.collect(batch)
        found = self._readable()
        apart = ""
        for number, document in self._sent.items():
            differs = _differing(document, found[number])
            self.taken[number] = not differs
            apart = apart or differs
        if documents and not any(self.taken):
            message = (
                f"{self.splunk.title} has other fields at search time than the data source, such as"
                f" {apart or 'none at all'}: the add-on that extracts them may not be installed"
            )
            raise Declined(message)

    def _readable(self) -> dict[int, Row]:
        """Wait until all events are found; return their fields."""
        deadline = time.monotonic() + self.splunk.timeout
        while True:
            rows = self.splunk.search(f"search {self.fence()} | fields *")
            found = {int(str(row[ROW])): row for row in rows if str(row.get(ROW, "")).isdigit()}
            if found.keys() >= self._sent.keys():
                return found
            if time.monotonic() > deadline:
                message = f"{self.splunk.title} does not show what it took"
                raise EngineTimeout(message)
            time.sleep(0.2)

    def fence(self, row: int | None = None) -> str:
        """Return the terms that choose our events, or one of them."""
        one = "" if row is None else f" {ROW}::{row}"
        return f"index={self.splunk.index} {PLACE}::{self.place}{one}"

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language, options
        self.splunk.check(query)
        terms, names = _read(query)
        rest = query[terms.end :]
        first = query[terms.start : terms.end]
        numbers = [number for number, is_taken in enumerate(self.taken) if is_taken]
        if _BY_ROW.issuperset(names):
            rows = self.splunk.search(f"search {self.fence()} {first}{rest}", query)
            found = {int(str(row[ROW])) for row in rows if str(row.get(ROW, "")).isdigit()}
            if len(rows) and not found <= set(numbers) | self._sent.keys():
                message = f"{self.splunk.title} returns events of others"
                raise EngineFailure(message)
        elif len(numbers) > MOST_ALONE:
            message = f"its rows are not events, and more than {MOST_ALONE} documents are there"
            raise Declined(message)
        else:
            found = {
                number
                for number in numbers
                if self.splunk.search(f"search {self.fence(number)} {first}{rest}", query)
            }
        return [number in found for number in range(len(self.taken))]


def _read(query: str) -> tuple[Span, set[str]]:
    """Return the place of the terms of the first command, and the names of all that follow.

    Raises ``Declined`` for a search that could do more than choose some of our events.
    """
    if "`" in query.replace("```", ""):
        message = "macros of the server may stand for anything"
        raise Declined(message)
    if "[" in _QUOTED.sub("", query):
        message = "a subsearch looks at other events"
        raise Declined(message)
    if _INDEX.search(query):
        message = "the search names an index, and our events are in another"
        raise Declined(message)
    if _CLOCK.search(query):
        message = "the search looks at the clock"
        raise Declined(message)
    try:
        parts = commands(read_script(Source(query, "<engine>"), {}))
    except HarnessError as error:
        message = f"we cannot tell what the search does: {error}"
        raise Declined(message) from error
    first, names = parts[0], {_word(one.text) for one in parts[1:]}
    terms = re.match(r"\s*(?:search\b)?", first.text, re.IGNORECASE)
    assert terms is not None
    if first.piped or not query[first.start : first.end].strip() or query.lstrip()[:1] == "|":
        message = "the search does not begin with events"
        raise Declined(message)
    if others := sorted(names - _READING):
        message = f"the command {others[0]!r} may do more than choose events"
        raise Declined(message)
    return Span(first.start + terms.end(), first.end), names


def _word(text: str) -> str:
    found = _NAME.match(text)
    return found[1].lower() if found else text.strip()[:20]


def _line(number: int, document: Event, place: str, index: str) -> str:
    """Return a document as the collector takes it; raises where it is no Unicode text."""
    event: dict[str, Json] = {
        "index": index,
        "sourcetype": "harness_json",
        "source": "harness",
        "fields": {PLACE: place, ROW: str(number)},
    }
    event |= {name: str(document[name]) for name in METADATA if _is_text(document.get(name))}
    if isinstance(at := document.get("_time"), int | float) and not isinstance(at, bool):
        event["time"] = at
    raw = document.get("_raw")
    event["event"] = raw if isinstance(raw, str) else _body(document)
    text = json.dumps(event, ensure_ascii=False, default=str)
    text.encode()
    return text


def _body(document: Event) -> dict[str, Json]:
    """Return what of a document without raw text is in its JSON."""
    return {name: one for name, one in document.items() if name not in {*METADATA, "_time"}}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _differing(document: Event, row: Row) -> str:
    """Return the first field that is otherwise at search time; ``""`` where none is."""
    for name, value in document.items():
        if name in {"_time", "index"}:
            continue
        if _texts(value) != _texts(row.get(name)):
            return f"{name} ({printable(str(row.get(name)))[:80]})"
    return ""


def _texts(value: Json) -> list[str]:
    """Return the values of a field as Splunk writes them."""
    if value is None:
        return []
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [json.dumps(value) if isinstance(value, dict) else str(value)]


def _batches(lines: Sequence[str]) -> Iterator[str]:
    batch: list[str] = []
    size = 0
    for line in lines:
        if batch and (len(batch) >= BATCH or size + len(line) > BATCH_BYTES):
            yield "\n".join(batch)
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield "\n".join(batch)


# The server ----------------------------------------------------------------------------------


class Splunk:
    """A Splunk that answers, and its event collector."""

    def __init__(self, address: Address) -> None:
        self.index = address.setting("index")
        collector = address.setting("hec_url")
        if not _INDEX_NAME.fullmatch(self.index) or not collector or not address.hec_token:
            raise _incomplete()
        self._hidden = address.hidden
        self._http = Http("Splunk", address, _login(address))
        token = address.hec_token.read()
        self._collector = Http(
            "Splunk's event collector",
            replace(address, url=collector.rstrip("/")),
            {"Authorization": f"Splunk {token}", "Content-Type": "application/json"},
        )
        self.title = self._http.title
        self.timeout = address.timeout
        try:
            self.version = self._version()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._collector.close()

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are: Splunk has none."""
        return types

    @contextmanager
    def store(self, documents: Sequence[Event], types: Mapping[str, FieldType]) -> Iterator[Events]:
        """Store documents in a place of their own; they are deleted at the end where we may."""
        del types
        place = new_place("_")
        try:
            yield Events(self, place, documents)
        finally:
            self.remove(place)

    def leftovers(self) -> list[Leftover]:
        """Return our places of which events are found."""
        rows = self.search(
            f"search index={self.index} {PLACE}::harness_tmp_* | stats count by {PLACE}"
        )
        found = [leftover(str(row.get(PLACE))) for row in rows]
        return [one for one in found if one is not None]

    def remove(self, name: str) -> None:
        """Delete the events of one of our places; raises ``Declined`` where we may not."""
        if leftover(name) is None:
            message = f"{name!r} is no place of the harness"
            raise ValueError(message)
        search = f"search index={self.index} {PLACE}::{name} | delete"
        try:
            self.search(search, search)
        except QuerySyntaxError as error:
            message = (
                f"{self.title} deletes nothing: {error.message}; the events of {PLACE}::{name}"
                f" stay until the retention of the index {self.index} ends"
            )
            raise Declined(message) from error

    def collect(self, lines: str) -> None:
        """Send events to the collector."""
        answer = self._collector.send("POST", "/services/collector/event", lines)
        if answer.status in _NO_LOGIN:
            message = f"{self._collector.title} refuses the token: {self._words(answer)}"
            raise EngineFailure(message)
        found = _object(answer)
        if answer.status != _OK or found.get("code") != 0:
            message = (
                f"{self._collector.title} takes nothing: {answer.status} {self._words(answer)}"
            )
            raise EngineFailure(message)

    def check(self, query: str) -> None:
        """Raise ``QuerySyntaxError`` where Splunk's parser refuses a search as it is written."""
        is_bare = not re.match(r"\s*(?:\||search\b)", query)
        given = {"q": f"search {query}" if is_bare else query, "parse_only": "true"}
        answer = self._post("/services/search/parser", given)
        self._refused(answer, query)

    def search(self, text: str, written: str = "") -> list[Row]:
        """Return all rows of a search over all time.

        ``written`` is the search in it that somebody else wrote, and empty for one of our own.
        Raises ``QuerySyntaxError`` where Splunk refuses that.
        """
        given = {
            "search": text,
            "exec_mode": "oneshot",
            "earliest_time": "0",
            "count": "0",
            "adhoc_search_level": "verbose",
        }
        answer = self._post("/services/search/jobs", given)
        self._refused(answer, written)
        found = _object(answer)
        rows = found.get("results")
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            message = f"{self.title} answers in another form than Splunk's"
            raise EngineFailure(message)
        if found.get("preview") is True:
            message = f"{self.title} answers with a part of the results only"
            raise EngineFailure(message)
        return rows

    def _post(self, path: str, given: Mapping[str, str]) -> Answer:
        try:
            return self._http.send(
                "POST", path, fields={**given, "output_mode": "json"}, headers=_FORM
            )
        except UnicodeEncodeError as error:
            message = "the search is no Unicode text"
            raise Declined(message) from error

    def _refused(self, answer: Answer, written: str) -> None:
        """Raise what an answer says is wrong: with the search, or with anything else."""
        if answer.status in _NO_LOGIN:
            message = (
                f"{self.title} refuses to log us in, or this: {answer.status} {self._words(answer)}"
            )
            raise EngineFailure(message)
        grave = [text for kind, text in _messages(answer) if kind in _GRAVE]
        if answer.status in (_OK, _CREATED) and not grave:
            return
        words = self._words(answer)
        is_about_it = answer.status == _BAD and grave
        if written and (is_about_it or any(one.startswith("Error in '") for one in grave)):
            raise QuerySyntaxError(words, Source(written, "<engine>"), Span(0, len(written)))
        message = f"{self.title} fails: {answer.status} {words}"
        raise EngineFailure(message)

    def _words(self, answer: Answer) -> str:
        said = [text for _, text in _messages(answer)] or [str(_object(answer).get("text") or "")]
        text = printable(self._hidden(" | ".join(one for one in said if one)))
        return text[:_SHOWN] or answer.excerpt()

    def _version(self) -> str:
        answer = self._http.send("GET", "/services/server/info", fields={"output_mode": "json"})
        self._refused(answer, "")
        with suppress(LookupError, TypeError):
            found = str(_object(answer)["entry"][0]["content"]["version"])
            if re.fullmatch(r"\d[\w.+-]{0,40}", found):
                return found
        message = f"{self.title} does not say its version"
        raise EngineFailure(message)


def _object(answer: Answer) -> dict[str, Json]:
    """Return the JSON object of an answer; of a failure that has none, an empty one."""
    try:
        found = answer.json()
    except EngineFailure:
        if answer.status == _OK:
            raise
        return {}
    return found if isinstance(found, dict) else {}


def _messages(answer: Answer) -> list[tuple[str, str]]:
    """Return the kinds and texts of an answer's messages."""
    listed = _object(answer).get("messages")
    rows = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [(str(one.get("type")), str(one.get("text"))) for one in rows]


def _login(address: Address) -> dict[str, str]:
    if address.token:
        return {"Authorization": f"Bearer {address.token.read()}"}
    if address.user:
        pair = f"{address.user.read()}:{address.password.read()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def _incomplete() -> InvalidInput:
    message = "Splunk needs an index, the address of its event collector, and a token for it"
    hint = (
        "set HARNESS_SPLUNK_INDEX, HARNESS_SPLUNK_HEC_URL and HARNESS_SPLUNK_HEC_TOKEN, or index,"
        " hec_url and hec_token in harness.toml"
    )
    return InvalidInput([Diagnostic(code="bad-engine", message=message, hint=hint)])


def connect(address: Address) -> Splunk:
    """Return a Splunk that answers."""
    return Splunk(address)


SERVER = Server(
    name="splunk",
    title="Splunk",
    languages=("spl",),
    connect=connect,
    credentials="token, or user and password; and hec_token",
    settings=frozenset({"index", "hec_url"}),
)
