"""Predicates run together give what the specification gives, one by one."""

from __future__ import annotations

from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from harness.evaluate import clauses, oracle
from harness.evaluate.columns import Columns
from harness.evaluate.program import Compiled, Program
from harness.ir import And, AtLeast, Lookup, Not, Or, Predicate, Semantics, Truth
from tests.properties import strategies

_plain = st.one_of(strategies.lists_of_texts, strategies.text_atoms, strategies.predicates())
_parts = st.one_of(
    strategies.text_atoms,
    st.lists(strategies.text_atoms, min_size=1, max_size=3).map(lambda some: Or(tuple(some))),
    strategies.lists_of_texts,
)
conjunctions = st.builds(
    lambda some, none: And((*some, *(Not(one) for one in none))),
    st.lists(_parts, min_size=1, max_size=3),
    st.lists(_plain, max_size=1),
)
rules = st.one_of(
    conjunctions,
    conjunctions,
    strategies.predicates(),
    st.lists(st.one_of(_parts, conjunctions), min_size=1, max_size=3).flatmap(
        lambda items: st.sampled_from(
            (Or(tuple(items)), AtLeast(1, tuple(items)), AtLeast(2, tuple(items)))
        )
    ),
)
_held = st.one_of(strategies.texts, strategies.texts, st.lists(strategies.texts, max_size=2))
events = st.one_of(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("a", "c"), _held)),
    st.fixed_dictionaries(dict.fromkeys(strategies.FIELDS, _held)),
    strategies.events,
)
semantics = st.builds(
    Semantics, lookup=st.sampled_from(Lookup), ordered=st.sampled_from((False, False, False, True))
)
unknowns = st.sampled_from((Truth.FALSE, Truth.FALSE, Truth.FALSE, *Truth))


@given(
    st.lists(rules, min_size=1, max_size=4),
    st.lists(events, min_size=1, max_size=8),
    semantics,
    unknowns,
)
def test_program_equals_oracle(
    predicates: list[Predicate],
    events: list[dict[str, Any]],
    semantics: Semantics,
    unknown: Truth,
) -> None:
    with mock.patch.object(clauses, "MIN_WEIGHT", 1):  # the texts of the strategies are short
        compiled = [Compiled.of(one, semantics, unknown) for one in predicates]
    found = {
        (one.number, row): truth
        for one in Program(compiled, semantics).run(Columns(events))
        for truth, rows in ((Truth.TRUE, one.holds), (Truth.UNDEFINED, one.undefined))
        for row in rows.tolist()
    }
    for number, predicate in enumerate(predicates):
        for row, event in enumerate(events):
            truth = oracle.evaluate(predicate, event, semantics)
            truth = unknown if truth is Truth.UNKNOWN else truth
            wanted = truth if truth in {Truth.TRUE, Truth.UNDEFINED} else None
            assert found.get((number, row)) == wanted
