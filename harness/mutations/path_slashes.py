"""Paths with forward slashes."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import windows
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._sources import ARGFUSCATOR, FILE_PATHS


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        if not line.program.slashes:
            continue
        spans = windows.paths(line.text, line.arguments)
        changes = [(a, b, line.text[a:b].replace("\\", "/")) for a, b in spans]
        text = windows.replaced(line.text, changes)
        yield from rewritten(subject, line.name, text, "with forward slashes in paths")


MUTATION = Mutation(
    name="path-slashes",
    title="paths with forward slashes",
    summary="Windows opens files by paths with forward slashes, and some programs hand them on; "
    "only those of which that is known are tried.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(
        f"{FILE_PATHS}#canonicalize-separators",
        ARGFUSCATOR,
    ),
)
