"""The command is run through cmd.exe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands.lines import is_unix
from harness.mutations._commands.programs import stem
from harness.mutations._sources import CMD

_CMD = "C:\\Windows\\System32\\cmd.exe"
_NAMES = (
    ("CommandLine", "ParentImage", "ParentCommandLine"),
    ("process.command_line", "process.parent.executable", "process.parent.command_line"),
)
_SHELL = re.compile(r"[&|<>^%!\n]")
"""What cmd.exe would take as its own."""


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Put cmd.exe between the program and its parent.

    The program's own command line stays: cmd.exe hands it on as it is.
    """
    for line, image, parent in _NAMES:
        text, before = subject.values.get(line), subject.values.get(image)
        read = [one for one in (image, parent) if subject.reads(one)]
        if not read or not isinstance(text, str) or not text.strip() or _SHELL.search(text):
            continue
        if isinstance(before, str) and stem(before) == "cmd":
            continue
        first, *_ = text.split()
        if is_unix(subject, first, [before] if isinstance(before, str) else []):
            continue
        change = {image: _CMD, parent: f"cmd.exe /c {text}"}
        changed = {name: value for name, value in change.items() if name in subject.values}
        values = {**subject.values, **changed}
        document = subject.schema.render(subject.kind, values)
        if changed and document != subject.document:
            yield Mutated(
                detail="cmd.exe as the parent",
                document=document,
                effect=Effect.PROMISABLE,
                values=values,
            )


MUTATION = Mutation(
    name="cmd-wrapping",
    title="wrapped in cmd /c",
    summary="A command that is run by cmd.exe has cmd.exe as its parent, and the program that "
    "wanted it run is one step further away.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.INSERTION,
    sources=(CMD,),
)
