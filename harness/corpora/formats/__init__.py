"""The file formats of corpora. One file a format; listing this folder is the registry."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.corpora.formats._base import Format, NotWritten, Record, Written

__all__ = ["Format", "NotWritten", "Record", "Written", "get", "names"]


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the names of all formats, sorted."""
    found = (info.name for info in iter_modules(__path__) if info.name[0] != "_")
    return tuple(sorted(name.replace("_", "-") for name in found))


def get(name: str) -> Format:
    """Return a format by its name."""
    found: Format = import_module(f"{__name__}.{name.replace('-', '_')}").FORMAT
    return found
