"""Our reading of Kusto beside ``duckdb-kql``, somebody else's reading of the same manual.

It is no oracle: where the two differ, Microsoft's pages decide, and the difference stands below
with its reason. ``pip install 'duckdb-kql[duckdb]'`` has it; the harness does not need it.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from harness import languages, referee
from harness.engines._base import Declined
from harness.ir import Context
from harness.ir.query import field_types, infer_types
from harness.languages._base import Deviation
from harness.referee import kusto
from harness.source import QuerySyntaxError, Source
from tests.engines._duckdb_kql import DuckdbKql, available
from tests.engines._elasticsearch_cases import VERDICTS, story

pytestmark = pytest.mark.skipif(not available(), reason="duckdb-kql and DuckDB are not installed")
CASES = Path(__file__).parents[1] / "languages" / "cases" / "kusto"
MANY = settings().max_examples
every = pytest.mark.skipif(
    os.environ.get("HARNESS_HYPOTHESIS", "default") == "default", reason="seconds: tox -e referee"
)
NULLS = "https://learn.microsoft.com/en-us/kusto/query/scalar-data-types/null-values"


@lru_cache(maxsize=4096)
def _complaint(query: str) -> str:
    """Return what we reject a query for."""
    try:
        context = Context(types=field_types(kusto.TYPES))
        languages.get("kusto").parse(Source(query, "<query>"), context)
    except QuerySyntaxError as error:
        return error.message
    return ""


def _covers(pattern: str) -> Callable[[str], bool]:
    return lambda query: re.search(pattern, query) is not None


DIFFERENCES = (
    Deviation(
        name="a value as a condition",
        reason="it takes `where S` and drops or keeps rows as SQL does; Microsoft's parser refuses "
        "it (KS141: the expression must have the type bool; KS106 where `and` joins it)",
        covers=lambda query: (
            re.match(r"a condition must be|'(?:and|or)' takes bool values", _complaint(query))
            is not None
        ),
        when="we reject",
    ),
    Deviation(
        name="an element of no array",
        reason="it takes `N[0]`; Microsoft's parser refuses it (KS147: the element access operator "
        "[] is not allowed in this context)",
        covers=_covers(r"\b[SNIRBD]\s*\["),
        when="we reject",
    ),
    Deviation(
        name="a name alone",
        reason="a name that is no column is a table that is asked for, which is not there; "
        "Microsoft's parser takes it",
        covers=_covers(r"\A\W*[A-Za-z_]\w*\W*\Z"),
        when="it rejects",
    ),
    Deviation(
        name="elements of what is no array",
        reason="it fails on a row whose dynamic value is an object; we give null, as the other "
        "array functions are documented to (array_length: null if not an array)",
        covers=_covers(r"\bset_has_element\("),
        when="verdicts",
    ),
    Deviation(
        name="no value and the empty text",
        reason="it reads a missing slot of a dynamic value as the empty text; only strings have no "
        f"null, and a null is not equal to a value: {NULLS}",
        covers=_covers(r"""\bJ\.\w+ (?:==|!=) (?:""|'')"""),
        when="verdicts",
    ),
)


@every
def test_generated_queries_agree() -> None:
    report = referee.search(
        kusto.GRAMMAR,
        DuckdbKql(),
        "duckdb-kql",
        examples=MANY,
        seconds=240,
        seed=0,
        deviations=DIFFERENCES,
    )
    VERDICTS[f"duckdb-kql {report.version}, random kusto, seed 0"] += report.verdicts
    assert report.disagreement is None, story(report)
    assert report.verdicts > 10 * MANY


DECIDED = {
    "hidden": "it takes h'' for a name; page string: it only hides the text from logs",
    "many-lines": "it keeps the first line's signs; page string: multi-line texts are verbatim",
    "numeric-escapes": "it does not read \\x41; Microsoft's parser does",
    "unicode-classes": "RE2 has ASCII classes; page regex: Unicode classes, as in Rust",
    "sets-in-sets": "RE2 has no `--` in a set; page regex: it is Rust's",
    "in-array-literal": "it does not spread arrays within a list; page in-operator does",
    "text-in-an-array-column": "it does not spread a column's array; page in-operator does",
    "guid-equality": "it compares the letters of a guid; page guid: a 128-bit value",
    "array-functions": "it fails where the value is no array",
}
"""Cases on which it says otherwise, and what decides; pages of Microsoft's manual."""


def _written() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        cases = tomllib.loads(path.read_text("utf-8"))["case"]
        kept = (one for one in cases if one["expected"] != "unsupported" and one.get("events"))
        found += [pytest.param(one, id=f"{path.stem}/{one['id']}") for one in kept]
    return found


@every
@pytest.mark.parametrize("case", _written())
def test_cases_are_read_alike(case: dict[str, Any]) -> None:
    events = [json.loads(one) for one in case["events"]]
    types = {**infer_types(events), **field_types(case.get("types"))}
    if any("." in name for name in types):
        pytest.skip("members of objects are no columns there")
    found: Any
    try:
        with DuckdbKql().store(events, types) as table:
            found = table.ask("kusto", case["query"], options={})
    except Declined as error:
        pytest.skip(f"it does not run there: {error}")
    except QuerySyntaxError as error:
        if "types" not in case:
            pytest.skip(f"the columns have types of their own there: {error.message}")
        found = "invalid"
    expected = case["expected"]
    same = found == expected or (
        isinstance(found, list)
        and isinstance(expected, list)
        and all(one in {"undefined", other} for one, other in zip(expected, found, strict=True))
    )
    if isinstance(found, list):
        VERDICTS[f"duckdb-kql {available()}, cases of kusto"] += len(found)
    assert same != (case["id"] in DECIDED), (expected, found)


EXAMPLES = {
    "a value as a condition": ("S", 'S == "a"'),
    "an element of no array": ("N [0]", "J[0] == 1"),
    "a name alone": ("extend", 'extend == "a"'),
    "elements of what is no array": ("set_has_element(J, 'a')", "array_length(J) == 1"),
    "no value and the empty text": ('J.a == ""', 'J.a == "ab"'),
}


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda one: one.name)
def test_a_difference_is_of_what_it_says(difference: Deviation) -> None:
    example, neighbour = EXAMPLES[difference.name]
    assert difference.covers(example)
    assert not difference.covers(neighbour)
