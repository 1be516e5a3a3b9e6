"""Reading files that somebody else wrote: bounded, UTF-8 only, and never outside the folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from harness.errors import Diagnostic, InvalidInput

MAX_BYTES = 2_000_000
"""A rule file larger than this is refused."""
MANIFEST = "harness.yml"


def read_text(path: Path, *, within: Path | None = None, limit: int = MAX_BYTES) -> str:
    """Return the text of a file; raises ``InvalidInput`` with the reason it cannot be used.

    ``limit`` is the size in bytes up to which it is read. ``within`` is the folder that the
    file must lie in once links are followed: a rule that somebody sends must not show what
    else is on this machine.
    """
    name = str(path)
    try:
        if within is not None and not path.resolve().is_relative_to(within.resolve()):
            hint = "put a copy of the file into the folder"
            message = "the file lies outside the rule's folder"
            raise InvalidInput([_refused("outside-folder", name, message, hint)])
        if not path.exists():
            raise InvalidInput([_refused("no-such-file", name, "there is no such file")])
        if not path.is_file():
            raise InvalidInput([_refused("not-a-file", name, "this is not a regular file")])
        with path.open("rb") as handle:
            data = handle.read(limit + 1)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it is a loop of links"
        raise InvalidInput(
            [_refused("unreadable", name, f"the file cannot be read: {reason}")]
        ) from error
    if len(data) > limit:
        raise InvalidInput([_refused("too-large", name, f"the file is larger than {limit} bytes")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        place = f"{name}:{line}:{column}"
        problem = _refused("not-utf-8", place, "the file is not UTF-8 text", "save it as UTF-8")
        raise InvalidInput([problem]) from error


def _refused(code: str, place: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code=code, message=message, place=place, hint=hint)


def rule_files(root: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files that may hold rules at or below a path, sorted.

    A folder with a ``harness.yml`` is that rule's own: nothing else in it is a rule. Links to
    folders are not followed.
    """
    if root.is_file():
        yield root
        return
    for folder, folders, files in os.walk(root, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if MANIFEST in files:
            yield Path(folder) / MANIFEST
            continue
        for name in sorted(files):
            if name.endswith(endings) and not name.startswith("."):
                yield Path(folder) / name
