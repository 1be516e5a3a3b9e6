"""The fast evaluators give what the specification gives, event by event."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.evaluate import masks, oracle
from harness.evaluate.columns import Columns
from harness.evaluate.remembered import Remembered
from harness.ir import Predicate, Semantics
from tests.properties import strategies


@given(strategies.predicates(), st.lists(strategies.events, max_size=8), strategies.semantics)
def test_fast_evaluators_equal_oracle(
    predicate: Predicate, events: list[dict[str, Any]], semantics: Semantics
) -> None:
    fast = masks.evaluate(predicate, Columns(events), semantics)
    slow = [oracle.evaluate(predicate, event, semantics) for event in events]
    assert list(fast) == slow
    remembered = Remembered(predicate, semantics)
    assert [remembered.truth(event) for event in events * 2] == slow * 2
