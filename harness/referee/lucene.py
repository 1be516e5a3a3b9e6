"""Query strings of Elasticsearch over an index with every type."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.referee import _elastic
from harness.referee._base import Grammar

GRAMMAR = Grammar(
    language="lucene",
    queries=st.one_of(_elastic.query_strings, _elastic.query_strings, _elastic.soup),
    worlds=_elastic.worlds,
    options=_elastic.options,
)
