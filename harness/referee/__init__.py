"""Our semantics against real engines, on queries made up from a language's grammar.

One file a language, with ``GRAMMAR = Grammar(...)``; listing this folder is the registry.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.errors import Diagnostic, InvalidInput
from harness.referee._base import Disagreement, Grammar, Report, World
from harness.referee._search import search

__all__ = ["Disagreement", "Grammar", "Report", "World", "get", "names", "search"]


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the languages whose grammar can make up queries, sorted."""
    found = (info.name for info in iter_modules(__path__) if info.name[0] != "_")
    return tuple(sorted(found))


def get(name: str) -> Grammar:
    """Return the grammar of a language; raises ``InvalidInput`` where there is none."""
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        message = f"no grammar makes up queries in {name!r}"
        known = f"{hint}known: {', '.join(names())}"
        raise InvalidInput([Diagnostic(code="no-grammar", message=message, hint=known)])
    grammar: Grammar = import_module(f"{__name__}.{name}").GRAMMAR
    return grammar
