"""Inputs of a watch: what fills the payload.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/input.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.errors import Diagnostic
from harness.ir import Event
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member, read_json
from harness.languages._elastic import fields
from harness.languages.watcher import _read
from harness.languages.watcher.mustache import (
    ANYTHING,
    Shape,
    TemplateError,
    read_template,
    render,
)
from harness.languages.watcher.response import extract
from harness.languages.watcher.search import Search, SearchReader
from harness.languages.watcher.values import ExecutionFailed, Unknowable, Unpredictable
from harness.source import QuerySyntaxError, Source, Span

MAX_INPUTS = 100
"""Inputs of one chain that are read."""
_LOST = ((7, 0), (7, 10))
"""The versions that lost ``rest_total_hits_as_int`` set to false (issue 65988)."""
_FLAG_SINCE = (6, 6)
"""The first version with ``rest_total_hits_as_int`` (pull request 36035)."""


class Input(Protocol):
    """Something that fills the payload."""

    def run(self, hits: Sequence[Sequence[Event]]) -> Any:
        """Return the payload; raise ``ExecutionFailed`` where the input fails."""
        ...

    def parts(self) -> tuple[Search, ...]:
        """Return the searches it runs, in order."""
        ...

    def shape(self) -> Shape:
        """Return which keys the payload has."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """``simple`` and ``none``: a payload that stands in the watch."""

    payload: Mapping[str, Any]

    def run(self, hits: Sequence[Sequence[Event]]) -> Any:  # noqa: ARG002 - an Input is given hits
        return self.payload

    def parts(self) -> tuple[Search, ...]:
        return ()

    def shape(self) -> Shape:
        shape: Shape = _shape(self.payload)
        return shape


def _shape(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shape(item) for key, item in value.items()}
    return ANYTHING if isinstance(value, list) else None


@dataclass(frozen=True, slots=True)
class Searched:
    """``search``: the response of a search, or only the keys of it that are extracted."""

    search: Search
    keys: tuple[str, ...] | None

    def run(self, hits: Sequence[Sequence[Event]]) -> Any:
        found = self.search.run(hits)
        return found if self.keys is None else extract(self.keys, found)

    def parts(self) -> tuple[Search, ...]:
        return (self.search,)

    def shape(self) -> Shape:
        return self.search.shape() if self.keys is None else ANYTHING


@dataclass(frozen=True, slots=True)
class Failing:
    """A search that Elasticsearch rejects when it runs, so that each execution fails."""

    why: str

    def run(self, hits: Sequence[Sequence[Event]]) -> Any:  # noqa: ARG002 - an Input is given hits
        raise ExecutionFailed(self.why)

    def parts(self) -> tuple[Search, ...]:
        return ()

    def shape(self) -> Shape:
        return ANYTHING


@dataclass(frozen=True, slots=True)
class Chain:
    """``chain``: several inputs in order, each under its name."""

    inputs: tuple[tuple[str, Input], ...]

    def run(self, hits: Sequence[Sequence[Event]]) -> Any:
        return {name: item.run(hits) for name, item in self.inputs}

    def parts(self) -> tuple[Search, ...]:
        return tuple(part for _, item in self.inputs for part in item.parts())

    def shape(self) -> Shape:
        return {name: item.shape() for name, item in self.inputs}


@dataclass(slots=True, kw_only=True)
class InputReader:
    """Reads inputs; ``model`` holds what templates in a search body can name."""

    source: Source
    searches: SearchReader
    model: dict[str, Any]
    warnings: list[Diagnostic] = field(default_factory=list)

    def read(self, node: Json) -> Input:
        """Input = '{' type ':' settings '}'; of several types the last one counts."""
        found: Input | None = None
        for member in _read.object_of(node, self.source, "the input"):
            found = self._typed(member)
        if found is None:
            raise _read.invalid(self.source, node.span, "an input needs a type", _TYPES)
        return found

    def _typed(self, member: Member) -> Input:
        match member.key:
            case "search":
                return self._search(_read.object_of(member.value, self.source, "the search input"))
            case "simple":
                body = _read.object_of(member.value, self.source, "the simple input")
                return Fixed(body.plain())
            case "none":
                if len(_read.object_of(member.value, self.source, "the none input")):
                    raise _read.invalid(
                        self.source, member.value.span, "'none' takes an empty object"
                    )
                return Fixed({})
            case "chain":
                return self._chain(_read.object_of(member.value, self.source, "the chain input"))
            case "http":
                reason = "what the other server answers is not known"
                raise _read.unsupported(self.source, member.key_span, "the http input", reason)
            case "transform":
                reason = "transforms of the payload are not evaluated"
                raise _read.unsupported(self.source, member.key_span, "the transform input", reason)
            case _:
                message = f"there is no input type {member.key!r}"
                raise _read.invalid(self.source, member.key_span, message, _TYPES)

    def _chain(self, body: JsonObject) -> Chain:
        """Chain = '{' [ 'inputs' ':' '[' { '{' [ name ':' input ] '}' } ']' ] '}'."""
        _read.known_keys(body, ("inputs",), self.source, "the chain input")
        node = body.get("inputs")
        if node is None:  # ChainInput.java takes it as an empty chain
            return Chain(())
        if not isinstance(node, JsonArray):
            raise _read.invalid(self.source, body.span, "a chain needs a list of 'inputs'")
        if len(node.items) > MAX_INPUTS:
            reason = f"at most {MAX_INPUTS} are read"
            raise _read.unsupported(self.source, node.span, "a chain of so many inputs", reason)
        found: dict[str, Input] = {}
        before = self.model["ctx"].get("payload")
        payload: dict[str, Any] = {}
        self.model["ctx"]["payload"] = payload
        for item in node.items:
            for count, member in enumerate(
                _read.object_of(item, self.source, "an input of a chain")
            ):
                if count:
                    message = "an element of a chain holds a second input"
                    hint = "give each input an element of its own: [{...}, {...}]"
                    raise _read.invalid(self.source, member.value.span, message, hint)
                read = self.read(member.value)
                found[member.key] = read
                payload[member.key] = _ahead(read)
        self.model["ctx"]["payload"] = before
        return Chain(tuple(found.items()))

    def _search(self, body: JsonObject) -> Input:
        """Search = '{' 'request' ':' request [ 'extract' ':' list ] [ 'timeout' ':' time ] '}'."""
        allowed = ("request", "extract", "timeout", "timeout_in_millis", "dynamic_name_timezone")
        _read.known_keys(body, allowed, self.source, "the search input")
        request = body.get("request")
        if request is None:
            raise _read.invalid(self.source, body.span, "the search input has no 'request'")
        timeout = body.get("timeout")
        if timeout is not None:
            _read.duration_of(timeout, self.source, "'timeout'")
        keys = self._extract(body.get("extract"))
        given = _read_request(_read.object_of(request, self.source, "'request'"), self)
        try:
            content = self._content(given)
            search = self.searches.read(
                content, index=given.index, as_object=given.as_object, span=given.span
            )
        except (QuerySyntaxError, _Refused) as error:
            return self._failing(error)
        return Searched(search, keys)

    def _failing(self, error: QuerySyntaxError | _Refused) -> Failing:
        """A watch is stored without a look at its search; the error comes at each execution."""
        hint = "correct the search: it fails at each execution, and the watch never fires"
        self.warnings.append(
            _read.warning(self.source, error.span, "search-fails", error.message, hint)
        )
        return Failing(f"the search fails: {error.message}")

    def _extract(self, node: Json | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        if not isinstance(node, JsonArray):
            raise _read.invalid(self.source, node.span, "'extract' is a list of keys")
        return tuple(_read.text_of(item, self.source, "a key") for item in node.items)

    def _content(self, given: _Request) -> JsonObject:
        """Return the search body with its templates filled in."""
        model = {**self.model, **given.params}
        node = given.body
        if given.text is not None:
            rendered = self._rendered(str(given.text.value), given.text.span, model)
            try:
                node = read_json(Source(rendered))
            except QuerySyntaxError as error:
                raise _Refused(error.message, given.text.span) from None
            node = _moved(node, given.text.span)
        elif node is not None:
            node = self._filled(node, model)
        if node is None:
            return JsonObject((), given.span)
        return _read.object_of(node, self.source, "the search body")

    def _filled(self, node: Json, model: Mapping[str, Any]) -> Json:
        """Return a value with the templates in its keys and strings filled in."""
        match node:
            case JsonScalar(str() as text, span) if "{{" in text:
                return JsonScalar(self._rendered(text, span, model), span)
            case JsonArray(items, span):
                return JsonArray(tuple(self._filled(item, model) for item in items), span)
            case JsonObject(members, span):
                return JsonObject(tuple(self._member(item, model) for item in members), span)
            case _:
                return node

    def _member(self, member: Member, model: Mapping[str, Any]) -> Member:
        key = member.key
        if "{{" in key:
            key = self._rendered(key, member.key_span, model)
        return Member(key, member.key_span, self._filled(member.value, model))

    def _rendered(self, text: str, span: Span, model: Mapping[str, Any]) -> str:
        try:
            return render(read_template(text), model)
        except TemplateError as error:
            if error.known:
                raise _Refused(error.message, span) from None
            reason = "search templates are filled in before the search, without it"
            raise _read.unsupported(self.source, span, error.message, reason) from None
        except Unpredictable as error:
            feature = "a template that reads an earlier search"
            raise _read.unsupported(self.source, span, feature, str(error)) from None


_TYPES = "use search, simple, chain, http or none"


def _ahead(found: Input) -> Any:
    """Return what is known of an input's payload before any search has run."""
    if isinstance(found, Fixed):
        return found.payload
    return Unknowable("the result of a search is known only when it has run")


class _Refused(Exception):
    """The search template cannot be rendered, so that the search fails."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


def _moved(node: Json, span: Span) -> Json:
    """Return a value whose every place is ``span``."""
    match node:
        case JsonScalar(value):
            return JsonScalar(value, span)
        case JsonArray(items):
            return JsonArray(tuple(_moved(item, span) for item in items), span)
        case JsonObject(members):
            moved = (Member(item.key, span, _moved(item.value, span)) for item in members)
            return JsonObject(tuple(moved), span)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A search request as written."""

    body: Json | None
    text: JsonScalar | None
    params: dict[str, Any]
    index: Any
    as_object: bool
    span: Span


_REQUEST = (
    "indices",
    "types",
    "body",
    "search_type",
    "indices_options",
    "template",
    "rest_total_hits_as_int",
)
_TYPES_UNTIL = 8
_SEARCH_TYPES = ("query_then_fetch", "dfs_query_then_fetch")


def _read_request(request: JsonObject, reader: InputReader) -> _Request:
    """Request = '{' { 'indices' | 'body' | 'template' | ... ':' value } '}'."""
    source = reader.source
    old = fields.version(reader.searches.context) < _FLAG_SINCE
    _read.known_keys(request, _REQUEST[:-1] if old else _REQUEST, source, "a search request")
    for member in request:
        _check_kind(member, reader)
    flag = request.get("rest_total_hits_as_int")
    as_int = flag is None or _read.boolean_of(flag, source, "'rest_total_hits_as_int'")
    if flag is not None and not as_int and not _keeps_flag(reader):
        message = "versions 7.0 to 7.10 lose this setting: hits.total stays a number"
        reader.warnings.append(_read.warning(source, flag.span, "setting-lost", message))
        as_int = True
    body = request.get("body")
    text: JsonScalar | None = None
    params: dict[str, Any] = {}
    template = request.get("template")
    if template is not None:
        body, text, params = _template(template, source)
    return _Request(
        body=body,
        text=text,
        params=params,
        index=_index(request.get("indices")),
        as_object=not as_int,
        span=request.span,
    )


def _keeps_flag(reader: InputReader) -> bool:
    return not _LOST[0] <= fields.version(reader.searches.context) <= _LOST[1]


def _check_kind(member: Member, reader: InputReader) -> None:
    """Fail where a setting of a request has the wrong type of value."""
    source, value = reader.source, member.value
    match member.key:
        case "body" | "indices_options":
            _read.object_of(value, source, f"{member.key!r}")
        case "indices":
            for item in _read.items_of(value):
                _read.text_of(item, source, "an index")
        case "search_type":
            if _read.text_of(value, source, "'search_type'").lower() not in _SEARCH_TYPES:
                hint = f"use one of {', '.join(_SEARCH_TYPES)}"
                raise _read.invalid(source, value.span, "there is no such search type", hint)
        case "types" if fields.major(reader.searches.context) >= _TYPES_UNTIL:
            if not isinstance(value, JsonArray) or value.items:
                raise _read.invalid(source, member.key_span, "a search request has no 'types'")


def _template(node: Json, source: Source) -> tuple[Json | None, JsonScalar | None, dict[str, Any]]:
    """Template = '{' 'source' ':' ( text | body ) [ 'params' ':' object ] '}'."""
    given = _read.object_of(node, source, "'template'")
    if given.get("id") is not None:
        reason = "its text is stored in the cluster"
        raise _read.unsupported(source, node.span, "a stored search template", reason)
    params = given.get("params")
    values = {} if params is None else _read.object_of(params, source, "'params'").plain()
    body = given.get("source", "inline")
    if body is None:
        raise _read.invalid(source, node.span, "the template has no 'source'")
    if isinstance(body, JsonScalar):
        _read.text_of(body, source, "'source'")
        return None, body, values
    return body, None, values


def _index(node: Json | None) -> Any:
    """Return the index that hits come from, where it is one plain name."""
    names = () if node is None else _read.items_of(node)
    if len(names) == 1 and isinstance(names[0], JsonScalar):
        name = str(names[0].value)
        if not set(name) & set("*?,<>{"):
            return name
    return Unknowable("the index of the document is not known")
