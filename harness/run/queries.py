"""From a translation to one query, also where a converter made several of one rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness import languages
from harness.events.kinds import CLOCK
from harness.ir import (
    AnyField,
    Atom,
    Context,
    FieldType,
    Predicate,
    Query,
    any_of,
    fields_of,
    walk_predicate,
)
from harness.ir.placing import moved
from harness.ruleset.mapping import index_types
from harness.ruleset.model import Translation
from harness.source import QuerySyntaxError, Source, Span, Unsupported


def parse_query(translation: Translation, context: Context) -> Query:
    """Return the query of a translation; raises what its language raises."""
    language = languages.get(translation.language)
    if not translation.pieces:
        return language.parse(translation.source, context)
    predicates: list[Predicate] = []
    queries: list[Query] = []
    at = 0
    for piece in translation.pieces:
        query = language.parse(Source(piece, translation.source.name), context)
        if query.stages or query.outcome or query.upstream:
            what = "several queries of one rule"
            reason = "one of them sees its whole result, so they cannot be read as one query"
            raise Unsupported(what, translation.source, Span(at, at + len(piece)), reason)
        predicates.append(moved(query.predicate, at))
        queries.append(query)
        at += len(piece) + 1
    return Query(predicate=any_of(*predicates), prepare=queries[0].prepare)


def read_by(
    translations: Iterable[Translation], schema: str, types: Mapping[str, FieldType]
) -> frozenset[str] | None:
    """Return the document paths that translations read; ``None`` where one may read anything."""
    names: set[str] = set()
    for one in translations:
        known = index_types(one, schema, types)
        try:
            query = parse_query(one, Context(types=known, now=CLOCK, options=one.options))
        except (QuerySyntaxError, Unsupported):
            continue
        if query.stages or query.outcome or query.upstream:
            return None
        read = fields_of(query.predicate)
        if query.prepare and not read <= set(types):  # it may make fields of its own
            return None
        names |= read
        if "*" in names or any(map(_looks_anywhere, walk_predicate(query.predicate))):
            return None
    return frozenset(names)


def _looks_anywhere(node: Predicate) -> bool:
    return isinstance(node, Atom) and isinstance(node.field, AnyField)
