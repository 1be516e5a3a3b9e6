"""Backticks in the names of PowerShell commands."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell, windows
from harness.mutations._commands.lines import distinct, rewritten, scripts
from harness.mutations._sources import ABOUT

_SPECIAL = frozenset("0abefnrtuv")
"""Characters before which a backtick makes another character; ``e`` and ``u`` since 6."""


def _places(text: str, start: int, end: int) -> list[int]:
    """Return where a backtick may stand in a name: between two letters, and changing nothing."""
    return [
        at
        for at in range(start + 1, end)
        if text[at].isalnum() and text[at].lower() not in _SPECIAL and text[at - 1].isalnum()
    ]


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, text, start, end in scripts(subject):
        named = [(a + start, b + start) for a, b in powershell.commands(text[start:end])]
        places = [_places(text, *span) for span in named]
        one = [(found[0], found[0], "`") for found in places if found]
        changed = windows.replaced(text, one)
        yield from rewritten(subject, name, changed, "with a backtick in every command")
        every = [(at, at, "`") for found in places for at in found]
        changed = windows.replaced(text, every)
        yield from rewritten(subject, name, changed, "with backticks all over the commands")


MUTATION = Mutation(
    name="powershell-backticks",
    title="backticks in PowerShell commands",
    summary="In the name of a command a backtick is taken off where the character behind it has no "
    "special meaning; strings and parameters are left alone.",
    effects=(Effect.PROMISABLE,),
    apply=distinct(_apply),
    evasion=Evasion.INSERTION,
    sources=(
        f"{ABOUT}about_special_characters",
        "https://github.com/danielbohannon/Invoke-Obfuscation",
    ),
)
