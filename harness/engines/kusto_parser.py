"""Microsoft's own parser of Kusto: what it refuses, names and types included. It runs nothing.

It is the npm package ``@kusto/language-service-next``, which node runs in a subprocess with limits.
The harness never fetches it: the variable ``HARNESS_KUSTO_PARSER`` says in which folder it is.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from typing import Any

from harness.engines._base import Declined, Engine, EngineFailure
from harness.engines._process import run_limited
from harness.ir import FieldType
from harness.source import QuerySyntaxError, Source, Span

VARIABLE = "HARNESS_KUSTO_PARSER"
TIMEOUT = 30.0
"""Seconds that one run of the parser may take."""
_MEMORY = 16 << 30
"""Bytes of address space: node reserves far more than the gigabyte that its heap may have."""
_NODE = ("--max-old-space-size=1024", "--stack-size=4000")
_TOO_DEEP = "KS245"
"""The parser does not look at a query that nests deeper than is safe for it; the service may."""
_LONGEST = 500
_MOST = 400
"""Queries of one run."""
Complaint = tuple[str, int, int, str]
"""What the parser says of a place: a code, where it begins, how long it is, words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query and the columns of every table that it names; an ``open`` table may have others."""

    query: str
    columns: Mapping[str, str]
    open: bool = False

    def json(self) -> dict[str, Any]:
        """Return the question as the script takes it."""
        return {"query": self.query, "columns": dict(self.columns), "open": self.open}


def available() -> str | None:
    """Return the version of the parser that the variable names, where node can run it."""
    folder = os.environ.get(VARIABLE)
    return _version(folder) if folder and shutil.which("node") else None


def ask(questions: Sequence[Question], *, timeout: float = TIMEOUT) -> list[list[Complaint]]:
    """Return what the parser finds wrong with queries: nothing where it takes one.

    Raises ``EngineTimeout``, or ``EngineFailure`` where it gives no answer.
    """
    pending = iter(questions)
    found: list[list[Complaint]] = []
    while some := list(islice(pending, _MOST)):
        found += _run(some, timeout)
    return found


def _run(questions: Sequence[Question], timeout: float) -> list[list[Complaint]]:
    library, node = _library(os.environ.get(VARIABLE, "")), shutil.which("node")
    if library is None or node is None:
        message = f"no parser: {VARIABLE} names no folder with it, or node is not installed"
        raise EngineFailure(message)
    given = {"library": str(library), "items": [one.json() for one in questions]}
    with as_file(files("harness.engines") / "_kusto_parser.js") as script:
        finished = run_limited(
            [node, *_NODE, str(script)],
            stdin=json.dumps(given).encode(),
            locale="C.UTF-8",
            timeout=timeout,
            memory=_MEMORY,
        )
    try:
        answer = json.loads(finished.output)
        found = [
            [_complaint(one.query, *said) for said in all_]
            for one, all_ in zip(questions, answer, strict=True)
        ]
    except (ValueError, TypeError) as error:
        words = finished.errors.decode("utf-8", "replace").split("\n\n")[0][:_LONGEST]
        message = f"the parser fails: {words or 'it says nothing'}"
        raise EngineFailure(message) from error
    return found


def _complaint(query: str, code: str, start: int, length: int, words: str) -> Complaint:
    """Return what the parser says, with places in characters: it counts in UTF-16."""
    units = query.encode("utf-16-le", "surrogatepass")
    before = units[: 2 * max(0, int(start))].decode("utf-16-le", "replace")
    inside = units[2 * max(0, int(start)) :][: 2 * max(0, int(length))]
    words = " ".join(str(words).split())[:_LONGEST]
    return str(code), len(before), len(inside.decode("utf-16-le", "replace")), words


def check(
    query: str,
    *,
    options: Mapping[str, Any] | None = None,
    types: Mapping[str, FieldType] | None = None,
    timeout: float = TIMEOUT,
) -> None:
    """Raise ``QuerySyntaxError`` where the parser refuses a query over columns of some types."""
    (found,) = ask([question(query, types or {}, options or {})], timeout=timeout)
    if any(code == _TOO_DEEP for code, *_ in found):
        message = "the parser does not look at queries that nest so deeply"
        raise Declined(message)
    for code, start, length, words in found[:1]:
        message = f"{code}: {words}".removeprefix(": ")
        raise QuerySyntaxError(message, Source(query, "<engine>"), Span(start, start + length))


def question(query: str, types: Mapping[str, FieldType], options: Mapping[str, Any]) -> Question:
    """Return what to ask about a query that is read with these types and options."""
    from harness.languages.kusto._columns import kusto_type  # noqa: PLC0415 - not for every run

    columns = {name: kusto_type(kind.name) or "unknown" for name, kind in types.items()}
    is_open = not columns or options.get("unmapped") == "missing"
    return Question(query=query, columns=columns, open=is_open)


def _library(folder: str) -> Path | None:
    return next(
        (one for one in _candidates(folder) if (one / "Kusto.Language.Bridge.min.js").is_file()),
        None,
    )


def _candidates(folder: str) -> Iterator[Path]:
    if folder:
        yield Path(folder)
        yield Path(folder) / "node_modules" / "@kusto" / "language-service-next"


@lru_cache(maxsize=4)
def _version(folder: str) -> str | None:
    library = _library(folder)
    if library is None:
        return None
    try:
        # the package has a mark of its encoding at its beginning
        found = json.loads((library / "package.json").read_text("utf-8-sig"))
        return str(found["version"])[:40]
    except (OSError, ValueError, LookupError, TypeError):
        return None


ENGINE = Engine(
    name="kusto-parser",
    title="Kusto parser",
    language="kusto",
    available=available,
    check=check,
)
