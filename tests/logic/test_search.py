"""Values are found if and only if there are some: held against trying all of them."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.evaluate import oracle
from harness.ir import (
    ADDRESS,
    NUMBER,
    And,
    AtLeast,
    Atom,
    Case,
    Constant,
    Definite,
    Equals,
    Glob,
    Has,
    InNetwork,
    Lookup,
    Not,
    Or,
    Order,
    Ordered,
    Predicate,
    Presence,
    Semantics,
    Truth,
    Wild,
    Within,
)
from harness.logic.decisions import decisions, occurrences
from harness.logic.search import Goal, solve
from harness.logic.texts import GaveUp
from harness.logic.values import MISSING, Demand, Domain, value_for

FIELDS = ("a", "b")
VALUES = ("", "x", "xy", "yx", "1")
SEMANTICS = Semantics(lookup=Lookup.FLAT)
_checks = st.one_of(
    st.builds(Equals, st.sampled_from(VALUES), st.just(Case.UNICODE)),
    st.sampled_from(("x", "y", "1")).map(lambda one: Glob((Wild.ANY, one, Wild.ANY), Case.UNICODE)),
)
_missing = st.sampled_from((Truth.FALSE, Truth.FALSE, Truth.TRUE, Truth.UNKNOWN))
_leaves = st.one_of(
    st.builds(Atom, field=st.sampled_from(FIELDS), check=_checks, missing=_missing),
    st.builds(Presence, field=st.sampled_from(FIELDS), has=st.sampled_from(Has)),
)


def _grown(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(inner, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, inner),
        st.builds(Definite, inner),
        st.builds(AtLeast, st.integers(0, 4), several),
    )


predicates = st.recursive(
    st.one_of(_leaves, st.builds(Constant, st.sampled_from((Truth.TRUE, Truth.FALSE)))),
    _grown,
    max_leaves=10,
)
EVENTS = [
    {name: one for name, one in zip(FIELDS, both, strict=True) if one is not None}
    for both in product((*VALUES, None), repeat=2)
]


@given(predicate=predicates, wanted=st.booleans())
def test_a_solution_is_found_if_there_is_one(predicate: Predicate, *, wanted: bool) -> None:
    found = solve([Goal(predicate, wanted)], lambda _: Domain(values=VALUES))
    outcome = Truth.of(wanted)
    if found is None:
        outcomes = [oracle.evaluate(predicate, event, SEMANTICS) for event in EVENTS]
        # what a definite statement hides is looked for as plainly false only
        assert outcome not in outcomes or _hides(predicate)
    else:
        event = {str(at): one for at, one in found.values.items() if one is not MISSING}
        assert oracle.evaluate(predicate, event, SEMANTICS) is outcome


def _hides(predicate: Predicate) -> bool:
    return "Definite" in repr(predicate) and "UNKNOWN" in repr(predicate)


_UNKNOWN = Atom(field="a", check=Equals("x"), missing=Truth.UNKNOWN)
_B, _B_TOO = (Presence(field="b", has=one) for one in (Has.KEY, Has.VALUE))


@given(predicates)
@example(Not(And((Or((_B, _UNKNOWN)), _B_TOO))))
@example(And((Or((_B, Not(_UNKNOWN))), Definite(_UNKNOWN))))
def test_decisions_are_those_of_turning_each_condition_round(predicate: Predicate) -> None:
    found = decisions(predicate, EVENTS, SEMANTICS)
    places = occurrences(predicate)
    assert [one.leaf for one in found] == [one.leaf for one in places]
    for number, decision in enumerate(found):
        for at, event in enumerate(EVENTS):
            leaf = oracle.evaluate(decision.leaf, event, SEMANTICS)
            fires = [
                oracle.evaluate(_with(predicate, number, one), event, SEMANTICS) is Truth.TRUE
                for one in (leaf, Truth.of(leaf is Truth.FALSE))
            ]
            decides = leaf is not Truth.UNKNOWN and fires[0] is not fires[1]
            assert bool(decision.firing >> at & 1) is (decides and fires[0])
            assert bool(decision.silent >> at & 1) is (decides and not fires[0])


def _with(predicate: Predicate, number: int, truth: Truth) -> Predicate:
    """Return a predicate in which one occurrence of a condition is a constant."""
    left = [number]

    def visit(node: Predicate) -> Predicate:
        match node:
            case And(items):
                return And(tuple(map(visit, items)))
            case Or(items):
                return Or(tuple(map(visit, items)))
            case AtLeast(count, items):
                return AtLeast(count, tuple(map(visit, items)))
            case Not(item):
                return Not(visit(item))
            case Definite(item):
                return Definite(visit(item))
            case Constant():
                return node
            case _:
                left[0] -= 1
                return Constant(truth) if left[0] == -1 else node

    return visit(predicate)


@given(predicate=predicates, firing=st.booleans())
def test_what_is_needed_to_decide_is_what_decides(predicate: Predicate, *, firing: bool) -> None:
    if "UNKNOWN" in repr(predicate):
        return
    found = decisions(predicate, EVENTS, SEMANTICS)
    for decision, place in zip(found, occurrences(predicate), strict=True):
        solution = solve(place.decides(firing=firing), lambda _: Domain(values=VALUES))
        decides = decision.firing if firing else decision.silent
        assert bool(decides) is (solution is not None)


def _number(order: Order, bound: int) -> Demand:
    return Demand(Atom(field="n", check=Ordered(order, bound), view=NUMBER), wanted=True)


@pytest.mark.parametrize(
    ("demands", "possible"),
    [
        ([_number(Order.GREATER, 5), _number(Order.LESS, 6)], True),
        ([_number(Order.GREATER, 5), _number(Order.LESS, 5)], False),
        ([_number(Order.AT_LEAST, 5), _number(Order.AT_MOST, 5)], True),
        ([Demand(Atom(field="n", check=Within(1, 9), view=NUMBER), wanted=False)], True),
        (
            [
                Demand(Atom(field="n", check=Within(1, 9), view=NUMBER), wanted=True),
                Demand(Atom(field="n", check=Within(2, 8), view=NUMBER), wanted=False),
            ],
            True,
        ),
    ],
)
def test_numbers(demands: list[Demand], *, possible: bool) -> None:
    found = value_for(demands, Domain(may_miss=False))
    assert (found is not None) is possible
    assert found is None or value_for(demands, Domain(values=(found,), may_miss=False)) == found


def _network(text: str, *, wanted: bool = True) -> Demand:
    return Demand(Atom(field="ip", check=InNetwork(ip_network(text)), view=ADDRESS), wanted=wanted)


@pytest.mark.parametrize(
    ("demands", "possible"),
    [
        ([_network("10.0.0.0/8"), _network("10.1.0.0/16", wanted=False)], True),
        ([_network("10.1.0.0/16"), _network("10.0.0.0/8", wanted=False)], False),
        ([_network("10.0.0.0/8"), _network("fc00::/7")], False),
        ([_network("10.0.0.0/8", wanted=False), _network("0.0.0.0/0")], True),
        ([_network("0.0.0.0/0", wanted=False), _network("::/0", wanted=False)], True),
        ([_network("1.2.3.4/32"), _network("1.2.3.4/32", wanted=False)], False),
    ],
)
def test_networks(demands: list[Demand], *, possible: bool) -> None:
    found = value_for(demands, Domain(may_miss=False))
    assert (found is not None) is possible


def test_texts_and_numbers_on_one_field_are_not_searched_together() -> None:
    text = Atom(field="n", check=Glob(("1", Wild.ANY), Case.UNICODE))
    between = Atom(
        field="n", check=Within(70, 71, include_low=False, include_high=False), view=NUMBER
    )
    with pytest.raises(GaveUp):
        value_for([Demand(text, True), Demand(between, True)], Domain(may_miss=False))


def test_a_usual_value_is_taken_where_it_will_do() -> None:
    demands = [Demand(Atom(field="a", check=Equals("x")), wanted=False)]
    assert value_for(demands, Domain(usual=("x", "notepad.exe"))) == "notepad.exe"


def test_the_same_predicate_is_solved_the_same_way_each_time() -> None:
    some = [Atom(field="a", check=Glob((Wild.ANY, one), Case.UNICODE)) for one in ("xa", "yb")]
    goals: list[Any] = [Goal(Or(tuple(some)), True), Goal(some[0], False)]
    first = solve(goals)
    assert first is not None
    assert first == solve(goals)
    assert first.values == {"a": "yb"}
