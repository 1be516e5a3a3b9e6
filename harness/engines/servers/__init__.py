"""Kinds of server that a user can name: one file each, with ``SERVER = Server(...)``.

They are imported only when a user names one, with what speaks HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.engines._base import Server

__all__ = ["servers"]


@lru_cache(maxsize=1)
def servers() -> Mapping[str, Server]:
    """Return the kinds of server that can be asked, by name."""
    names = sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_")
    found: list[Server] = [import_module(f"{__name__}.{name}").SERVER for name in names]
    return {one.name: one for one in found}
