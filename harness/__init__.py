"""A rule quality and regression test harness for security detection rules.

The smallest door is :func:`match`: one query over events, in the language's own semantics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, InvalidInput
from harness.source import QuerySyntaxError, Unsupported

if TYPE_CHECKING:
    from harness.evaluate.verdicts import match

__version__ = "0.1.0"

__all__ = ["HarnessError", "InvalidInput", "QuerySyntaxError", "Unsupported", "match"]

_LAZY = {"match": "harness.evaluate.verdicts"}


def __getattr__(name: str) -> Any:
    """Import the heavier doors when they are first used, so that ``--help`` stays quick."""
    if name in _LAZY:
        from importlib import import_module  # noqa: PLC0415 - lazy on purpose

        return getattr(import_module(_LAZY[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
