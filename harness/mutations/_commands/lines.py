"""The command lines and scripts of an activity, and what reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.mutations._base import Effect, Mutated, Subject
from harness.mutations._commands import powershell, windows
from harness.mutations._commands.programs import Program, Reader, program, stem
from harness.mutations._commands.windows import Word

_LINES = {
    "CommandLine": ("OriginalFileName", "Image"),
    "ProcessCommandLine": ("FileName", "FolderPath"),
    "process.command_line": (
        "process.pe.original_file_name",
        "process.name",
        "process.executable",
    ),
}
"""Names of command lines, each with the names of what tells the program."""
_SCRIPTS = ("ScriptBlockText", "powershell.file.script_block_text")


@dataclass(frozen=True)
class Line:
    """A command line: the value that holds it, its text, and the program that reads it.

    The image that runs is recorded as the system resolved it, so that spellings of a path show in
    the command line alone.
    """

    name: str
    text: str
    program: Program
    file: str = ""
    """The name of the file that runs, which may be a renamed program."""
    unix: bool = False

    @cached_property
    def words(self) -> list[Word]:
        """The arguments as a Windows program gets them, its own name first where it is there."""
        return windows.words(self.text)

    @cached_property
    def named(self) -> bool:
        """Whether the line begins with the program's own name."""
        return bool(self.words) and stem(self.words[0].value) in {self.program.name, self.file}

    @cached_property
    def arguments(self) -> list[Word]:
        """The arguments without the program's own name."""
        return self.words[1:] if self.named else self.words

    @property
    def reader(self) -> Reader:
        """Who takes the line apart."""
        return self.program.reader


def lines(subject: Subject, *, unix: bool = False) -> Iterator[Line]:
    """Yield the command lines that the reference looks at, of Windows or of Unix."""
    for name, told_by in _LINES.items():
        text = subject.values.get(name)
        if not isinstance(text, str) or not text.strip() or len(text) >= windows.MOST:
            continue
        if not subject.reads(name) or not subject.concerns_value(name):
            continue
        line = _line(subject, name, text, told_by)
        if line.unix is unix:
            yield line


def _line(subject: Subject, name: str, text: str, told_by: tuple[str, ...]) -> Line:
    """Tell the program by the line itself, by the name it was built with, by its file."""
    told = [value for one in told_by if isinstance(value := subject.values.get(one), str)]
    first = windows.words(text)[0].value
    named = [program(stem(one)) for one in (first, *told)]
    chosen = next((one for one in named if one.known), None)
    files = [one for one in told if "\\" in one or "/" in one]
    file = stem((files or told or [first])[-1])
    unix = is_unix(subject, first, files)
    return Line(name, text, chosen or program(file), file=file, unix=unix)


def is_unix(subject: Subject, first: str, files: list[str]) -> bool:
    """Return whether an activity is of Unix: by what it says, a path, or its first word."""
    for name in ("OS", "host.os.type"):
        if name in subject.values:
            return bool(subject.values[name] != "windows")
    paths = [one for one in (*files, first) if "\\" in one or "/" in one]
    return bool(paths) and "/" in paths[0] and "\\" not in paths[0]


def scripts(subject: Subject) -> Iterator[tuple[str, str, int, int]]:
    """Yield (name, text, start, end) of every PowerShell script that the reference looks at."""
    for line in lines(subject):
        if line.reader is Reader.POWERSHELL:
            span = powershell.script(line.text, line.program, line.arguments)
            if span is not None:
                yield line.name, line.text, *span
    for name in _SCRIPTS:
        text = subject.values.get(name)
        if isinstance(text, str) and text and subject.reads(name) and subject.concerns_value(name):
            yield name, text, 0, len(text)


def rewritten(subject: Subject, name: str, text: str, detail: str) -> Iterator[Mutated]:
    """Yield the subject with another text for a value, if that shows."""
    if text == subject.values.get(name) or len(text) >= windows.MOST:
        return
    values = {**subject.values, name: text}
    document = subject.schema.render(subject.kind, values)
    if document != subject.document:
        yield Mutated(
            detail=f"{name} {detail}",
            document=document,
            effect=Effect.PROMISABLE,
            values=values,
        )


def distinct(
    apply: Callable[[Subject], Iterator[Mutated]],
) -> Callable[[Subject], Iterator[Mutated]]:
    """Return a mutation without what comes out the same in two of its forms."""

    def applied(subject: Subject) -> Iterator[Mutated]:
        seen: set[tuple[tuple[str, Any], ...]] = set()
        for one in apply(subject):
            values = one.values or {}
            changed = tuple(
                (name, value) for name, value in values.items() if value != subject.values.get(name)
            )
            if changed not in seen:
                seen.add(changed)
                yield one

    return applied
