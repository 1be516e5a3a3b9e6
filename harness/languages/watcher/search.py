"""A search of a watch: its body read into a query, what is returned of the hits, aggregations.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/input-search.html and
``WatcherSearchTemplateRequest.java`` for the total of hits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.ir import TRUE, Constant, Context, Event, Predicate
from harness.jsonsource import Json, JsonObject, JsonScalar
from harness.languages._elastic import fields, types
from harness.languages._elastic.dsl_base import Clause
from harness.languages._elastic.dsl_reader import read_clauses, read_query
from harness.languages.watcher import _read
from harness.languages.watcher.aggregation_reader import AggregationReader, whole_number
from harness.languages.watcher.aggregations import Named, Scope, compute_all, shapes
from harness.languages.watcher.mustache import ANYTHING, ListOf, Shape
from harness.languages.watcher.response import (
    TRACKED,
    Hits,
    SortKey,
    SourceFilter,
    Total,
    check_sortable,
    response,
)
from harness.source import Source, Span

MAX_WINDOW = 10_000
"""``index.max_result_window``: hits that ``from`` and ``size`` may reach."""
_COUNTS_ALL_UNTIL = 7
_SILENT = frozenset(
    [
        "timeout",
        "track_scores",
        "version",
        "seq_no_primary_term",
        "explain",
        "profile",
        "stats",
        "indices_boost",
        "batched_reduce_size",
        "allow_partial_search_results",
    ]
)
"""Settings of a search body that change nothing a watch looks at."""
_ADDED = {
    "fields": "fields",
    "docvalue_fields": "fields",
    "stored_fields": "fields",
    "script_fields": "fields",
    "highlight": "highlight",
}
"""Settings that add something to each hit which is not computed."""
_UNSUPPORTED = {
    "post_filter": "it filters the hits a second time",
    "min_score": "which documents it drops depends on their scores",
    "runtime_mappings": "fields computed at search time are not modelled",
    "collapse": "it keeps one hit a value",
    "rescore": "it reorders hits by their scores",
    "search_after": "it continues an earlier search",
    "terminate_after": "it stops early on each shard",
    "slice": "it splits the hits",
    "knn": "which documents it finds depends on vectors",
    "rank": "which documents it finds depends on their scores",
    "retriever": "which documents it finds depends on their scores",
    "pit": "it looks at an earlier state of the index",
    "suggest": "suggestions are not computed",
    "ext": "it calls plugins",
}
_READ = frozenset(
    ("query", "size", "from", "sort", "_source", "aggs", "aggregations", "track_total_hits")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search and what becomes of its hits; ``first`` numbers it among the watch's searches."""

    predicate: Predicate
    clauses: tuple[Clause, ...]
    filters: tuple[Predicate, ...]
    hits: Hits
    total: Total
    aggregations: Named
    context: Context
    first: int
    span: Span

    @property
    def searches(self) -> tuple[Predicate, ...]:
        """The query, then the queries of its filter aggregations."""
        return (self.predicate, *self.filters)

    def run(self, hits: Sequence[Sequence[Event]]) -> dict[str, Any]:
        """Return the response, given the documents that each search of the watch found."""
        documents = hits[self.first]
        filters = {
            at: frozenset(id(document) for document in hits[self.first + 1 + at])
            for at in range(len(self.filters))
        }
        scope = Scope(documents, self.context, filters)
        aggregations = compute_all(self.aggregations, scope) if self.aggregations else None
        return response(self.hits.of(documents, self.context, self.total), aggregations)

    def shape(self) -> Shape:
        """Return which keys the response has, for checking paths."""
        total: Shape = {"value": None, "relation": None} if self.total.as_object else None
        hit: dict[str, Shape] = dict.fromkeys(("_index", "_id", "_score", "_type"))
        hit.update(
            dict.fromkeys(("fields", "highlight", "sort", "_version", "_explanation"), ANYTHING)
        )
        hit["_source"] = _source_shape(self.context)
        found: dict[str, Shape] = {
            "took": None,
            "timed_out": None,
            "num_reduce_phases": None,
            "_shards": dict.fromkeys(("total", "successful", "skipped", "failed")),
            "hits": {"total": total, "max_score": None, "hits": ListOf(hit)},
        }
        if self.aggregations:
            found["aggregations"] = shapes(self.aggregations)
        return found


def _source_shape(context: Context) -> Shape:
    """Return the paths that documents have: those of the mapping; anything without one."""
    if not context.types:
        return ANYTHING
    tree: dict[str, Any] = {}
    for path in context.types:
        node = tree
        *parents, last = path.split(".")
        for part in parents:
            inner = node.get(part)
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        kind = context.types[path].name
        node.setdefault(last, ANYTHING if kind in ("object", "nested", "flattened") else None)
    return tree


@dataclass(slots=True, kw_only=True)
class SearchReader:
    """Reads search bodies; numbers their queries in the order of the watch."""

    source: Source
    context: Context
    count: int = 0
    filters: list[Predicate] = field(default_factory=list)

    def read(self, body: JsonObject, *, index: Any, as_object: bool, span: Span) -> Search:
        """Body = '{' { 'query' | 'size' | 'sort' | 'aggs' | ... ':' value } '}'."""
        self._check_keys(body)
        query = body.get("query")
        predicate: Predicate = Constant(TRUE.truth, span)
        clauses: tuple[Clause, ...] = ()
        if query is not None:
            predicate, clauses = read_clauses(query, self.source, self.context)
        self.filters = []
        aggregations = self._aggregations(body)
        search = Search(
            predicate=predicate,
            clauses=clauses,
            filters=tuple(self.filters),
            hits=self._hits(body, query, index, top=False),
            total=self._total(body, as_object=as_object),
            aggregations=aggregations,
            context=self.context,
            first=self.count,
            span=span,
        )
        self.count += len(search.searches)
        return search

    def _check_keys(self, body: JsonObject) -> None:
        for member in body:
            if member.key in _UNSUPPORTED:
                feature = f"{member.key!r} of a search body"
                raise _read.unsupported(
                    self.source, member.key_span, feature, _UNSUPPORTED[member.key]
                )
            if member.key not in _READ | _SILENT | set(_ADDED):
                message = f"a search body has no {member.key!r}"
                raise _read.invalid(self.source, member.key_span, message)

    def _aggregations(self, body: JsonObject) -> Named:
        node = body.get("aggs", "aggregations")
        if node is None:
            return ()
        reader = AggregationReader(
            source=self.source,
            context=self.context,
            filters=self._filter,
            hits=lambda inner: self._hits(inner, None, None, top=True),
        )
        return reader.named(node)

    def _filter(self, node: Json) -> int:
        self.filters.append(read_query(node, self.source, self.context, filtering=True))
        return len(self.filters) - 1

    def _total(self, body: JsonObject, *, as_object: bool) -> Total:
        node = body.get("track_total_hits")
        if fields.major(self.context) < _COUNTS_ALL_UNTIL:
            exact = node is None or _read.boolean_of(node, self.source, "'track_total_hits'")
            return Total(track=None if exact else -1, as_object=False)
        if node is None:
            return Total(track=TRACKED, as_object=as_object)
        value = node.value if isinstance(node, JsonScalar) else None
        if isinstance(value, int) and not isinstance(value, bool):
            return Total(track=max(-1, value), as_object=as_object)
        counted = _read.boolean_of(node, self.source, "'track_total_hits'")
        return Total(track=None if counted else -1, as_object=as_object)

    def _hits(self, body: JsonObject, query: Json | None, index: Any, *, top: bool) -> Hits:
        size = whole_number(body.get("size"), self.source, "size", 3 if top else 10)
        first = whole_number(body.get("from"), self.source, "from", 0)
        if first + size > MAX_WINDOW:
            message = f"from and size reach beyond {MAX_WINDOW} hits"
            raise _read.invalid(self.source, body.span, message)
        score, uniform = (None, False) if top else _score(query, self.context)
        sort, by_score = self._sort(body.get("sort"))
        return Hits(
            first=first,
            size=size,
            sort=sort,
            source=self._source_filter(body.get("_source")),
            index=index,
            score=score,
            uniform=uniform or (bool(body.get("sort")) and not sort and not by_score),
            extra=tuple({_ADDED[member.key]: None for member in body if member.key in _ADDED}),
        )

    def _sort(self, node: Json | None) -> tuple[tuple[SortKey, ...], bool]:
        """Sort = key | '[' { key } ']'; key = name | '{' name ':' ( way | settings ) '}'."""
        keys: list[SortKey] = []
        for item in () if node is None else _read.items_of(node):
            if isinstance(item, JsonScalar):
                name = _read.text_of(item, self.source, "a sort key")
                pairs: list[tuple[str, Json, Span]] = [(name, item, item.span)]
            else:
                body = _read.object_of(item, self.source, "a sort key")
                pairs = [(member.key, member.value, member.key_span) for member in body]
            for name, value, span in pairs:
                if name == "_score":
                    return tuple(keys), True
                if name == "_doc":
                    return tuple(keys), False
                if name in ("_script", "_geo_distance"):
                    raise _read.unsupported(
                        self.source, span, f"sorting by {name}", "it is not computed"
                    )
                keys.append(self._sort_key(name, value, span, short=isinstance(item, JsonScalar)))
        return tuple(keys), False

    def _sort_key(self, name: str, value: Json, span: Span, *, short: bool) -> SortKey:
        problem = check_sortable(name, self.context)
        settings: Mapping[str, Any] = {}
        way = "asc"
        if isinstance(value, JsonObject):
            settings = value.plain()
            way = str(settings.get("order", "asc")).lower()
        elif not short:
            way = _read.text_of(value, self.source, "the direction").lower()
        if fields.resolve(name, self.context) is None and "unmapped_type" not in settings:
            problem = f"there is no mapping for {name!r} to sort on"
        if problem or way not in ("asc", "desc"):
            raise _read.invalid(self.source, span, problem or f"there is no direction {way!r}")
        missing = settings.get("missing", "_last")
        if missing not in ("_last", "_first"):
            raise _read.unsupported(
                self.source, span, "a sort value for missing fields", "it is not computed"
            )
        return SortKey(path=name, descending=way == "desc", missing_first=missing == "_first")

    def _source_filter(self, node: Json | None) -> SourceFilter:
        """_source = true | false | pattern | list | '{' 'includes' ... 'excludes' ... '}'."""
        if node is None:
            return SourceFilter()
        if isinstance(node, JsonScalar) and isinstance(node.value, bool):
            return SourceFilter(enabled=node.value)
        if isinstance(node, JsonObject):
            return SourceFilter(
                includes=self._patterns(node.get("includes", "include")),
                excludes=self._patterns(node.get("excludes", "exclude")),
            )
        return SourceFilter(includes=self._patterns(node))

    def _patterns(self, node: Json | None) -> tuple[str, ...]:
        items = () if node is None else _read.items_of(node)
        return tuple(_read.text_of(item, self.source, "a source pattern") for item in items)


_CONSTANT = frozenset(
    ("match_all", "range", "exists", "ids", "terms", "wildcard", "prefix", "regexp")
)
"""Queries that give every hit the score 1."""


def _score(query: Json | None, context: Context) -> tuple[float | None, bool]:
    """Return the score of all hits where it can be known, and whether it is the same for all."""
    if query is None:
        return 1.0, True
    if not isinstance(query, JsonObject) or not len(query):
        return None, False
    (member,) = query.members[:1]
    body = member.value if isinstance(member.value, JsonObject) else None
    if member.key == "constant_score" and body is not None:
        return (1.0 if body.get("boost") is None else None), True
    if member.key in _CONSTANT:
        return (1.0 if body is None or "boost" not in str(body.plain()) else None), True
    if member.key in ("term", "match", "match_phrase") and body is not None and len(body):
        return _term_score(body.members[0].key, context)
    if member.key == "bool" and body is not None:
        return _bool_score(body, context)
    return None, False


def _term_score(path: str, context: Context) -> tuple[float | None, bool]:
    """Exact fields have no frequencies or lengths that could tell their hits apart."""
    found = fields.resolve(path, context)
    if found is None:
        return None, True
    numeric = found.type.name not in types.TOKENISED | types.EXACT
    return (1.0 if numeric else None), found.type.name not in types.TOKENISED


def _bool_score(body: JsonObject, context: Context) -> tuple[float | None, bool]:
    if body.get("should") is not None:
        return None, False
    must = body.get("must")
    if must is None:
        return 0.0, True
    parts = [_score(item, context) for item in _read.items_of(must)]
    same = all(uniform for _, uniform in parts)
    scores = [score for score, _ in parts if score is not None]
    known = len(scores) == len(parts) and body.get("boost") is None
    return (sum(scores) if known else None), same
