"""SentinelOne's PowerQuery, the language of the Singularity Data Lake (S1QL version 2)."""

from __future__ import annotations

from harness.languages._base import Language
from harness.languages.s1pq._commands import parse
from harness.languages.s1pq._semantics import OPTIONS, SEMANTICS

LANGUAGE = Language(
    name="s1pq",
    title="SentinelOne PowerQuery (S1QL 2)",
    reference="https://community.sentinelone.com/s/article/000006600",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".s1pq", ".pq"),
    options=OPTIONS,
)
