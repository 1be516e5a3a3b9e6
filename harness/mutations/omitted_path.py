"""The program's own name without its folder, and without its ending."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._sources import STUDY

_CREATE_PROCESS = (
    "https://learn.microsoft.com/windows/win32/api/processthreadsapi/"
    "nf-processthreadsapi-createprocessw"
)
_SEARCHED = re.compile(r"C:\\Windows\\(?:System32\\)?(?=[^\\]+$)", re.IGNORECASE)
"""Folders in which Windows looks for a program without being told to."""


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Shorten how the program is named in its own command line; its image stays."""
    for line in lines(subject):
        if not line.named:
            continue
        first = line.words[0]
        name, rest = first.value, line.text[first.end :]
        short = _SEARCHED.sub("", name)
        if " " in short:
            continue
        if short != name:
            text = f"{short}{rest}"
            yield from rewritten(subject, line.name, text, "without the folder of the program")
        bare = re.sub(r"\.exe$", "", short, flags=re.IGNORECASE)
        if bare != short and not set(bare) & {".", "\\", "/"}:
            text = f"{bare}{rest}"
            yield from rewritten(subject, line.name, text, "without the ending of the program")


MUTATION = Mutation(
    name="omitted-path",
    title="program without folder or ending",
    summary="Windows looks for a program in its own folders, and adds the ending exe to a name "
    "without one.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.OMISSION,
    sources=(
        _CREATE_PROCESS,
        STUDY,
    ),
)
