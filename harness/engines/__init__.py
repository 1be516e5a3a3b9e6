"""Real engines beside ours: programs on this machine, run with limits, and the user's servers.

One file each: here the programs, with ``ENGINE = Engine(...)``, and in ``servers/`` the kinds of
server, with ``SERVER = Server(...)``. Listing a folder is its registry. No server is asked, and no
file of one imported, unless the user names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
    "local",
    "versions",
]


@lru_cache(maxsize=1)
def _found() -> tuple[Engine, ...]:
    files = (one.name for one in iter_modules(__path__) if not one.ispkg and one.name[0] != "_")
    return tuple(import_module(f"{__name__}.{name}").ENGINE for name in sorted(files))


def _asked(named: Collection[str], trusted: bool) -> Iterator[Engine]:  # noqa: FBT001 - passed on
    """Yield the engines that run: those that are trusted, and those that the user names."""
    return (one for one in _found() if (trusted and one.trusted) or one.name in named)


def engines_for(
    language: str, named: Collection[str] = (), *, trusted: bool = True
) -> tuple[Engine, ...]:
    """Return the engines of a language that are installed here: trusted ones, and named ones."""
    found = (one for one in _asked(named, trusted) if one.language == language)
    return tuple(one for one in found if one.available())


def local(name: str) -> Engine | None:
    """Return an engine of this machine by its name, installed or not."""
    return next((one for one in _found() if one.name == name), None)


def versions(named: Collection[str] = (), *, trusted: bool = True) -> dict[str, str]:
    """Return the engines that are installed here and would run, with their versions."""
    found = {one.name: one.available() for one in _asked(named, trusted)}
    return {name: version for name, version in found.items() if version}
