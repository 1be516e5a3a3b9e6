"""PowerShell commands that are called by a text which is put together at run time."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell, windows
from harness.mutations._commands.lines import rewritten, scripts
from harness.mutations._sources import ABOUT


def _codes(name: str) -> str:
    """Return a name as the sum of its characters' codes; the text on the left makes it a text."""
    return "&(''+" + "+".join(f"[char]{ord(char)}" for char in name) + ")"


def _joined(name: str) -> str:
    middle = len(name) // 2
    return f"&('{name[:middle]}'+'{name[middle:]}')"


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, text, start, end in scripts(subject):
        named = [(a + start, b + start) for a, b in powershell.commands(text[start:end])]
        for words, form in (("in two pieces", _joined), ("as character codes", _codes)):
            changes = [(a, b, form(text[a:b])) for a, b in named]
            changed = windows.replaced(text, changes)
            yield from rewritten(subject, name, changed, f"with the names of its commands {words}")


MUTATION = Mutation(
    name="powershell-strings",
    title="PowerShell commands put together from pieces",
    summary="The call operator runs the command that a text names, and the text may be joined from "
    "pieces or character codes.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.RECODING,
    sources=(
        f"{ABOUT}about_operators#call-operator-",
        "https://github.com/danielbohannon/Invoke-Obfuscation",
    ),
)
