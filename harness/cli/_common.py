"""What every command shares: exit codes, errors, output files, and a progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.errors import Diagnostic, InvalidInput
from harness.report._base import WIDTH

KEPT, FINDINGS, UNUSABLE, INTERNAL = 0, 1, 2, 3
"""Exit codes: every promise kept; findings; the input cannot be used; a bug of the harness."""


def fail(diagnostics: Iterable[Diagnostic]) -> None:
    """Print what is wrong with an input to standard error."""
    for one in diagnostics:
        head = f"{one.place}: " if one.place else ""
        click.echo(f"{head}{one.severity}: {one.message} [{one.code}]", err=True)
        if one.excerpt:
            click.echo(one.excerpt, err=True)
        if one.hint:
            click.echo(f"  hint: {one.hint}", err=True)


def write(path: Path, text: str) -> None:
    """Write a report; raises ``InvalidInput`` where the place cannot be written."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all, whatever interrupts it.

    What is no regular file, such as a pipe, is written to as it is. Raises ``InvalidInput``
    where the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise InvalidInput(
            [
                Diagnostic(
                    code="unwritable",
                    message=f"the report cannot be written: {error.strerror}",
                    place=str(path),
                    hint="choose another --output",
                )
            ]
        ) from error


def _replace(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(data)
        if path.exists():
            unfinished.chmod(path.stat().st_mode)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def progress(total: int, what: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Show a bar on standard error if that is a terminal; gone once the work is done."""
    console = Console(file=sys.stderr)
    if quiet or not console.is_terminal:
        yield None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
        bar.add_task(what, total=total)
        yield bar


def console() -> Console:
    """Return the console of standard output; as wide as a report if it is no terminal."""
    plain = Console(highlight=False)
    if plain.is_terminal or "COLUMNS" in os.environ:
        return plain
    return Console(highlight=False, width=WIDTH)
