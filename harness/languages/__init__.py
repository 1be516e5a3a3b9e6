"""Query languages. One file or folder each; listing this folder is the registry."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.errors import Diagnostic, InvalidInput
from harness.languages._base import Language, Option

__all__ = ["Language", "Option", "get", "names"]


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the names of all languages, sorted."""
    return tuple(sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_"))


def get(name: str) -> Language:
    """Return a language; raises ``InvalidInput`` with the nearest known name otherwise."""
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidInput(
            [
                Diagnostic(
                    code="unknown-language",
                    message=f"there is no language {name!r}",
                    hint=f"{hint}known: {', '.join(names())}",
                )
            ]
        )
    language: Language = import_module(f"{__name__}.{name}").LANGUAGE
    return language
