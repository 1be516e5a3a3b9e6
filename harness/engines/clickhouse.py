"""ClickHouse in a process of its own: the library chdb.

Nothing is run but a statement over one table that our own grammar reads, with functions
that we evaluate, and read-only: a rule may come from anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.engines._base import Declined, Engine
from harness.engines._clickhouse import TABLE, Rows, is_no_syntax, question_of, refusal
from harness.engines._worker import Worker
from harness.ir import Event, FieldType
from harness.source import QuerySyntaxError, Unsupported

TIMEOUT = 10.0
"""Seconds that one query may take."""
_WORKER = Worker("ClickHouse", Path(__file__).with_name("_clickhouse_worker.py"), 0)


@lru_cache(maxsize=1)
def available() -> str | None:
    """Return the version of the engine in the package, where it is installed."""
    try:
        return version("chdb-core")
    except PackageNotFoundError:
        return None


def judge(
    query: str,
    events: Sequence[Event],
    *,
    options: Mapping[str, Any] | None = None,
    types: Mapping[str, FieldType] | None = None,
    timeout: float = TIMEOUT,
) -> list[bool | None]:
    """Return ClickHouse's verdict on each event, each a row of a table.

    ``None`` means that the query fails on that event. ``options`` are those of the language. The
    table has a column for every key of an event and of ``types``.

    Raises:
        QuerySyntaxError: ClickHouse refuses the query, in its own words.
        EngineFailure: There is no answer, or the query is not one that is run here.
    """
    rows = Rows.of(events, options or {}, types or {})
    request: dict[str, Any] = {"columns": rows.columns, "rows": rows.values}
    try:
        question = question_of(query)
    except (QuerySyntaxError, Unsupported) as error:
        answer = _WORKER.ask({**request, "syntax": is_no_syntax(query)}, timeout=timeout)
        if answer.get("invalid"):
            message = "syntax error"
            raise refusal(query, message) from error
        message = f"ClickHouse is not asked here: {error.message}"
        raise Declined(message) from error
    request |= {"every": question.text(TABLE), "one": question.text("{table}")}
    answer = _WORKER.ask(request, timeout=timeout)
    if "refused" in answer:
        raise refusal(query, str(answer["refused"]))
    return list(answer["verdicts"])


ENGINE = Engine(
    name="clickhouse",
    title="ClickHouse",
    language="clickhouse",
    available=available,
    judge=judge,
    trusted=False,
)
