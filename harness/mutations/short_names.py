"""Short names of files and folders, of eight letters and an ending of three."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import windows
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._sources import FILE_NAMES

_SHORT = re.compile(r"[^\s.+,;=\[\]]{1,8}(?:\.[^\s.+,;=\[\]]{1,3})?")
_GENERATION = (
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-fscc/"
    "18e63b13-ba43-4f5f-a5b7-11e871b71f14"
)
_CHECKSUM = 3
"""Letters below which Windows puts a checksum into the short name; those names are left alone."""
_USUAL = {"program files (x86)": 2, "programdata": 3}
"""Names that share their first letters with one that was there before."""


def short_name(name: str) -> str:
    """Return the short name that Windows makes of a name; the name itself where it needs none.

    The number counts names that begin alike, in the order in which they were made: 1 is an
    assumption, except for folders that every Windows has.
    """
    if _SHORT.fullmatch(name) or not name.isascii() or name in {"", ".", ".."}:
        return name
    stem, _, ending = name.lstrip(".").replace(" ", "").rpartition(".")
    if not stem:
        stem, ending = ending, ""
    stem = re.sub(r"[+,;=\[\]]", "_", stem.replace(".", ""))[:6]
    if len(stem) < _CHECKSUM:
        return name
    ending = re.sub(r"[+,;=\[\]]", "_", ending)[:3]
    number = _USUAL.get(name.lower(), 1)
    return f"{stem}~{number}{'.' if ending else ''}{ending}".upper()


def _shortened(path: str) -> str:
    drive, *names = path.split("\\")
    return "\\".join([drive, *map(short_name, names)])


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        spans = list(windows.paths(line.text, line.words))
        changes = [(a, b, _shortened(line.text[a:b])) for a, b in spans]
        text = windows.replaced(line.text, changes)
        yield from rewritten(subject, line.name, text, "with short names of files")


MUTATION = Mutation(
    name="short-names",
    title="short (8.3) names of files",
    summary="Where Windows keeps short names, as it does by itself on the system's drive, a file "
    "is opened by its short name too; which number that has is an assumption.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(
        f"{FILE_NAMES}#short-vs-long-names",
        _GENERATION,
    ),
)
