"""Blanks of a Unix shell as the variable that holds them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import shell, windows
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import SHELL


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Replace blanks between plain words of a command; zsh does not split what it expands."""
    for line in lines(subject, unix=True):
        if line.reader is not Reader.SHELL or line.program.name == "zsh":
            continue
        span = shell.text_of(line.text)
        if span is None:
            continue
        found = shell.plain_words(line.text, *span)
        changes = [(one.after, one.start, "${IFS}") for one in found if one.after is not None]
        text = windows.replaced(line.text, changes)
        yield from rewritten(subject, line.name, text, "with ${IFS} for blanks")


MUTATION = Mutation(
    name="shell-blanks",
    title="${IFS} for blanks",
    summary="A Unix shell splits what it expands at the characters of IFS, which holds a blank by "
    "itself; only the shell's own command line shows it.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(SHELL,),
)
