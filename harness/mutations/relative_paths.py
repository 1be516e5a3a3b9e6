"""Paths with a detour, and relative ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import windows
from harness.mutations._commands.lines import Line, lines, rewritten
from harness.mutations._sources import FILE_NAMES, FILE_PATHS


def _here(path: str) -> str:
    return f"{path[:3]}.\\{path[3:]}"


def _up(path: str) -> str:
    folder, _, rest = path[3:].partition("\\")
    return f"{path[:3]}{folder}\\..\\{folder}\\{rest}" if rest else path


def _doubled(path: str) -> str:
    head, _, tail = path.rpartition("\\")
    return f"{head}\\\\{tail}"


_FORMS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("a dot in paths", _here),
    ("a detour in paths", _up),
    ("doubled separators in paths", _doubled),
)


def _from_current(subject: Subject, line: Line, start: int, end: int) -> str:
    """Return a path as it is seen from the current directory; as it is where that is elsewhere."""
    current, path = subject.values.get("CurrentDirectory"), line.text[start:end]
    if not isinstance(current, str) or not current.endswith("\\"):
        return path
    inside = path.lower().startswith(current.lower()) and len(path) > len(current)
    return f".\\{path[len(current) :]}" if inside else path


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        spans = list(windows.paths(line.text, line.arguments))
        for words, form in _FORMS:
            changes = [(a, b, form(line.text[a:b])) for a, b in spans]
            text = windows.replaced(line.text, changes)
            yield from rewritten(subject, line.name, text, f"with {words}")
        changes = [(a, b, _from_current(subject, line, a, b)) for a, b in spans]
        text = windows.replaced(line.text, changes)
        yield from rewritten(subject, line.name, text, "with relative paths")


MUTATION = Mutation(
    name="relative-paths",
    title="relative paths and detours",
    summary="Windows takes dots, detours and doubled separators out of a path before it opens a "
    "file, and begins at the current directory where a path is relative.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.INSERTION,
    sources=(
        f"{FILE_PATHS}#path-normalization",
        FILE_NAMES,
    ),
)
