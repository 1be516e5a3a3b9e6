"""What commands that run rules share: the run with its progress, reports and the exit code."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import batch, conversion, engines
from harness.cli._common import FINDINGS, KEPT, UNUSABLE, progress
from harness.conversion.translate import Request
from harness.engines import Address, EngineFailure
from harness.engines._addresses import SETTINGS, addresses
from harness.engines.servers import servers
from harness.errors import Diagnostic, InvalidInput
from harness.report import Format, formats
from harness.report.results import Collector, Part
from harness.ruleset.files import read_text
from harness.run.opinions import connected
from harness.run.plan import Plan

SLOW = 1.0
"""Seconds of work after which a progress bar appears."""


def format_of(path: Path) -> Format:
    """Return the report format that a file's ending selects; the longest ending wins.

    Raises ``InvalidInput`` where no format has the ending.
    """
    endings = {ending: one for one in formats().values() for ending in one.extensions}
    name = path.name.lower()
    found = max((one for one in endings if name.endswith(one)), key=len, default=None)
    if found is not None:
        return endings[found]
    raise InvalidInput(
        [
            Diagnostic(
                code="unknown-format",
                message="the file ending selects no report format",
                place=str(path),
                hint=f"known endings: {', '.join(sorted(endings))}",
            )
        ]
    )


def run_plan(
    plan: Plan,
    collector: Collector,
    *,
    quiet: bool,
    jobs: int | None = None,
    remember: bool = False,
) -> None:
    """Run a plan into a collector, with a progress bar once it takes long."""
    started = time.perf_counter()
    with progress(len(plan.rules), "testing", quiet=quiet) as bar:
        if bar is not None:
            bar.tasks[0].visible = False

        def advance(_: Part) -> None:
            if bar is not None:
                late = time.perf_counter() - started > SLOW
                bar.update(bar.tasks[0].id, advance=1, visible=late)

        jobs = jobs or batch.default_jobs(len(plan.rules))
        batch.run(plan, collector, jobs=jobs, remember=remember, finished=advance)


def request_of(names: Sequence[str], file: Path | None) -> Request:
    """Return what rules are converted to, from names as a user writes them."""
    wanted = [part.strip() for one in names for part in one.split(",") if part.strip()]
    known = conversion.built_in()
    if file is not None:
        known = (*conversion.read_targets(read_text(file), str(file)), *known)
    return Request(choices=conversion.choose(dict.fromkeys(wanted), known))


def engines_of(wanted: Sequence[str]) -> tuple[frozenset[str], tuple[Address, ...]]:
    """Return the engines of this machine that a user names, and the servers.

    Raises ``InvalidInput`` where one of them cannot be asked.
    """
    own = [one for one in (engines.local(name) for name in wanted if "=" not in name) if one]
    for one in own:
        if not one.available():
            message = f"{one.title} is not installed here"
            place = f"--engine {one.name}"
            hint = "docs/engines.md says what it needs"
            problem = Diagnostic(code="no-engine", message=message, place=place, hint=hint)
            raise InvalidInput([problem])
    names = frozenset(one.name for one in own)
    return names, servers_of([one for one in wanted if one not in names])


def servers_of(wanted: Sequence[str], file: Path | None = None) -> tuple[Address, ...]:
    """Return the servers that a user names; each must answer before anything is run.

    Raises ``InvalidInput`` for what cannot be used, and where a server gives no answer.
    """
    if not wanted:
        return ()
    kinds = {name: one.settings for name, one in servers().items()}
    found = addresses(wanted, kinds, file or Path(SETTINGS))
    for address in found:
        try:
            connected(address)
        except EngineFailure as error:
            hint = "start it, or correct its address: docs/engines.md"
            place = f"--engine {address.name}"
            problem = Diagnostic(code="no-engine", message=str(error), place=place, hint=hint)
            raise InvalidInput([problem]) from error
    return found


def exit_code(summary: Mapping[str, int]) -> int:
    """Return the exit code that a summary stands for."""
    if summary["problems"] or summary["interrupted"]:
        return UNUSABLE
    return FINDINGS if summary["findings"] else KEPT
