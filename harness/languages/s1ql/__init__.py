"""SentinelOne's Deep Visibility query language, S1QL version 1."""

from __future__ import annotations

from harness.languages._base import Language
from harness.languages.s1ql._parse import parse
from harness.languages.s1ql._semantics import OPTIONS, SEMANTICS

LANGUAGE = Language(
    name="s1ql",
    title="SentinelOne Deep Visibility (S1QL 1)",
    reference="https://github.com/SentineLabs/S1QL-Queries",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".s1ql",),
    options=OPTIONS,
)
