"""What Elasticsearch and its fork have in common: temporary indices, bulk, searches."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from harness.engines._addresses import Address
from harness.engines._base import Declined, EngineFailure, EngineTimeout, Leftover
from harness.engines._http import Limited, printable, trust
from harness.engines._places import PREFIX, leftover, new_place
from harness.engines._retry import BUSY, Later, patiently
from harness.engines.servers._mapping import definition
from harness.errors import Diagnostic, InvalidInput
from harness.ir import Event, FieldType
from harness.source import QuerySyntaxError, Source, Span

Json = Any
BATCH, BATCH_BYTES = 500, 4 << 20
"""Documents and bytes of one bulk request."""
_WINDOW = 10_000
_REDIRECT, _CLIENT_ERROR, _SERVER_ERROR, _NOT_FOUND = 300, 400, 500, 404
_NO_RIGHT = frozenset({401, 403})
"""Log in, or: the disk is full and the index is for reading only, the licence has expired."""
_NOT_ABOUT_THE_QUERY = _NO_RIGHT | {404, 405, 408, 413}
_LAST_PATIENCE = 5.0
"""Seconds in which an index is tried to be removed from a server that does not answer."""
_LONGEST = 500
"""Characters of what a server says that are shown."""
_VERSION = re.compile(r"\d{1,3}\.\d{1,3}[\w.+-]{0,40}", re.ASCII)
_STAND_INS = {"wildcard": "keyword", "constant_keyword": "keyword", "match_only_text": "text"}
"""Types of Elastic's own distribution, and those that are searched in nearly the same way."""


def _common(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in settings.items() if key in {"ignore_above", "fields"}}


def missing(package: str) -> InvalidInput:
    """Return the error of a client that is not installed."""
    message = f"the package {package!r}, which speaks to this engine, is not installed"
    hint = "pip install 'detection-harness[engines]'"
    return InvalidInput([Diagnostic(code="no-client", message=message, hint=hint)])


Login = Callable[[Address], dict[str, Any]]


def client_options(address: Address, **logins: Login) -> dict[str, Any]:
    """Return what both official clients take: no tries of their own, certificates, a login.

    ``logins`` say how a client takes each kind of credential; the first that is given counts.
    """
    given: dict[str, Any] = {"max_retries": 0, "retry_on_timeout": False}
    context = trust(address)
    if context is not None:
        given["ssl_context"] = context
    chosen = next((login for kind, login in logins.items() if getattr(address, kind)), None)
    return given | (chosen(address) if chosen else {})


def user_and_password(address: Address) -> tuple[str, str]:
    """Return who logs in."""
    return address.user.read(), address.password.read()


class RefusedMapping(Declined):
    """The engine has no such index type, analyzer or mapping parameter."""


class Client(ABC):
    """A thin layer over an official client, whose own retries are off: ours wait as asked.

    ``limited`` stands in the official client in place of its pool of connections.
    """

    limited: Limited

    def __init__(self, name: str, address: Address) -> None:
        self.title = f"{name} at {address.url}"
        self.timeout = address.timeout
        self._hidden = address.hidden

    @abstractmethod
    def perform(self, method: str, path: str, body: bytes | None) -> tuple[int, Json]:
        """Return the status and the JSON of an answer; raise ``EngineFailure`` for none."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, Json]:
        """Return the status and the JSON of an answer, tried again while it is "later".

        Raises ``EngineFailure`` where there is none.
        """
        content = None if body is None else body.encode("utf-8", "surrogatepass")

        def once() -> tuple[int, Json]:
            status, answer = self.perform(method, path, content)
            if status in BUSY and "all shards failed" not in json.dumps(answer):
                message = f"{self.title} is busy: {status} {self.words(answer)}"
                raise Later(message, self.limited.after)
            if _REDIRECT <= status < _CLIENT_ERROR:
                message = f"{self.title} sends us elsewhere, with status {status}"
                raise EngineFailure(message)
            if status < _CLIENT_ERROR and not isinstance(answer, dict | list):
                message = f"{self.title} answers with something that is no JSON"
                raise EngineFailure(message)
            return status, answer

        return patiently(once, patience=self.timeout)

    def words(self, answer: Json) -> str:
        """Return the reasons of an error, without credentials that it may repeat."""
        return self.shown(reason(answer))

    def shown(self, text: str) -> str:
        """Return what a server says as it may be shown."""
        return printable(self._hidden(text))[:_LONGEST] or "(nothing)"


def version_of(client: Client) -> str:
    """Return the version of a cluster, from its greeting or else from its nodes."""
    status, found = client.send("GET", "/")
    if status in _NO_RIGHT:
        message = f"{client.title} refuses to log us in: {client.words(found)}"
        raise EngineFailure(message)
    number = _at(found, "version", "number")
    if number is None:  # a distribution without the greeting
        _, found = client.send("GET", "/_nodes?filter_path=nodes.*.version")
        nodes = _at(found, "nodes")
        listed = nodes.values() if isinstance(nodes, dict) else ()
        number = min((_at(one, "version") for one in listed), key=str, default=None)
    if not isinstance(number, str) or not _VERSION.fullmatch(number):
        message = f"{client.title} does not say its version"
        raise EngineFailure(message)
    return number


def _at(node: Json, *path: str) -> Json:
    """Return what stands in objects below each other; ``None`` where it is not there."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


@contextmanager
def expecting(title: str) -> Iterator[None]:
    """Fail where an answer has not the form that is looked for in it."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        message = f"{title} gives an answer of another form than documented"
        raise EngineFailure(message) from error


Answering = Callable[["Index", str, str, Mapping[str, Any]], Mapping[str, bool] | frozenset[str]]


class Cluster:
    """A cluster that answers, in which indices can be made."""

    def __init__(self, client: Client, answering: Mapping[str, Answering]) -> None:
        self.client = client
        self.answering = answering
        self._takes: dict[FieldType, bool] = {}
        try:
            self.version = version_of(client)
        except BaseException:
            client.close()
            raise

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def ask(self, method: str, path: str, body: str | None = None) -> Json:
        """Return the JSON of an answer that must succeed."""
        status, answer = self.client.send(method, path, body)
        if status >= _CLIENT_ERROR:
            message = f"{self.client.title} refuses: {status} {self.client.words(answer)}"
            raise EngineFailure(message)
        return answer

    @contextmanager
    def store(self, documents: Sequence[Event], types: Mapping[str, FieldType]) -> Iterator[Index]:
        """Make an index of documents; it is removed at the end."""
        with self.index(types) as index:
            index.add(documents)
            yield index

    @contextmanager
    def index(
        self, types: Mapping[str, FieldType], settings: Mapping[str, Any] | None = None
    ) -> Iterator[Index]:
        """Make an empty index with these types; it is removed at the end."""
        name = new_place()
        try:
            self._create(name, definition(types, settings))
            yield Index(self, name)
        finally:
            self.remove(name)

    def _create(self, name: str, body: Json) -> None:
        client = self.client
        status, answer = client.send("PUT", f"/{name}", json.dumps(body))
        exists = "resource_already_exists" in json.dumps(answer)  # an answer was lost
        if status >= _SERVER_ERROR or status in _NO_RIGHT:
            message = f"{client.title} makes no index: {status} {client.words(answer)}"
            raise EngineFailure(message)
        if status >= _CLIENT_ERROR and not exists:
            message = f"{client.title} refuses the mapping: {client.words(answer)}"
            raise RefusedMapping(message)

    def takes(self, kind: FieldType) -> bool:
        """Return whether the engine has an index type, with its parameters."""
        if kind not in self._takes:
            try:
                with self.index({"field": kind}):
                    self._takes[kind] = True
            except RefusedMapping:
                self._takes[kind] = False
        return self._takes[kind]

    def stored_as(self, types: Mapping[str, FieldType]) -> dict[str, FieldType]:
        """Return the types with others in place of those that a distribution may lack."""
        return {
            path: kind
            if kind.name not in _STAND_INS or self.takes(FieldType(name=kind.name))
            else FieldType(name=_STAND_INS[kind.name], settings=_common(kind.settings))
            for path, kind in types.items()
        }

    def leftovers(self) -> list[Leftover]:
        """Return the indices of ours that are there."""
        listed = self.ask("GET", f"/_cat/indices/{PREFIX}*?format=json&h=index")
        with expecting(self.client.title):
            found = [leftover(str(one["index"])) for one in listed]
        return [one for one in found if one is not None]

    def remove(self, name: str) -> None:
        """Remove an index of ours; one that is not there is no fault."""
        if leftover(name) is None:
            message = f"{name!r} is no index of the harness"
            raise ValueError(message)

        def once() -> tuple[int, Json]:
            try:
                return self.client.send("DELETE", f"/{name}")
            except EngineTimeout:
                raise
            except EngineFailure as error:  # a lost answer is no reason to leave an index behind
                raise Later(str(error)) from error

        status, answer = patiently(once, patience=min(self.client.timeout, _LAST_PATIENCE))
        if status >= _CLIENT_ERROR and status != _NOT_FOUND:
            message = f"{self.client.title} refuses: {status} {self.client.words(answer)}"
            raise EngineFailure(message)


class Index:
    """A temporary index; documents are named by their place in a list, or by their ``_id``."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self.names: list[str] = []
        self.taken: list[bool] = []

    def add(self, documents: Sequence[Event]) -> list[bool]:
        """Index documents; return which of them the engine takes."""
        self.names += [
            str(document.get("_id", len(self.names) + place))
            for place, document in enumerate(documents)
        ]
        pairs = list(zip(self.names[-len(documents) :], documents, strict=True))
        taken: list[bool] = []
        for batch in _batches(pairs):
            taken += self._bulk(batch)
        if documents:
            self.cluster.ask("POST", f"/{self.name}/_refresh")
        self.taken += taken
        return taken

    def _bulk(self, lines: Sequence[str]) -> list[bool]:
        """Send some documents; those that are put off are sent again."""
        done: list[bool | None] = [None] * len(lines)
        client = self.cluster.client

        def once() -> None:
            open_ = [at for at, one in enumerate(done) if one is None]
            body = "".join(lines[at] for at in open_)
            answer = self.cluster.ask("POST", f"/{self.name}/_bulk", body)
            late = ""
            with expecting(client.title):
                items = [(int(one["index"]["status"]), one["index"]) for one in answer["items"]]
                rows = list(zip(open_, items, strict=True))
            for at, (status, item) in rows:
                if status in BUSY:
                    late = client.words(item)
                elif status >= _SERVER_ERROR or status in _NO_RIGHT:
                    message = f"{client.title} stores nothing: {status} {client.words(item)}"
                    raise EngineFailure(message)
                else:
                    done[at] = status < _CLIENT_ERROR
            if late:
                message = f"{client.title} puts documents off: {late}"
                raise Later(message, client.limited.after)

        patiently(once, patience=client.timeout)
        return [bool(one) for one in done]

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        found = self.cluster.answering[language](self, language, query, options)
        return [name in found for name in self.names]

    def search(self, body: str, query: str = "") -> frozenset[str]:
        """Return the names of all hits of a search body.

        Raises ``QuerySyntaxError`` where the engine refuses it; ``query`` is what to show.
        """
        path = (
            f"/{self.name}/_search?size={_WINDOW}&_source=false&allow_partial_search_results=false"
        )
        answer = self.answer("POST", path, body, query)
        with expecting(self.cluster.client.title):
            if answer["timed_out"] or answer["_shards"]["failed"]:
                message = f"{self.cluster.client.title} answers for a part of the documents only"
                raise EngineFailure(message)
            return frozenset(str(hit["_id"]) for hit in answer["hits"]["hits"])

    def answer(self, method: str, path: str, body: str, query: str) -> Json:
        """Return the answer to a query; raise what it raises."""
        client = self.cluster.client
        status, answer = client.send(method, path, body)
        if status < _CLIENT_ERROR:
            return answer
        if "no handler found for uri" in json.dumps(answer):
            interface = path.replace(f"/{self.name}", "").partition("?")[0]
            message = f"{client.title} does not offer {interface}"
            raise Declined(message)
        if status in _NOT_ABOUT_THE_QUERY or (status >= _SERVER_ERROR and not _is_refusal(answer)):
            message = f"{client.title} fails: {status} {client.words(answer)}"
            raise EngineFailure(message)
        raise refusal(query, client.words(answer))


def _is_refusal(answer: Json) -> bool:
    """Return whether a server error is about the query: its shards could not read it."""
    return "query_shard_exception" in json.dumps(answer)


def refusal(query: str, message: str) -> QuerySyntaxError:
    """Return the error of a query that the engine refuses, in its words."""
    return QuerySyntaxError(message, Source(query, "<engine>"), Span(0, len(query)))


def _batches(pairs: Sequence[tuple[str, Event]]) -> Iterator[list[str]]:
    lines: list[str] = []
    size = 0
    for name, document in pairs:
        source = {key: value for key, value in document.items() if key != "_id"}
        text = f"{json.dumps({'index': {'_id': name}})}\n{json.dumps(source, default=str)}\n"
        if lines and (len(lines) >= BATCH or size + len(text) > BATCH_BYTES):
            yield lines
            lines, size = [], 0
        lines.append(text)
        size += len(text)
    if lines:
        yield lines


def reason(answer: Json) -> str:
    """Return the reasons of an error, outermost first."""
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    if not isinstance(error, dict):
        return str(error)
    causes = [error, *(_listed(error, "root_cause"))]
    causes += [_at(one, "reason") for one in _listed(error, "failed_shards")]
    found: list[str] = []
    for cause in causes:
        node: Any = cause
        while isinstance(node, dict):
            found.append(str(node.get("reason")))
            node = node.get("caused_by")
    return " | ".join(dict.fromkeys(one for one in found if one != "None"))


def _listed(node: dict[str, Json], key: str) -> list[Json]:
    found = node.get(key)
    return found if isinstance(found, list) else []


# Searches ------------------------------------------------------------------------------------

_QUERY_STRING = (
    *("default_field", "fields", "default_operator", "lenient", "allow_leading_wildcard"),
    *("analyze_wildcard", "phrase_slop", "fuzziness", "fuzzy_prefix_length"),
    *("fuzzy_transpositions", "time_zone", "quote_field_suffix"),
)
"""Options of the language that are parameters of the query."""


def query_string(
    index: Index, language: str, query: str, options: Mapping[str, Any]
) -> frozenset[str]:
    """Answer a Lucene query string."""
    del language
    given = {key: options[key] for key in _QUERY_STRING if key in options}
    return index.search(json.dumps({"query": {"query_string": {"query": query, **given}}}), query)


def graylog(index: Index, language: str, query: str, options: Mapping[str, Any]) -> frozenset[str]:
    """Answer a Graylog query as Graylog sends it on."""
    del language
    if query.strip() in {"", "*"}:
        return index.search("{}", query)
    leading = options.get("allow_leading_wildcard", False)
    given = {"query": query, "allow_leading_wildcard": leading}
    return index.search(json.dumps({"query": {"query_string": given}}), query)


def query_object(
    index: Index, language: str, query: str, options: Mapping[str, Any]
) -> frozenset[str]:
    """Answer a query object, or the query of a whole search body; its size is not the question."""
    del language, options
    try:
        found = json.loads(query)
    except (ValueError, RecursionError):  # the engine reads more than JSON, such as comments
        body = query if _WHOLE.match(query) else f'{{"query": {query}}}'
        return index.search(body, query)
    if isinstance(found, dict) and found.get("query") is not None:
        kept = {
            key: value for key, value in found.items() if key not in {"size", "from", "_source"}
        }
        return index.search(json.dumps(kept), query)
    return index.search(json.dumps({"query": found}), query)


_WHOLE = re.compile(r'\s*\{\s*"query"\s*:')
"""The beginning of a search body that is no JSON."""
