"""Reports of a run. One file a format; listing this folder is the registry."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.report._base import Format, Results

__all__ = ["Format", "Results", "formats"]

_NOT_FORMATS = {"results"}


@lru_cache(maxsize=1)
def formats() -> dict[str, Format]:
    """Return every format by name."""
    found: dict[str, Format] = {}
    for info in iter_modules(__path__):
        if info.name[0] != "_" and info.name not in _NOT_FORMATS:
            one: Format = import_module(f"{__name__}.{info.name}").FORMAT
            found[one.name] = one
    return found
