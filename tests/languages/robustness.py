"""Text that may be no query: it is read or refused, and both evaluators agree on what is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read
from harness.ir import Truth


def judge(text: str, events: Sequence[Mapping[str, Any]], **settings: Any) -> None:
    """Read a text, or see it refused; compare the verdicts of both evaluators.

    ``settings`` are those of :func:`harness.match`.
    """
    try:
        query, semantics = read(text, events=events, **settings)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, events, semantics)
    rows = [query.prepare(event) for event in events] if query.prepare else list(events)
    slow = [oracle.evaluate(query.predicate, row, semantics) for row in rows]
    slow = [semantics.unknown if item is Truth.UNKNOWN else item for item in slow]
    for stage in query.stages:
        slow = stage.select(rows, slow)
    assert fast == slow


def texts(pieces: Sequence[str]) -> st.SearchStrategy[str]:
    """Return texts of any kind, and such as consist of pieces of queries."""
    return st.text(max_size=60) | st.lists(st.sampled_from(pieces), max_size=25).map("".join)


@st.composite
def damaged(draw: st.DrawFn, queries: Sequence[str], pieces: Sequence[str]) -> str:
    """Return queries of which a few parts are cut out or replaced."""
    text = draw(st.sampled_from(queries))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + draw(st.sampled_from(["", *pieces])) + text[end:]
    return text
