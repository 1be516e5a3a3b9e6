"""Real engines beside ours: programs on this machine, run with limits, and the user's servers.

One file each, with ``ENGINE = Engine(...)`` or ``SERVER = Server(...)``; listing this folder is
the registry. No server is asked unless the user names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from harness.engines._addresses import Address
from harness.engines._base import Connection, Engine, EngineFailure, Server, Store

__all__ = [
    "Address",
    "Connection",
    "Engine",
    "EngineFailure",
    "Server",
    "Store",
    "engines_for",
    "servers",
    "versions",
]


@lru_cache(maxsize=1)
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_")
    return tuple(import_module(f"{__name__}.{name}") for name in names)


@lru_cache(maxsize=1)
def _found() -> tuple[Engine, ...]:
    return tuple(one.ENGINE for one in _modules() if hasattr(one, "ENGINE"))


def engines_for(language: str) -> tuple[Engine, ...]:
    """Return the engines of a language that are installed here."""
    return tuple(one for one in _found() if one.language == language and one.available())


def versions() -> dict[str, str]:
    """Return the engines that are installed here, with their versions."""
    found = {one.name: one.available() for one in _found()}
    return {name: version for name, version in found.items() if version}


@lru_cache(maxsize=1)
def servers() -> Mapping[str, Server]:
    """Return the kinds of server that can be asked, by name."""
    found = [one.SERVER for one in _modules() if hasattr(one, "SERVER")]
    return {one.name: one for one in found}
