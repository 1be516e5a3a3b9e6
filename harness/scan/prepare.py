"""Rules made ready for a scan, and remembered as long as neither they nor the harness change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cache import Cache, folder
from harness.conversion.translate import Request
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.load import load
from harness.scan.queries import Queries, queries_of


@dataclass(frozen=True, slots=True)
class Ready:
    """The queries of some rules, and what is wrong with the others."""

    queries: Queries
    problems: tuple[Diagnostic, ...]


def prepared(paths: Sequence[Path], request: Request, *, remember: bool = True) -> Ready:
    """Return what is to be run of the rules at some paths.

    Raises ``InvalidInput`` where there is no rule at all.
    """
    if not paths:
        hint = "name a rule or a folder of rules before the events"
        message = "there is no rule to run"
        raise InvalidInput([Diagnostic(code="no-rules", message=message, hint=hint)])
    loaded = load(paths)
    if not loaded.rules:
        raise InvalidInput(loaded.problems)
    cache = Cache(folder() if remember else None)
    try:
        return Ready(queries_of(loaded.rules, request, cache), tuple(loaded.problems))
    finally:
        cache.close()
