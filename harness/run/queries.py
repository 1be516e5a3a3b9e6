"""From a translation to one query, also where a converter made several of one rule."""

from __future__ import annotations

from harness import languages
from harness.ir import Context, Predicate, Query, any_of
from harness.ir.placing import moved
from harness.ruleset.model import Translation
from harness.source import Source, Span, Unsupported


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
