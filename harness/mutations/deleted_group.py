"""Keys that belong together are left out together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.mutations._base import Effect, Mutated, Mutation, Subject
from harness.mutations._documents import concerned, delete_path, leaf_paths

_GROUPS = {
    "the parent process": ("Parent", "GrandParent"),
    "the user": ("User", "Logon", "TerminalSession", "Domain"),
    "the digests": ("Hashes", "Hash", "Imphash"),
    "the file's resources": (
        "FileVersion",
        "Description",
        "Product",
        "Company",
        "OriginalFileName",
    ),
    "the other computer": ("Destination",),
    "the signature": ("Signed", "Signature"),
}
"""Values that are recorded together or not at all, by how their names begin."""


def _objects(subject: Subject) -> Iterator[tuple[str, list[str]]]:
    """Yield the objects of a document that hold several keys, each with the paths of its leaves."""
    inside: dict[str, list[str]] = {}
    for path, _ in leaf_paths(subject.document):
        pieces = path.split(".")
        for size in range(1, len(pieces)):
            inside.setdefault(".".join(pieces[:size]), []).append(path)
    for name, found in inside.items():
        if len(found) > 1 and not _only(inside, name, found):
            yield name, found


def _only(inside: Mapping[str, list[str]], name: str, found: list[str]) -> bool:
    """Return whether an object holds just one other object, which says it all."""
    return any(
        other.startswith(f"{name}.") and len(held) == len(found) for other, held in inside.items()
    )


def _recorded_together(subject: Subject) -> Iterator[tuple[str, list[str]]]:
    paths = {path for path, _ in leaf_paths(subject.document)}
    for words, begins in _GROUPS.items():
        names = [name for name in subject.values if name.startswith(begins)]
        shown = {path for name in names for path in subject.schema.shows(subject.kind, name)}
        found = sorted(shown & paths)
        if len(found) > 1:
            yield words, found


def _without(subject: Subject, paths: list[str]) -> dict[str, Any]:
    document = subject.copy()
    for path in paths:
        delete_path(document, path)
    return document


def _apply(subject: Subject) -> Iterator[Mutated]:
    of_interest = {path for path, _ in concerned(subject)}
    seen: set[frozenset[str]] = set()
    for words, paths in (*_recorded_together(subject), *_objects(subject)):
        group = frozenset(paths)
        document = _without(subject, paths)
        if group in seen or not group & of_interest or not document:
            continue
        seen.add(group)
        effect = Effect.KEEPS if all(map(subject.may_lack, paths)) else Effect.PROBES
        yield Mutated(detail=f"without {words}", document=document, effect=effect)


MUTATION = Mutation(
    name="deleted-group",
    title="keys that belong together are missing",
    summary="An agent that does not look up the parent process, the user, the digests or a file's "
    "resources leaves all of their keys out, and a pipeline drops an object as a whole; as with "
    "single keys, the outcome is only reported unless the source is known to leave them all out.",
    effects=(Effect.KEEPS, Effect.PROBES),
    apply=_apply,
    once=True,
)
