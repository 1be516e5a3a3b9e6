"""Options that are shortened, or written out."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell, windows
from harness.mutations._commands.lines import Line, distinct, lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._commands.windows import Word
from harness.mutations._sources import ARGFUSCATOR, POWERSHELL, STUDY


def _options(line: Line) -> list[tuple[Word, str]]:
    """Return the options that may be shortened, each with its whole name."""
    prefixes = line.program.prefixes
    if line.reader is Reader.POWERSHELL:
        called = powershell.invocation(line.program, line.arguments)
        found = [*called.parameters, *([called.said] if called.said else [])]
        return [(one.word, one.name) for one in found if one.name in prefixes]
    return [
        (one, name)
        for one in line.arguments
        for name, least in prefixes.items()
        if one.value[:1] == "/"
        and not one.quotes
        and name.startswith(one.value[1:].lower())
        and one.value[1:].lower().startswith(least)
    ]


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        if not line.program.prefixes:
            continue
        options = _options(line)
        least = line.program.prefixes
        forms = {
            "as short as they can be": [least[name] for _, name in options],
            "shortened by a letter": [
                name[: max(len(least[name]), len(name) - 1)] for _, name in options
            ],
            "written out": [name for _, name in options],
        }
        for words, names in forms.items():
            changes = [
                (word.start + 1, word.end, name)
                for (word, _), name in zip(options, names, strict=True)
                if not word.quotes and word.value[1:].lower() != name
            ]
            text = windows.replaced(line.text, changes)
            yield from rewritten(subject, line.name, text, f"with options {words}")


MUTATION = Mutation(
    name="option-abbreviations",
    title="shortened options",
    summary="Some programs know an option by its first letters; only those of which that is known "
    "are tried.",
    effects=(Effect.PROMISABLE,),
    apply=distinct(_apply),
    evasion=Evasion.OMISSION,
    sources=(
        POWERSHELL,
        ARGFUSCATOR,
        STUDY,
    ),
)
