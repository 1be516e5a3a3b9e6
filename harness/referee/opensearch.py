"""Query strings of OpenSearch over an index with every type that it shares with Elasticsearch."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.referee import _elastic
from harness.referee._base import Grammar

GRAMMAR = Grammar(
    language="opensearch",
    queries=st.one_of(_elastic.query_strings, _elastic.query_strings, _elastic.soup),
    worlds=_elastic.worlds,
    options=_elastic.options,
)
