"""GNU grep: a command line of greps, read as one predicate over a text line."""

from __future__ import annotations

from harness.languages._base import Language, Option
from harness.languages.grep._command import (
    LOG,
    Binary,
    Cat,
    Dialect,
    Grep,
    Pattern,
    Pipe,
    Stage,
    Steps,
)
from harness.languages.grep._parse import greps_of, names_log, parse
from harness.languages.grep._plan import plan
from harness.languages.grep._semantics import SEMANTICS

__all__ = [
    "LANGUAGE",
    "LOG",
    "Binary",
    "Cat",
    "Dialect",
    "Grep",
    "Pattern",
    "Pipe",
    "Stage",
    "Steps",
    "greps_of",
    "names_log",
    "plan",
]

LANGUAGE = Language(
    name="grep",
    title="GNU grep",
    reference="https://www.gnu.org/software/grep/manual/grep.html",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".grep", ".sh"),
    options=(
        Option(
            name="version",
            default="3.8",
            summary="The version of grep: -P has Unicode classes since 3.9, \\d not since 3.10.",
        ),
        Option(
            name="locale",
            default="C.UTF-8",
            summary="The locale where the command line sets none: C.UTF-8 or C.",
        ),
        Option(
            name="files",
            default="{}",
            summary="Files that the command line names beside the log: a table of name to text.",
        ),
    ),
)
