"""Splunk's search language (SPL): a pipeline, read as one predicate over an event."""

from __future__ import annotations

from harness.languages._base import Language, Option
from harness.languages._raw import RAW_OPTION
from harness.languages.spl._pipeline import parse
from harness.languages.spl._semantics import SEMANTICS

LANGUAGE = Language(
    name="spl",
    title="Splunk SPL",
    reference="https://help.splunk.com/en/splunk-enterprise/spl-search-reference",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".spl",),
    options=(
        Option(
            name="macros",
            default="{}",
            summary="Search macros: a table of name, or name(argument, ...), to definition.",
        ),
        RAW_OPTION,
    ),
)
