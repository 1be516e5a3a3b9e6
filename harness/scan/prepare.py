"""Rules made ready for a scan, and remembered as long as neither they nor the harness change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cache import Cache, folder
from harness.errors import Diagnostic, InvalidInput
from harness.scan import memory
from harness.scan.queries import Queries, queries_of

if TYPE_CHECKING:
    from harness.conversion.translate import Request


@dataclass(frozen=True, slots=True)
class Ready:
    """The queries of some rules, and what is wrong with the others."""

    queries: Queries
    problems: tuple[Diagnostic, ...]


def prepared(
    paths: Sequence[Path], request: Request | None = None, *, remember: bool = True
) -> Ready:
    """Return what is to be run of the rules at some paths.

    Raises ``InvalidInput`` where there is no rule at all.
    """
    if not paths:
        hint = "name a rule or a folder of rules before the events"
        message = "there is no rule to run"
        raise InvalidInput([Diagnostic(code="no-rules", message=message, hint=hint)])
    cache = Cache(folder() if remember else None)
    try:
        return _prepared(paths, request, cache)
    finally:
        cache.close()


def _prepared(paths: Sequence[Path], request: Request | None, cache: Cache) -> Ready:
    key = state = ""
    if cache:
        key, state = memory.key_for(paths, request), memory.state_of(paths, request)
        known = memory.recall(cache, key, state)
        if known is not None:
            return Ready(*known)
    from harness.ruleset.load import load  # noqa: PLC0415 (slow to import)

    loaded = load(paths)
    if not loaded.rules:
        raise InvalidInput(loaded.problems)
    queries = queries_of(loaded.rules, request, cache)
    if key:
        memory.keep(cache, key, state, queries, loaded.problems)
    return Ready(queries, tuple(loaded.problems))
