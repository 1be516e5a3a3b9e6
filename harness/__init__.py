"""A rule quality and regression test harness for security detection rules.

* :func:`match` runs one query over events, in the language's own semantics;
* :func:`load_rules` reads the rules below a path;
* :func:`convert` gives the queries that a converter makes of a Sigma rule;
* :func:`corpus` gives the labelled documents of a rule in one schema;
* :func:`test` runs every translation of some rules and returns the results.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, InvalidInput
from harness.source import QuerySyntaxError, Unsupported

if TYPE_CHECKING:
    from harness.api import convert, corpus, test
    from harness.evaluate.verdicts import match
    from harness.ruleset.load import load_rules

__version__ = "0.1.0"

__all__ = [
    "HarnessError",
    "InvalidInput",
    "QuerySyntaxError",
    "Unsupported",
    "convert",
    "corpus",
    "load_rules",
    "match",
    "test",
]

_LAZY = {
    "convert": "harness.api",
    "corpus": "harness.api",
    "load_rules": "harness.ruleset.load",
    "match": "harness.evaluate.verdicts",
    "test": "harness.api",
}


def __getattr__(name: str) -> Any:
    """Import the heavier doors when they are first used, so that ``--help`` stays quick."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
