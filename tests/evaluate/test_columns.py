"""Columns: contents are told apart, and what is remembered of them belongs to one language."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.evaluate import masks, oracle
from harness.evaluate.columns import Columns
from harness.ir import TEXT, Atom, Case, Equals, Lookup, Semantics, Truth, View

PATH = Semantics(lookup=Lookup.PATH)
FLAT = Semantics(lookup=Lookup.FLAT)


def test_views_of_two_languages_may_share_a_name() -> None:
    words = View("text", lambda value: str(value).split())
    columns = Columns([{"a": "one two"}])
    other = Semantics(lookup=Lookup.PATH)
    for view, semantics, expected in ((TEXT, PATH, Truth.FALSE), (words, other, Truth.TRUE)):
        atom = Atom(field="a", check=Equals("two", Case.UNICODE), view=view)
        assert list(masks.evaluate(atom, columns, semantics)) == [expected]


@pytest.mark.parametrize("lookup", Lookup)
@pytest.mark.parametrize(
    "values",
    [
        [1, 1.0, True, "1", "true"],
        [0, False, None, "", "0"],
        [None, [], {}, [None], [[]]],
        ["a", ["a"], ["a", "a"], {"a": "a"}, "A"],
        [2**70, 2**70 + 1, float(2**70), "a", None],
    ],
)
def test_contents_are_told_apart(lookup: Lookup, values: list[Any]) -> None:
    semantics = Semantics(lookup=lookup)
    events: list[dict[str, Any]] = [{"f": value} for value in values]
    events += [{}, {"f.g": "flat"}, {"f": {"g": "deep"}}, {"f": [{"g": "list"}, {"g": 1}]}]
    for path in ("f", "f.g", "g"):
        column = Columns(events).cells(path, semantics)
        for row, event in enumerate(events):
            wanted = oracle.cell_of(event, path, semantics).key
            assert column.distinct[column.codes[row]].key == wanted


def test_some_of_the_events() -> None:
    events = [{"a": text, "b": number} for text in "xyxz" for number in (1, 2)]
    rows = np.array([1, 2, 5])
    columns = Columns(events)
    for path in "ab":
        whole = columns.cells(path, FLAT)
        some = columns.take(rows).cells(path, FLAT)
        expected = [whole.distinct[whole.codes[row]] for row in rows]
        assert [some.distinct[code] for code in some.codes] == expected
    again = columns.take(rows).take(np.array([2]))
    assert list(again.events) == [events[5]]
    assert again.cells("a", FLAT).distinct[0].values == ("x",)
