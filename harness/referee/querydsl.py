"""Query objects of Elasticsearch over an index with every type."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from harness.referee import _elastic
from harness.referee._base import Grammar

GRAMMAR = Grammar(
    language="querydsl",
    queries=_elastic.query_objects.map(json.dumps),
    worlds=_elastic.worlds,
    options=st.just({}),
)
