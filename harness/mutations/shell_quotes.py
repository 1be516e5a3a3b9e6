"""Quotes, backslashes and empty expansions inside the words of a Unix shell."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import shell, windows
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import SHELL

FORMS = (
    ("empty single quotes", "''"),
    ("empty double quotes", '""'),
    ("a backslash", "\\"),
    ("$@", "$@"),
)
"""What a shell takes out of the middle of a word; ``$@`` is empty where no arguments follow."""


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject, unix=True):
        span = shell.text_of(line.text) if line.reader is Reader.SHELL else None
        if span is None:
            continue
        found = [one for one in shell.plain_words(line.text, *span) if one.end - one.start > 1]
        for words, inserted in FORMS:
            middles = [(one.start + one.end) // 2 for one in found]
            changes = [(at, at, inserted) for at in middles]
            text = windows.replaced(line.text, changes)
            yield from rewritten(subject, line.name, text, f"with {words} inside words")


MUTATION = Mutation(
    name="shell-quotes",
    title="quotes inside words of a Unix shell",
    summary="A Unix shell takes empty quotes, a backslash before a plain character and an empty "
    "expansion out of a word; only the shell's own command line shows them.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.INSERTION,
    sources=(SHELL,),
)
