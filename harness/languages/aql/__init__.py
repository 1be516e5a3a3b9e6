"""IBM QRadar's Ariel Query Language (AQL): SELECT statements over events."""

from __future__ import annotations

from harness.languages._base import Language
from harness.languages.aql._semantics import OPTIONS, SEMANTICS
from harness.languages.aql._statement import parse

__all__ = ["LANGUAGE"]

LANGUAGE = Language(
    name="aql",
    title="QRadar AQL",
    reference="https://www.ibm.com/docs/en/qsip/7.6.0?topic=language-aql-query-structure",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".aql",),
    options=OPTIONS,
)
