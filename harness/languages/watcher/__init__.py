"""Elasticsearch Watcher: whole watches. ``LANGUAGE`` reads them, :func:`why` explains them."""

from __future__ import annotations

from harness.ir import Lookup, Semantics, Truth
from harness.languages._base import Language, Option
from harness.languages.watcher.conditions import OPERATORS
from harness.languages.watcher.reader import parse
from harness.languages.watcher.why import Why, why

__all__ = ["LANGUAGE", "Why", "why"]

SEMANTICS = Semantics(
    lookup=Lookup.PATH,
    typed=True,
    unknown=Truth.FALSE,
    operators=OPERATORS,
    notes=(
        "The answer is one value: is the condition met. Actions and throttling come after it.",
        "An execution that fails does not fire: a rejected search, an index beyond a list.",
        "hits.total is a plain number unless rest_total_hits_as_int is false.",
        "hits.total is at most 10000 since 7.0 unless track_total_hits says otherwise.",
        "The search body is queried as in querydsl.",
    ),
)

LANGUAGE = Language(
    name="watcher",
    title="Elasticsearch Watcher",
    reference="https://www.elastic.co/guide/en/elasticsearch/reference/8.13/xpack-alerting.html",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".watch.json", ".json", ".sh"),
    options=(
        Option(name="version", default="9", summary="The Elasticsearch version, such as 7.17."),
        Option(
            name="default_field",
            default="*",
            summary="index.query.default_field: what multi_match and the string queries search.",
        ),
    ),
)
