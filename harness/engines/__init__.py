"""Real engines beside ours: programs on this machine, run with limits, and the user's servers.

One file each: here the programs, with ``ENGINE = Engine(...)``, and in ``servers/`` the kinds of
server, with ``SERVER = Server(...)``. Listing a folder is its registry. No server is asked, and no
file of one imported, unless the user names it.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

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
    "versions",
]


@lru_cache(maxsize=1)
def _found() -> tuple[Engine, ...]:
    files = (one.name for one in iter_modules(__path__) if not one.ispkg and one.name[0] != "_")
    return tuple(import_module(f"{__name__}.{name}").ENGINE for name in sorted(files))


def engines_for(language: str) -> tuple[Engine, ...]:
    """Return the engines of a language that are installed here."""
    return tuple(one for one in _found() if one.language == language and one.available())


def versions() -> dict[str, str]:
    """Return the engines that are installed here, with their versions."""
    found = {one.name: one.available() for one in _found()}
    return {name: version for name, version in found.items() if version}
