r"""Paths with the prefix ``\\?\``, as a device, and as a share of the same computer."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import windows
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._sources import FILE_NAMES, FILE_PATHS

_FORMS = (
    ("the prefix \\\\?\\", "\\\\?\\{drive}:\\{rest}"),
    ("the prefix \\\\.\\", "\\\\.\\{drive}:\\{rest}"),
    ("an administrative share", "\\\\localhost\\{drive}$\\{rest}"),
)


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Change the paths that are arguments; the program's own is left as it was found."""
    for line in lines(subject):
        spans = list(windows.paths(line.text, line.arguments))
        for words, form in _FORMS:
            changes = [
                (a, b, form.format(drive=line.text[a], rest=line.text[a + 3 : b])) for a, b in spans
            ]
            text = windows.replaced(line.text, changes)
            yield from rewritten(subject, line.name, text, f"with paths by {words}")


MUTATION = Mutation(
    name="path-prefixes",
    title="paths with a prefix or as a share",
    summary="Windows opens the same file by its path in another name space and through the "
    "administrative share of the computer; whether a program takes such a path is its own affair.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(
        f"{FILE_NAMES}#namespaces",
        FILE_PATHS,
    ),
)
