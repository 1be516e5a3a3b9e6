"""Options in another order."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell
from harness.mutations._commands.lines import Line, lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._commands.windows import Word
from harness.mutations._sources import ABOUT, CURL, STUDY


def _groups(line: Line) -> list[list[Word]]:
    """Return the parts of a line that may change places: an option with its value, or a word."""
    if line.reader is Reader.POWERSHELL:
        called = powershell.invocation(line.program, line.arguments)
        return [[one.word, *([one.value] if one.value else [])] for one in called.parameters]
    groups: list[list[Word]] = []
    at = 0
    while at < len(line.arguments):
        word = line.arguments[at]
        size = 2 if word.value in line.program.values else 1
        known = size > 1 or word.value in line.program.flags or word.value[:1] != "-"
        if not known:
            return []
        groups.append(line.arguments[at : at + size])
        at += size
    return (
        groups
        if all(len(one) > 1 or one[0].value not in line.program.values for one in groups)
        else []
    )


def _reversed(line: Line, groups: list[list[Word]]) -> str:
    """Return a line with some of its parts in the opposite order."""
    texts = [line.text[one[0].start : one[-1].end] for one in groups]
    text, first, last = line.text, groups[0][0].start, groups[-1][-1].end
    return f"{text[:first]}{' '.join(reversed(texts))}{text[last:]}"


def _apply(subject: Subject) -> Iterator[Mutated]:
    for unix in (False, True):
        for line in lines(subject, unix=unix):
            if not (line.program.flags or line.program.values):
                continue
            groups = _groups(line)
            plain = sum(one[0].value[:1] != "-" for one in groups)
            if len(groups) > 1 and (plain <= 1 or line.reader is Reader.POWERSHELL):
                text = _reversed(line, groups)
                yield from rewritten(subject, line.name, text, "with its options in another order")


MUTATION = Mutation(
    name="reordered-options",
    title="options in another order",
    summary="Options may stand in any order where a program does not read them as a sequence; only "
    "programs are tried of which the options that take a value are known.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.REORDERING,
    sources=(
        f"{ABOUT}about_powershell_exe",
        CURL,
        STUDY,
    ),
)
