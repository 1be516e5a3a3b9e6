"""Carets in the command that cmd.exe is given."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import cmd, windows
from harness.mutations._commands.lines import distinct, lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import CMD


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Put carets into words outside quotes, where cmd.exe takes them off again.

    Only the command line of cmd.exe itself shows them: what it starts gets none.
    """
    for line in lines(subject):
        command = cmd.command(line.text) if line.reader is Reader.CMD else None
        if command is None:
            continue
        found = list(cmd.bare(line.text, *command))
        some = [((a + b) // 2, (a + b) // 2, "^") for a, b in found]
        text = windows.replaced(line.text, some)
        yield from rewritten(subject, line.name, text, "with a caret in every word")
        every = [(at, at, "^") for a, b in found for at in range(a, b)]
        text = windows.replaced(line.text, every)
        yield from rewritten(subject, line.name, text, "with a caret before every character")


MUTATION = Mutation(
    name="cmd-carets",
    title="carets for cmd.exe",
    summary="Outside quotes cmd.exe takes a caret off and keeps the character behind it; only its "
    "own command line shows the carets.",
    effects=(Effect.PROMISABLE,),
    apply=distinct(_apply),
    evasion=Evasion.INSERTION,
    sources=(
        CMD,
        "https://ss64.com/nt/syntax-esc.html",
    ),
)
