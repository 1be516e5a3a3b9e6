"""KQL clauses as the Elasticsearch query that Kibana makes of them.

Follows ``toElasticsearchQuery`` of Kibana's es-query package
(https://github.com/elastic/kibana/tree/main/src/platform/packages/shared/kbn-es-query/src/kuery/functions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from harness.errors import Diagnostic
from harness.ir import Context, FieldType, Glob, Wild
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member
from harness.languages._elastic import fields, types
from harness.languages._elastic.dsl_base import METADATA
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.kuery._semantics import WILDCARD
from harness.languages.kuery._settings import Settings
from harness.languages.kuery._syntax import All, Clause, Group, Is, Joined, Negated, Range
from harness.languages.kuery._tokens import AND
from harness.languages.kuery._words import Piece, Word
from harness.source import Source, Span

MAX_CLAUSES = 20_000
"""Tests on single fields that one query may come to, field patterns written out."""
_KEYWORDS = frozenset({"keyword", "constant_keyword", "wildcard"})
"""The keyword family: the field capabilities, where Kibana looks, name all of them keyword
(https://github.com/elastic/elasticsearch/pull/58315)."""
_WILDCARD_QUERY_SINCE = (8, 5)
"""Before, all was query_string (https://github.com/elastic/kibana/issues/169709)."""
_ESCAPED_SINCE = (8, 12)
"""https://github.com/elastic/kibana/pull/174464 (8.12.1) escapes what a wildcard query reads."""
_ORDER = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_EXACT_METADATA = frozenset({"_id", "_index"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field that a clause is about; ``kind`` is its index type where Kibana knows it."""

    name: str
    kind: str = ""
    nested: str | None = None

    @property
    def is_keyword(self) -> bool:
        return self.kind in _KEYWORDS

    @property
    def is_date(self) -> bool:
        return self.kind in types.DATES


@dataclass(slots=True)
class Translator:
    """Turns clauses into queries; ``nested`` arguments are the path of the group around.

    ``context`` is what the queries are to be read against: groups add the nested objects to
    it that the index types say nothing about.
    """

    source: Source
    context: Context
    settings: Settings
    warnings: list[Diagnostic] = field(default_factory=list)
    _clauses: int = 0
    _names: dict[tuple[Piece, ...], list[str]] = field(default_factory=dict)
    _fields: dict[str, _Field | None] = field(default_factory=dict)

    def whole(self, tree: Clause) -> JsonObject:
        """Return the query of a whole text; Kibana hands it over as a filter."""
        return _bool(tree.span, "filter", self.query(tree, None))

    def query(self, node: Clause, nested: str | None) -> JsonObject:
        """Return the query of a clause."""
        match node:
            case All(span):
                return _query("match_all", span, _object(span))
            case Joined(word, items, span):
                found = [self.query(item, nested) for item in items]
                if word == AND:
                    return _bool(span, "filter", *found)
                return _any(span, found)
            case Negated(item, span):
                return _bool(span, "must_not", self.query(item, nested))
            case Group(name, item, span):
                path = _full(name, nested).name
                self.assume_nested(path, name.span)
                return _nested(path, self.query(item, path), span)
            case Range():
                return self.range(node, nested)
            case Is():
                return self.equality(node, nested)

    def equality(self, node: Is, nested: str | None) -> JsonObject:
        """Return the query of a value, with or without a field."""
        name, span = node.field, node.span
        if name is not None and name.is_star and node.value.is_star:
            return _query("match_all", span, _object(span))
        if (name is None or name.value is None) and nested is None:
            return self.anywhere(node)
        # A value without a field asks for the field "null" of the group that it stands in.
        named = _full(name or Word(value=None, span=span), nested)
        found = self.fields(named, nested, span)
        self.count(len(found), span)
        tests = [_wrapped(self.test(one, node), one, named, nested, span) for one in found]
        return _any(span, tests)

    def anywhere(self, node: Is) -> JsonObject:
        """Return the query of a value in the default fields."""
        value, span = node.value, node.span
        self.count(len(self.context.types), span)
        if value.pieces:
            return _query("query_string", span, _object(span, query=_pattern(value)))
        self.check_null(value)
        kind = "phrase" if value.quoted else "best_fields"
        body = _object(
            span,
            type=JsonScalar(kind, span),
            query=JsonScalar(value.value, value.span),
            lenient=JsonScalar(value=True, span=span),
        )
        return _query("multi_match", span, body)

    def test(self, on: _Field, node: Is) -> JsonObject:
        """Return the query of a value on one field."""
        value, span = node.value, node.span
        if value.is_star:
            return _query("exists", span, _object(span, field=JsonScalar(on.name, span)))
        if value.pieces:
            return self.wildcard(on, value, span)
        said = JsonScalar(value.value, value.span)
        if on.is_date:
            return self.on_range(on, span, gte=said, lte=said)
        self.check_null(value)
        if on.is_keyword or on.name in _EXACT_METADATA:
            body = _object(span, value=said)
            return _query("term", span, JsonObject((Member(on.name, span, body),), span))
        kind = "match_phrase" if value.quoted else "match"
        return _query(kind, span, JsonObject((Member(on.name, span, said),), span))

    def check_null(self, value: Word) -> None:
        """Refuse a null, which Elasticsearch takes only as an open end of a range."""
        if value.value is None:
            hint = 'write not field: * for a missing field, or quote the text "null"'
            raise syntax_error(self.source, value.span, "null is no value to look for", hint)

    def wildcard(self, on: _Field, value: Word, span: Span) -> JsonObject:
        """Return the query of a value with wildcards on one field."""
        release = fields.version(self.context)
        if (on.is_keyword and release >= _WILDCARD_QUERY_SINCE) or on.name == "_index":
            text, _ = value.escaped()
            raw = value.name if release < _ESCAPED_SINCE else text
            body = _object(span, value=JsonScalar(raw, value.span))
            return _query("wildcard", span, JsonObject((Member(on.name, span, body),), span))
        listed = JsonArray((JsonScalar(on.name, span),), span)
        return _query("query_string", span, _object(span, fields=listed, query=_pattern(value)))

    def range(self, node: Range, nested: str | None) -> JsonObject:
        """Return the query of an ordering operator."""
        named = _full(node.field, nested)
        found = self.fields(named, nested, node.span)
        self.count(len(found), node.span)
        bound = JsonScalar(node.value.value, node.value.span)
        tests = [
            _wrapped(
                self.on_range(one, node.span, **{_ORDER[node.operator]: bound}),
                one,
                named,
                nested,
                node.span,
            )
            for one in found
        ]
        return _any(node.span, tests)

    def on_range(self, on: _Field, span: Span, **bounds: Json) -> JsonObject:
        """Return the range query on one field; the time zone counts for known dates."""
        if on.is_date and self.settings.time_zone:
            bounds["time_zone"] = JsonScalar(self.settings.time_zone, span)
        body = _object(span, **bounds)
        return _query("range", span, JsonObject((Member(on.name, span, body),), span))

    # Fields -------------------------------------------------------------------------------

    def fields(self, named: Word, nested: str | None, span: Span) -> list[_Field]:
        """Return the fields that a name or pattern stands for, as Kibana knows them.

        A name that it does not know is handed on as it is.
        """
        if not self.settings.data_view:
            return [_Field(name=named.name)]
        names = self.matching(named.pieces) if named.pieces else [named.name]
        found = [one for one in map(self.described, names) if one is not None]
        if not named.pieces or nested is not None:
            for one in found:
                self.check_nesting(one, nested, span)
        return found or [_Field(name=named.name)]

    def described(self, name: str) -> _Field | None:
        """Return what Kibana knows of a field; it knows no keys of flattened fields."""
        if name not in self._fields:
            known = fields.known(name, self.context)
            found = None
            if known is not None and not known.keyed:
                found = _Field(name=name, kind=known.type.name, nested=self.nested_above(name))
            self._fields[name] = found
        return self._fields[name]

    def assume_nested(self, path: str, span: Span) -> None:
        """Take a path for a nested object if the index types say nothing of it."""
        known = self.context.types
        if path in known or any(name.startswith(f"{path}.") for name in known):
            return
        self.context = replace(self.context, types={**known, path: FieldType(name="nested")})
        message = f"the index types do not name {path!r}; it is taken for a nested object"
        self.warnings.append(
            Diagnostic(
                code="assumed-nested",
                message=message,
                place=self.source.place(span),
                hint=f"give the type of {path!r} and of the fields in it",
                severity="warning",
            )
        )

    def nested_above(self, name: str) -> str | None:
        """Return the path of the nearest nested object that a field lies in."""
        parent = name.rpartition(".")[0]
        while parent:
            kind = self.context.types.get(parent)
            if kind is not None and kind.name == "nested":
                return parent
            parent = parent.rpartition(".")[0]
        return None

    def matching(self, pieces: tuple[Piece, ...]) -> list[str]:
        """Return the fields of the index whose name fits a pattern."""
        if pieces not in self._names:
            glob = Glob(tuple(Wild.ANY if piece.wild else piece.text for piece in pieces))
            every = fields.expand(WILDCARD, self.context)
            self._names[pieces] = [
                name for name in every if name not in METADATA and glob.accepts(name)
            ]
        return self._names[pieces]

    def check_nesting(self, one: _Field, nested: str | None, span: Span) -> None:
        """Refuse a field of another nested object than the group around the clause."""
        if one.nested == nested:
            return
        if one.nested is None:
            message = f"{one.name!r} is in a group for {nested!r}, and is no nested field"
            hint = "take it out of the braces"
        else:
            message = f"{one.name!r} is a field of the nested object {one.nested!r}"
            hint = f"write {one.nested}: {{ {one.name.removeprefix(one.nested + '.')}: ... }}"
        raise syntax_error(self.source, span, message, hint)

    def count(self, more: int, span: Span) -> None:
        self._clauses += max(1, more)
        if self._clauses > MAX_CLAUSES:
            reason = f"more than {MAX_CLAUSES} tests on single fields are not read"
            raise unsupported(self.source, span, "a query of very many clauses", reason)


def _full(name: Word, nested: str | None) -> Word:
    """Return a field name as a full path."""
    if nested is None:
        return name
    before = (Piece(f"{nested}.", name.span.start),) if name.pieces else ()
    return replace(name, value=f"{nested}.{name.name}", pieces=(*before, *name.pieces))


def _wrapped(
    query: JsonObject, on: _Field, named: Word, nested: str | None, span: Span
) -> JsonObject:
    """Return a query that looks into the nested object where a field pattern led there."""
    if not named.pieces or on.nested is None or nested is not None:
        return query
    return _nested(on.nested, query, span)


# Queries as JSON ------------------------------------------------------------------------------


def _object(span: Span, **members: Json) -> JsonObject:
    return JsonObject(tuple(Member(key, span, value) for key, value in members.items()), span)


def _query(name: str, span: Span, body: JsonObject) -> JsonObject:
    return JsonObject((Member(name, span, body),), span)


def _bool(span: Span, occur: str, *queries: JsonObject) -> JsonObject:
    return _query("bool", span, _object(span, **{occur: JsonArray(queries, span)}))


def _any(span: Span, queries: Sequence[JsonObject]) -> JsonObject:
    """Return the query that one of several matches."""
    body = _object(
        span,
        should=JsonArray(tuple(queries), span),
        minimum_should_match=JsonScalar(1, span),
    )
    return _query("bool", span, body)


def _nested(path: str, query: JsonObject, span: Span) -> JsonObject:
    body = _object(
        span, path=JsonScalar(path, span), query=query, score_mode=JsonScalar("none", span)
    )
    return _query("nested", span, body)


def _pattern(value: Word) -> JsonScalar:
    """Return a value with wildcards as the text of a query_string query."""
    text, places = value.escaped()
    return JsonScalar(text, value.span, places)
