"""The run of ``harness gate --converter``: environments, rules in parallel, and progress."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness import batch, cache
from harness.cli._common import progress
from harness.cli._running import SLOW
from harness.conversion import environments
from harness.conversion.translate import Request
from harness.gate import drift
from harness.gate.drift import Drift
from harness.ruleset.load import load
from harness.ruleset.model import Rule

FOLDER = "environments"
"""Where environments are kept in the cache's folder."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for beside rules and converters."""

    request: Request
    seed: int
    jobs: int | None
    remember: bool
    quiet: bool


def compared(paths: Sequence[Path], pair: tuple[str, str], asked: Asked) -> dict[str, Any]:
    """Return the ``harness/drift/1`` document of the rules at some paths."""
    loaded = load(paths)
    place = cache.folder() if asked.remember else None

    def tell(text: str) -> None:
        if not asked.quiet:
            click.echo(text, err=True)

    kept = place / FOLDER if place is not None else None
    with environments.opened(pair, kept, tell=tell) as (old, new):
        task = Drift(
            old=old, new=new, request=asked.request, seed=asked.seed, remember=asked.remember
        )
        drift.check(task, loaded.rules)
        parts, interrupted = _parts(task, loaded.rules, asked)
    return drift.document(task, parts, loaded.problems, interrupted=interrupted)


def _parts(task: Drift, rules: Sequence[Rule], asked: Asked) -> tuple[list[batch.Part], bool]:
    """Return what comes of the rules, and whether an interrupt left some of them out."""
    started = time.perf_counter()
    found: list[batch.Part] = []
    jobs = asked.jobs or batch.default_jobs(len(rules))
    with progress(len(rules), "comparing", quiet=asked.quiet) as bar:
        if bar is not None:
            bar.tasks[0].visible = False
        try:
            for part in batch.parts(task, rules, jobs=jobs):
                found.append(part)
                if bar is not None:
                    late = time.perf_counter() - started > SLOW
                    bar.update(bar.tasks[0].id, advance=1, visible=late)
        except KeyboardInterrupt:
            return found, True
    return found, False
