"""Can every query be read and evaluated?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Cell, Check, Finding, finding
from harness.source import Unsupported


def _run(cell: Cell) -> Iterator[Finding]:
    error = cell.error
    if error is None:
        return
    if isinstance(error, Unsupported):
        yield finding(
            cell,
            "unsupported",
            f"uses {error.feature}, which the harness does not evaluate yet",
            severity="warning",
            hint=error.reason,
            place=error.place,
            excerpt=error.source.excerpt(error.span),
        )
        return
    yield finding(
        cell,
        "invalid-query",
        f"the language rejects the query: {error.message}",
        hint=error.hint,
        place=error.place,
        excerpt=error.source.excerpt(error.span),
    )


CHECK = Check(
    name="readable",
    question="Does the language accept the query, and can the harness evaluate it?",
    codes={
        "invalid-query": "The real language rejects the query.",
        "unsupported": "The query uses a construct that the harness does not evaluate yet.",
    },
    cell=_run,
)
