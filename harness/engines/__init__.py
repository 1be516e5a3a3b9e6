"""Real engines beside ours, run as separate programs with limits.

One file each, with ``ENGINE = Engine(...)``; listing this folder is the registry. Nothing here
runs unless it is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.engines._base import Engine

__all__ = ["Engine", "engines_for", "versions"]


@lru_cache(maxsize=1)
def _found() -> tuple[Engine, ...]:
    modules = sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_")
    return tuple(import_module(f"{__name__}.{name}").ENGINE for name in modules)


def engines_for(language: str) -> tuple[Engine, ...]:
    """Return the engines of a language that are installed here."""
    return tuple(one for one in _found() if one.language == language and one.available())


def versions() -> dict[str, str]:
    """Return the engines that are installed here, with their versions."""
    found = {one.name: one.available() for one in _found()}
    return {name: version for name, version in found.items() if version}
