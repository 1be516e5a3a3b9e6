"""Realistic everyday activity, one file a kind; listing this folder is the registry.

A kind that is a vocabulary is ``<kind>.toml``. One that needs more is ``<kind>.py`` with
``KIND = Kind(name, draw)``: ``draw(world, wanted)`` gives the values of one activity that holds
the wanted values and is otherwise ordinary and consistent with them (a user keeps a SID, a
process its number, a channel its provider).
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files

from harness.events.kinds._base import Kind
from harness.events.kinds._world import CLOCK, Host, Person, World

__all__ = ["CLOCK", "Host", "Kind", "Person", "World", "get", "names"]

_ENDINGS = (".py", ".toml")


@lru_cache(maxsize=1)
def _listed() -> dict[str, str]:
    """Return the ending of the file of each kind."""
    found = (item.name.rpartition(".") for item in files(__package__).iterdir())
    return {
        stem: dot + ending
        for stem, dot, ending in sorted(found)
        if dot + ending in _ENDINGS and not stem.startswith("_")
    }


def names() -> tuple[str, ...]:
    """Return the kinds that have a generator, sorted."""
    return tuple(_listed())


@cache
def get(name: str) -> Kind:
    """Return a kind; raises ``KeyError`` for one that has no generator."""
    if _listed()[name] == ".toml":
        from harness.events.kinds import _bases, _vocabulary  # noqa: PLC0415 - they use this one

        return _vocabulary.read(name, _bases.BASES)
    kind: Kind = import_module(f"{__name__}.{name}").KIND
    return kind
