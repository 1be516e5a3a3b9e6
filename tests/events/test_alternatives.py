"""The ways in which a predicate can come out as wanted."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.evaluate import oracle
from harness.events.alternatives import MAX_ALTERNATIVES, Literal, alternatives
from harness.ir import (
    And,
    AtLeast,
    Atom,
    Constant,
    Definite,
    Equals,
    Lookup,
    Not,
    Or,
    Predicate,
    Semantics,
    Truth,
    walk_predicate,
)

SEMANTICS = Semantics(lookup=Lookup.FLAT)


def _atom(name: str) -> Atom:
    return Atom(field=name, check=Equals("yes"))


A, B, C, D = (_atom(name) for name in "abcd")


def _names(node: Predicate, *, wanted: bool = True) -> list[str]:
    return [
        "".join(
            f"{'' if one.wanted else '-'}{one.leaf.field}"
            for one in alternative
            if isinstance(one.leaf, Atom)
        )
        for alternative in alternatives(node, wanted=wanted)
    ]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (A, ["a"]),
        (Not(A), ["-a"]),
        (And((A, B)), ["ab"]),
        (Or((A, B)), ["a", "b"]),
        (Not(Or((A, B))), ["-a-b"]),
        (Not(And((A, B))), ["-a", "-b"]),
        (Definite(Not(Definite(A))), ["-a"]),
        (And((Or((A, B)), C)), ["ac", "bc"]),
        (And((Or((A, B)), Or((C, D)))), ["ac", "bd"]),
        (AtLeast(2, (A, B, C)), ["ab", "bc", "ca"]),
        (AtLeast(0, (A, B)), [""]),
        (AtLeast(3, (A, B)), []),
        (Not(AtLeast(2, (A, B, C))), ["-a-b", "-b-c", "-c-a"]),
        (Not(AtLeast(3, (A, B))), [""]),
        (And((A, Not(A))), ["a-a"]),
        (Constant(Truth.TRUE), [""]),
        (Constant(Truth.FALSE), []),
        (Constant(Truth.UNKNOWN), []),
        (And((A, Constant(Truth.FALSE))), []),
        (Or((A, Constant(Truth.FALSE))), ["a"]),
        (And(()), [""]),
        (Or(()), []),
    ],
    ids=str,
)
def test_examples(node: Predicate, expected: list[str]) -> None:
    assert _names(node) == expected


def test_number_is_the_widest_disjunction_and_not_the_product() -> None:
    wide = Or(tuple(_atom(f"w{n}") for n in range(7)))
    narrow = Or(tuple(_atom(f"n{n}") for n in range(5)))
    assert len(alternatives(And((wide, narrow)))) == 7


@st.composite
def _trees(draw: st.DrawFn) -> Predicate:
    """Draw a predicate in which every atom occurs once, and that can come out either way."""
    count = iter(range(1000))

    def grow(depth: int) -> Predicate:
        choice = draw(st.integers(0, 5 if depth else 0))
        if choice == 0:
            return _atom(f"f{next(count)}")
        if choice == 1:
            return Not(grow(depth - 1))
        items = tuple(grow(depth - 1) for _ in range(draw(st.integers(1, 3))))
        if choice == 2:
            return AtLeast(draw(st.integers(1, len(items))), items)
        if choice == 3:
            return Definite(grow(depth - 1))
        return And(items) if choice == 4 else Or(items)

    return grow(3)


@given(node=_trees(), wanted=st.booleans())
def test_every_leaf_occurs_and_literals_alone_decide(node: Predicate, *, wanted: bool) -> None:
    """Whatever the other atoms are, an alternative makes the predicate come out as wanted."""
    found = alternatives(node, wanted=wanted)
    leaves = {one.field for one in walk_predicate(node) if isinstance(one, Atom)}
    used = {one.leaf.field for alternative in found for one in alternative if _is_atom(one)}  # type: ignore[union-attr]
    assert used == leaves
    for alternative in found:
        for rest in ("yes", "no"):
            event = dict.fromkeys(map(str, leaves), rest)
            for literal in alternative:
                assert isinstance(literal.leaf, Atom)
                event[str(literal.leaf.field)] = "yes" if literal.wanted else "no"
            assert oracle.evaluate(node, event, SEMANTICS) is Truth.of(wanted)


def _is_atom(literal: Literal) -> bool:
    return isinstance(literal.leaf, Atom)


def test_number_is_bounded() -> None:
    atoms = tuple(_atom(str(n)) for n in range(MAX_ALTERNATIVES * 3))
    assert len(alternatives(Or(atoms))) == MAX_ALTERNATIVES
    assert len(alternatives(Not(And(atoms)))) == MAX_ALTERNATIVES
    assert len(alternatives(AtLeast(2, atoms))) == MAX_ALTERNATIVES
    assert len(alternatives(And((Or(atoms), Or(atoms))))) == MAX_ALTERNATIVES


def test_nested_counts_take_no_exponential_time() -> None:
    node: Predicate = A
    for level in range(24):
        node = AtLeast(4, (node, *(_atom(f"{level}.{n}") for n in range(5))))
    started = time.process_time()
    assert alternatives(node)
    assert time.process_time() - started < 2
