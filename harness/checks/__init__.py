"""Promises that the harness verifies. One file each; listing this folder is the registry."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.checks._base import Cell, Check, Cost, Finding, Opinion, RuleResult, Witness

__all__ = ["Cell", "Check", "Cost", "Finding", "Opinion", "RuleResult", "Witness", "all_checks"]


@lru_cache(maxsize=1)
def all_checks() -> tuple[Check, ...]:
    """Return every check, sorted by name."""
    modules = sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_")
    return tuple(import_module(f"{__name__}.{name}").CHECK for name in modules)
