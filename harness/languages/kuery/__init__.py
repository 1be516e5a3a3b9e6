"""Kibana Query Language (KQL, ``kuery``), as Kibana turns it into Elasticsearch queries."""

from __future__ import annotations

from harness.ir import Context, Query
from harness.languages._base import Language
from harness.languages._elastic.dsl_reader import read_query
from harness.languages.kuery._parser import parse_syntax
from harness.languages.kuery._semantics import OPTIONS, SEMANTICS
from harness.languages.kuery._settings import settings
from harness.languages.kuery._translate import Translator
from harness.source import Source


def _parse(source: Source, context: Context) -> Query:
    chosen = settings(context)
    tree = parse_syntax(source, leading_wildcards=chosen.leading_wildcards)
    translator = Translator(source, context, chosen)
    query = translator.whole(tree)
    found = read_query(query, source, translator.context, filtering=True)
    return Query(predicate=found, warnings=tuple(translator.warnings))


LANGUAGE = Language(
    name="kuery",
    title="Kibana Query Language (KQL)",
    reference="https://www.elastic.co/docs/reference/query-languages/kql",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".kuery",),
    options=OPTIONS,
)
