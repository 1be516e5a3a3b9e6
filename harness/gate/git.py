"""The two states of a change, taken from git without touching the work tree.

git is run with an argument list, never through a shell, and its answers are read as data.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from harness.errors import Diagnostic, InvalidInput

TIMEOUT = 120
"""Seconds that one git command may take."""


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = "no-git"
        raise _problem(msg, f"git cannot be run: {error}", "install git") from error
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        msg = "git"
        raise _problem(msg, f"git {arguments[0]} failed: {message}", "check --base and the path")
    return done.stdout


def _problem(code: str, message: str, hint: str) -> InvalidInput:
    return InvalidInput([Diagnostic(code=code, message=message, hint=hint)])


def root_of(folder: Path) -> Path:
    """Return the top of the work tree that a folder is in."""
    return Path(_git(folder, "rev-parse", "--show-toplevel").decode().strip())


def commit_of(root: Path, ref: str) -> str:
    """Return the commit that a change starts from: the merge base of a ref and HEAD."""
    asked = ("rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    commit = _git(root, *asked).decode().strip()
    return _git(root, "merge-base", commit, "HEAD").decode().strip()


def changed_files(root: Path, commit: str) -> list[Path]:
    """Return the files that differ from a commit, untracked ones included, as absolute paths."""
    tracked = _git(root, "diff", "--name-only", "--no-renames", "-z", commit, "--")
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    names = {name for name in (tracked + untracked).decode("utf-8", "replace").split("\0") if name}
    return sorted(root / name for name in names)


def extract(root: Path, commit: str, paths: Sequence[Path], into: Path) -> list[Path]:
    """Write some paths as they were at a commit into a folder; return those that existed."""
    existing = []
    for path in paths:
        name = path.relative_to(root).as_posix()
        listed = _git(root, "ls-tree", "--name-only", commit, "--", name)
        if listed.strip():
            existing.append(name)
    if not existing:
        return []
    data = _git(root, "archive", "--format=tar", commit, "--", *existing)
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(into, filter="data")
    except tarfile.TarError as error:
        message = f"the state before the change cannot be written out: {error}"
        msg = "git"
        raise _problem(
            msg, message, "take links that leave their folder out of the rules"
        ) from error
    return [into / name for name in existing]
