"""Logpoint's search language, also that of Stormshield Log Supervisor."""

from __future__ import annotations

from harness.languages._base import Language
from harness.languages.logpoint._commands import parse
from harness.languages.logpoint._semantics import OPTIONS, SEMANTICS

LANGUAGE = Language(
    name="logpoint",
    title="Logpoint search",
    reference="https://docs.logpoint.com/siem/readme/a_work-with-your-log-data/search_your_log_data/search-query-syntax",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".logpoint",),
    options=OPTIONS,
)
