"""More blanks between the arguments of a command line than there need be."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import cmd, windows
from harness.mutations._commands.lines import Line, lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import ARGUMENTS, STUDY

_BETWEEN = (("two blanks", "  "), ("a tab", "\t"))


def _gaps(line: Line) -> list[tuple[int, int]]:
    """Return where blanks stand between arguments, as far as more of them mean the same."""
    if line.reader is Reader.OWN:
        return []
    gaps = [(a.end, b.start) for a, b in zip(line.words, line.words[1:], strict=False)]
    if line.reader is not Reader.CMD:
        return gaps
    command = cmd.command(line.text)
    if command is None:
        return []
    if not cmd.is_literal(line.text, *command):
        return gaps
    return [gap for gap in gaps if gap[1] <= command[0]]


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        gaps = _gaps(line)
        for words, blanks in _BETWEEN:
            text = windows.replaced(line.text, [(*gap, blanks) for gap in gaps])
            yield from rewritten(subject, line.name, text, f"with {words} between arguments")


MUTATION = Mutation(
    name="extra-blanks",
    title="more blanks between arguments",
    summary="Blanks and tabs divide arguments, however many there are; programs with a reading of "
    "their own and commands that print their text are left alone.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.INSERTION,
    sources=(
        ARGUMENTS,
        STUDY,
    ),
)
