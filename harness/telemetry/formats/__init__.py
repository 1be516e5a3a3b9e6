"""The file formats of recorded events. One file a format; listing this folder is the registry."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.telemetry.formats._base import Batch, Format, Piece, Trouble, Unreadable

__all__ = ["Batch", "Format", "Piece", "Trouble", "Unreadable", "format_named", "formats"]


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """Return every format."""
    names = sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_")
    found: list[Format] = [import_module(f"{__name__}.{name}").FORMAT for name in names]
    return tuple(found)


def format_named(name: str) -> Format:
    """Return a format by its name."""
    return next(one for one in formats() if one.name == name)
