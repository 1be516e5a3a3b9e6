"""Mutations of events. One file each; listing this folder is the registry."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.mutations._base import EVERYTHING, Effect, Evasion, Mutated, Mutation, Subject

__all__ = ["EVERYTHING", "Effect", "Evasion", "Mutated", "Mutation", "Subject", "get", "names"]


@lru_cache(maxsize=1)
def _found() -> dict[str, Mutation]:
    modules = (info.name for info in iter_modules(__path__) if info.name[0] != "_")
    loaded = (import_module(f"{__name__}.{name}").MUTATION for name in modules)
    return {mutation.name: mutation for mutation in sorted(loaded, key=lambda one: one.name)}


def names() -> tuple[str, ...]:
    """Return the names of all mutations, sorted."""
    return tuple(_found())


def get(name: str) -> Mutation:
    """Return a mutation; raises ``KeyError`` for an unknown name."""
    return _found()[name]
