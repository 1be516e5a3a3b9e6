"""The same file under another spelling of its path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject

_DRIVE = re.compile(r"[A-Za-z]:\\")
_LINES = "CommandLine"
"""Command lines have mutations of their own."""
_RESOLVED = "Image"
"""The path of a program that runs: the system resolves it before it is recorded."""

_STREAM = "with an alternate data stream"
"""Another stream of the same file, whose content is another."""


def _spellings(path: str) -> Iterator[tuple[str, str]]:
    rest = path[3:]
    yield "with forward slashes", path.replace("\\", "/")
    yield r"with the prefix \\?\ ", f"\\\\?\\{path}"
    yield "as an administrative share", f"\\\\localhost\\{path[0]}$\\{rest}"
    yield "as an NT device path", f"\\Device\\HarddiskVolume3\\{rest}"
    yield "with a doubled separator", path.replace("\\", "\\\\", 2).replace("\\\\", "\\", 1)
    yield "with a dot component", f"{path[:3]}.\\{rest}"
    yield _STREAM, f"{path}:stream"
    yield "with a trailing dot", f"{path}."


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, value in subject.values.items():
        if not isinstance(value, str) or not _DRIVE.match(value) or name not in subject.read:
            continue
        if name.endswith(_LINES):
            continue
        for words, spelling in _spellings(value):
            probes = name.endswith(_RESOLVED) or words == _STREAM
            effect = Effect.PROBES if probes else Effect.PROMISABLE
            values = {**subject.values, name: spelling}
            document = subject.schema.render(subject.kind, values)
            if spelling != value and document != subject.document:
                yield Mutated(
                    detail=f"{name} {words.strip()}",
                    document=document,
                    effect=effect,
                    values=values,
                )


MUTATION = Mutation(
    name="path-spelling",
    title="spelling of a path",
    summary="Windows opens one file under many spellings, and sources record what was asked for, "
    "except for programs that run "
    "(https://learn.microsoft.com/windows/win32/fileio/naming-a-file).",
    effects=(Effect.PROMISABLE, Effect.PROBES),
    apply=_apply,
    once=True,
)
