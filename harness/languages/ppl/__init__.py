"""OpenSearch's Piped Processing Language."""

from __future__ import annotations

from harness.languages._base import Language
from harness.languages._elastic.opensearch import INDEXED
from harness.languages.ppl._commands import parse
from harness.languages.ppl._semantics import OPTIONS, SEMANTICS

LANGUAGE = Language(
    name="ppl",
    title="OpenSearch PPL",
    reference="https://docs.opensearch.org/latest/sql-and-ppl/ppl/index/",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".ppl",),
    options=OPTIONS,
    indexed=INDEXED,
)
