"""Formats that rules are kept in. One file each; listing this folder is the registry."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.ruleset.sources._base import Loaded, RuleFile, RuleSource, from_syntax_error

__all__ = ["Loaded", "RuleFile", "RuleSource", "all_sources", "from_syntax_error"]


@lru_cache(maxsize=1)
def all_sources() -> tuple[RuleSource, ...]:
    """Return every rule source, those first that others build on."""
    names = sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_")
    found = [import_module(f"{__name__}.{name}").SOURCE for name in names]
    return tuple(sorted(found, key=lambda one: (one.rank, one.name)))
