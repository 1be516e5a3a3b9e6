"""Events that look alike to a column may differ to a condition: cases that once were confused."""

from __future__ import annotations

from typing import Any

import pytest

from harness.evaluate import masks, oracle
from harness.evaluate.columns import Columns
from harness.ir import (
    ANY_FIELD,
    Anything,
    Atom,
    Choice,
    Condition,
    Equals,
    FieldValue,
    Literal,
    Lookup,
    Nested,
    Semantics,
    Truth,
    Verdict,
    all_of,
)

SEMANTICS = Semantics(lookup=Lookup.PATH)
ANY_VALUE = Atom(field=ANY_FIELD, check=Anything())
PAIRED = Nested(
    "p", all_of(Atom(field="p.a", check=Equals("1")), Atom(field="p.b", check=Equals("2")))
)


def _truth(value: Any) -> Truth:
    return Truth.of(value is True or value == "x")


@pytest.mark.parametrize(
    ("condition", "events", "expected"),
    [
        pytest.param(
            Condition(expression=Choice(ANY_VALUE, Literal("x"), Literal("y")), truth=_truth),
            [{}, {"a": "1"}],
            [Truth.FALSE, Truth.TRUE],
            id="any field inside an expression",
        ),
        pytest.param(
            Condition(expression=FieldValue("p.a"), truth=_truth, each=True),
            [{"p": [{"a": "y"}, {"a": "z"}]}, {"p": [{"a": "y"}, {"a": "x"}]}],
            [Truth.FALSE, Truth.TRUE],
            id="later objects of a list",
        ),
        pytest.param(
            Condition(expression=Verdict(PAIRED), truth=_truth),
            [
                {"p": [{"a": "1", "b": "3"}, {"a": "4", "b": "2"}]},
                {"p": [{"a": "1", "b": "2"}, {"a": "4", "b": "3"}]},
            ],
            [Truth.FALSE, Truth.TRUE],
            id="pairs within one object",
        ),
    ],
)
def test_alike_events_are_told_apart(
    condition: Condition, events: list[dict[str, Any]], expected: list[Truth]
) -> None:
    assert [oracle.evaluate(condition, event, SEMANTICS) for event in events] == expected
    assert list(masks.evaluate(condition, Columns(events), SEMANTICS)) == expected
