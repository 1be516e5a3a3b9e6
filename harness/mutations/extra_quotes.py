"""Quotes around or inside arguments that need none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import cmd, powershell, windows
from harness.mutations._commands.lines import Line, distinct, lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import ARGFUSCATOR, ARGUMENTS, STUDY

_PLAIN = re.compile(r"[A-Za-z0-9./:=_-]{3,}")
_INSIDE = re.compile(r"[A-Za-z0-9]{3,}")


def _plain(line: Line) -> list[tuple[int, int]]:
    """Return the arguments that hold nothing which quotes or a shell would change."""
    if line.reader is Reader.CMD:
        command = cmd.command(line.text)
        return [] if command is None else list(cmd.bare(line.text, *command))
    if not line.program.quotes:
        return []
    arguments = line.arguments
    if line.reader is Reader.POWERSHELL:
        called = powershell.invocation(line.program, arguments)
        own = [word for one in called.parameters for word in (one.word, one.value) if word]
        arguments = [*own, *([called.said.word] if called.said else [])]
    return [
        (one.start, one.end)
        for one in arguments
        if not one.quotes and _PLAIN.fullmatch(line.text, one.start, one.end)
    ]


def _split(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return the insertion of two quotes in the middle of a word."""
    found = _INSIDE.search(text, start, end)
    if found is None:
        return []
    middle = (found.start() + found.end()) // 2
    return [(middle, middle, '""')]


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        plain = _plain(line)
        if line.reader is not Reader.CMD:
            around = [(start, end, f'"{line.text[start:end]}"') for start, end in plain]
            text = windows.replaced(line.text, around)
            yield from rewritten(subject, line.name, text, "with quotes around arguments")
        inside = [one for span in plain for one in _split(line.text, *span)]
        text = windows.replaced(line.text, inside)
        yield from rewritten(subject, line.name, text, "with quotes inside arguments")


MUTATION = Mutation(
    name="extra-quotes",
    title="quotes that change nothing",
    summary="A pair of quotes disappears when a program's arguments are taken apart, around an "
    "argument as well as inside it; programs with a reading of their own are left alone.",
    effects=(Effect.PROMISABLE,),
    apply=distinct(_apply),
    evasion=Evasion.INSERTION,
    sources=(
        ARGUMENTS,
        ARGFUSCATOR,
        STUDY,
    ),
)
