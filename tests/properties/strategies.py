"""Predicates over a few fields, and events that exercise them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from harness.errors import Fault
from harness.ir import (
    ANY_FIELD,
    AS_IS,
    NUMBER,
    TEXT,
    And,
    Anything,
    AtLeast,
    Atom,
    Call,
    Case,
    Choice,
    Condition,
    Constant,
    Definite,
    Equals,
    FieldValue,
    Function,
    Glob,
    Has,
    Literal,
    Lookup,
    Matches,
    Nested,
    Not,
    Or,
    Order,
    Ordered,
    Predicate,
    Presence,
    Quantifier,
    Semantics,
    Truth,
    Verdict,
    View,
    Wild,
    Within,
)

FIELDS = ("a", "b", "a.b", "c")
TEXTS = ("", "x", "X", "xy", "axb", "É", "10", "9", "a*b")

texts = st.sampled_from(TEXTS)
scalars = st.one_of(
    texts, st.integers(-3, 12), st.booleans(), st.none(), st.sampled_from((0.5, 1.0, 10.0))
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)
events = st.dictionaries(st.sampled_from(FIELDS), values, max_size=4)
truths = st.sampled_from(Truth)
cases = st.sampled_from(Case)

_pieces = st.lists(st.one_of(texts, st.sampled_from(Wild)), max_size=4).map(tuple)
_checks = st.one_of(
    st.builds(Equals, scalars.filter(lambda value: value is not None), cases),
    st.builds(Glob, _pieces, cases),
    st.builds(Matches, st.sampled_from(("x", "^a.b$", "[0-9]+", "(")), st.just("pcre"), cases),
    st.builds(Ordered, st.sampled_from(Order), st.one_of(texts, st.integers(0, 10))),
    st.builds(Within, st.integers(0, 5), st.integers(5, 10), st.booleans(), st.booleans()),
    st.just(Anything()),
)
atoms = st.builds(
    Atom,
    field=st.one_of(st.sampled_from(FIELDS), st.just(ANY_FIELD)),
    check=_checks,
    view=st.sampled_from((TEXT, NUMBER, AS_IS)),
    quantifier=st.sampled_from(Quantifier),
    missing=truths,
)


def _words(value: Any) -> tuple[str, ...]:
    if value == "9":
        message = "a value that the view refuses"
        raise Fault(message)
    return tuple(str(value).split("b"))


WORDS = View("test.words", _words)
_plain_checks = st.one_of(
    st.builds(Glob, _pieces, st.just(Case.UNICODE)),
    st.builds(Equals, texts, st.just(Case.UNICODE)),
)


def _alike(
    field: str, view: View, quantifier: Quantifier, checks: list[tuple[Glob | Equals, Truth]]
) -> Or:
    return Or(
        tuple(
            Atom(field=field, check=check, view=view, quantifier=quantifier, missing=missing)
            for check, missing in checks
        )
    )


lists_of_texts = st.builds(
    _alike,
    st.sampled_from(FIELDS),
    st.sampled_from((TEXT, WORDS)),
    st.sampled_from(Quantifier),
    st.lists(st.tuples(_plain_checks, truths), min_size=1, max_size=4),
)
"""Lists of plain comparisons of one field, which the fast evaluators make together."""
_run = st.sampled_from(("x", "xy", "b", "10"))
text_atoms = st.builds(
    Atom,
    field=st.sampled_from(("a", "c")),
    check=st.one_of(
        st.builds(Equals, texts, st.just(Case.UNICODE)),
        st.tuples(_run, st.sampled_from(((1, 0), (0, 1), (1, 1)))).map(
            lambda pair: Glob(
                (*(Wild.ANY,) * pair[1][0], pair[0], *(Wild.ANY,) * pair[1][1]),
                Case.UNICODE,
            )
        ),
    ),
    missing=st.sampled_from((Truth.FALSE, Truth.FALSE, Truth.UNKNOWN)),
)
"""Single comparisons of texts, as most rules consist of."""
presences = st.builds(Presence, field=st.sampled_from(FIELDS), has=st.sampled_from(Has))


def _divide(left: Any, right: Any) -> Any:
    if not isinstance(left, int) or not isinstance(right, int) or right == 0:
        message = "not two numbers, or a division by zero"
        raise Fault(message)
    return left // right


DIVIDE = Function("test.divide", _divide)
JOIN = Function("test.join", lambda left, right: f"{left}{right}", strict=False)


def truthy(value: Any) -> Truth:
    """Return TRUE for anything but null (unknown) and what Python counts as false."""
    return Truth.UNKNOWN if value is None else Truth.of(bool(value))


def predicates() -> st.SearchStrategy[Predicate]:
    """Return predicates with every kind of node."""
    leaves = st.one_of(atoms, lists_of_texts, presences, st.builds(Constant, truths))
    return st.recursive(leaves, _grown, max_leaves=8)


def _grown(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    terms = st.one_of(
        st.builds(Literal, scalars),
        st.builds(FieldValue, st.sampled_from(FIELDS), st.booleans()),
        st.builds(Verdict, inner),
    )
    pairs = st.tuples(terms, terms)
    expressions = st.one_of(
        terms,
        st.builds(Call, st.sampled_from((DIVIDE, JOIN)), pairs),
        st.builds(Choice, inner, terms, terms),
    )
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, inner),
        st.builds(Definite, inner),
        st.builds(AtLeast, st.integers(0, 3), several),
        st.builds(Nested, st.sampled_from(("a", "b")), inner),
        st.builds(Condition, expression=expressions, truth=st.just(truthy), each=st.booleans()),
    )


semantics = st.builds(Semantics, lookup=st.sampled_from(Lookup), ordered=st.booleans())
