"""Aliases in place of PowerShell's cmdlets, and the other way round."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell, windows
from harness.mutations._commands.lines import rewritten, scripts
from harness.mutations._sources import ABOUT, STUDY


@lru_cache(maxsize=1)
def other_names() -> dict[str, str]:
    """Return for each cmdlet and alias, in lower case, the other name."""
    text = files("harness.mutations._commands").joinpath("aliases.toml").read_text("utf-8")
    aliases: dict[str, str] = tomllib.loads(text)
    whole = {alias: name for name, alias in aliases.items()}
    return {name.lower(): alias for name, alias in aliases.items()} | whole


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, text, start, end in scripts(subject):
        named = [(a + start, b + start) for a, b in powershell.commands(text[start:end])]
        others = [(a, b, other_names().get(text[a:b].lower(), "")) for a, b in named]
        changed = windows.replaced(text, [one for one in others if one[2]])
        yield from rewritten(subject, name, changed, "with the other names of its commands")


MUTATION = Mutation(
    name="powershell-aliases",
    title="PowerShell aliases",
    summary="Cmdlets have short aliases, and what is called by its alias has a whole name.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(
        f"{ABOUT}about_aliases",
        STUDY,
    ),
)
