"""From a Sigma rule to translations, by the converters that people use. One file a converter."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from harness.conversion._base import Conversion, Converter, Target
from harness.conversion._targets import built_in, choose, read_targets, targets_of

__all__ = [
    "Conversion",
    "Converter",
    "Target",
    "built_in",
    "choose",
    "converters",
    "get",
    "pysigma_installed",
    "read_targets",
    "targets_of",
]


@lru_cache(maxsize=1)
def converters() -> tuple[str, ...]:
    """Return the names of all converters, sorted: the files here that declare one."""
    names = sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_")
    return tuple(one for one in names if hasattr(import_module(f"{__name__}.{one}"), "CONVERTER"))


def get(name: str) -> Converter:
    """Return a converter."""
    converter: Converter = import_module(f"{__name__}.{name}").CONVERTER
    return converter


def pysigma_installed() -> bool:
    """Return whether rules can be converted in this very process."""
    return find_spec("sigma") is not None
