"""Points of the two evaluators that need a worked example; each holds for both of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from harness.errors import Fault
from harness.evaluate import masks, oracle
from harness.evaluate.columns import Columns
from harness.evaluate.verdicts import outcomes
from harness.ir import (
    ANY_FIELD,
    AS_IS,
    NUMBER,
    And,
    Anything,
    AtLeast,
    Atom,
    Call,
    Choice,
    Condition,
    Constant,
    Definite,
    Equals,
    FieldValue,
    Function,
    Has,
    Literal,
    Lookup,
    Matches,
    Nested,
    Not,
    Or,
    Predicate,
    Presence,
    Quantifier,
    Query,
    Semantics,
    Truth,
    Verdict,
)

T, F, U, X = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.UNDEFINED
PATH = Semantics(lookup=Lookup.PATH)
ORDERED = Semantics(lookup=Lookup.PATH, ordered=True)


def _both(node: Predicate, event: dict[str, Any], semantics: Semantics = PATH) -> Truth:
    """Return what both evaluators give; they must agree."""
    slow = oracle.evaluate(node, event, semantics)
    fast = masks.evaluate(node, Columns([{}, event, event]), semantics)
    assert [int(code) for code in fast[1:]] == [slow, slow]
    return slow


def _fail(*_: Any) -> Any:
    message = "on purpose"
    raise Fault(message)


def _constant(truth: Truth) -> Predicate:
    return Constant(truth)


EQUAL = Function("test.equal", lambda left, right: left == right)
ADD = Function("test.add", lambda left, right: left + right)
FAIL = Function("test.fail", _fail, strict=False)
FAILING = Condition(expression=Call(FAIL, ()), truth=lambda value: Truth.of(bool(value)))


def truthy(value: Any) -> Truth:
    return U if value is None else Truth.of(bool(value))


def _is(field: str, value: Any = "x") -> Atom:
    return Atom(field=field, check=Equals(value), view=AS_IS)


# where a field name finds values

NESTED: dict[str, Any] = {"a": {"b": "x"}}
DOTTED: dict[str, Any] = {"a.b": "x"}
UPPER: dict[str, Any] = {"A": {"b": "x"}}
LISTED: dict[str, Any] = {"a": [{"b": "y"}, {"b": "x"}]}
DEEP: dict[str, Any] = {"a": {"b.c": "x"}}


@pytest.mark.parametrize(
    ("lookup", "path", "found"),
    [
        (Lookup.FLAT, "a.b", [DOTTED]),
        (Lookup.FLAT, "b", []),
        (Lookup.FLAT_CASELESS, "A.B", [DOTTED]),
        (Lookup.LITERAL_FIRST, "a.b", [NESTED, DOTTED, LISTED]),
        (Lookup.LITERAL_FIRST, "a.b.c", [DEEP]),
        (Lookup.PATH, "a.b", [NESTED, DOTTED, LISTED]),
        (Lookup.PATH, "a.b.c", [DEEP]),
        (Lookup.PATH, "A.b", [UPPER]),
        (Lookup.PROPERTY, "a.b", [NESTED, DOTTED, UPPER, LISTED]),
        (Lookup.PROPERTY, "a.B", []),
        (Lookup.PATH, "a", []),
        (Lookup.PATH, "", []),
    ],
)
def test_lookups(lookup: Lookup, path: str, found: list[dict[str, Any]]) -> None:
    events = [NESTED, DOTTED, UPPER, LISTED, DEEP]
    semantics = Semantics(lookup=lookup)
    assert [one for one in events if _both(_is(path), one, semantics) is T] == found


def test_a_literal_key_wins_over_a_path() -> None:
    event = {"a.b": "literal", "a": {"b": "nested"}}
    first = Semantics(lookup=Lookup.LITERAL_FIRST)
    assert _both(_is("a.b", "literal"), event, first) is T
    assert _both(_is("a.b", "nested"), event, first) is F
    assert _both(_is("a.b", "literal"), event) is T
    assert _both(_is("a.b", "nested"), event) is T, "an index flattens both"


def test_any_field_looks_at_every_leaf() -> None:
    atom = Atom(field=ANY_FIELD, check=Equals("x"), missing=U)
    assert _both(atom, {"a": [{"b": ["y", "x"]}]}) is T
    assert _both(atom, {"x": "y"}) is F, "a key is no value"
    assert _both(atom, {"a": None, "b": []}) is U, "nothing to look at"


# missing values, nulls, lists


@pytest.mark.parametrize("missing", Truth)
@pytest.mark.parametrize("event", [{}, {"a": None}, {"a": []}, {"a": [None]}, {"a": {}}], ids=str)
def test_no_value_is_missing(event: dict[str, Any], missing: Truth) -> None:
    for quantifier in Quantifier:
        atom = Atom(field="a", check=Equals("x"), quantifier=quantifier, missing=missing)
        assert _both(atom, event) is missing


@pytest.mark.parametrize(
    ("values", "some", "every"),
    [
        (["x"], T, T),
        (["x", "y"], T, F),
        (["y"], F, F),
        ([["x"], [["x"]]], T, T),
        (["x", None], T, T),
        ([{"b": "x"}], F, F),
    ],
    ids=str,
)
def test_quantifiers(values: list[Any], some: Truth, every: Truth) -> None:
    for quantifier, expected in ((Quantifier.ANY, some), (Quantifier.ALL, every)):
        assert (
            _both(Atom(field="a", check=Equals("x"), quantifier=quantifier), {"a": values})
            is expected
        )


def test_values_that_a_view_cannot_show_do_not_pass() -> None:
    every = Atom(field="a", check=Anything(), view=NUMBER, quantifier=Quantifier.ALL)
    assert _both(every, {"a": ["one"]}) is F, "nothing is left to pass"
    assert _both(every, {"a": ["one", 2]}) is T, "what is left passes"
    assert _both(Atom(field="a", check=Anything(), view=NUMBER), {"a": "one"}) is F


def test_a_broken_pattern_is_undefined_unless_another_value_decides() -> None:
    broken = Atom(field="a", check=Matches("(", "pcre"))
    assert _both(broken, {"a": "x"}) is X
    assert _both(broken, {}) is F
    assert _both(Or((broken, _constant(T))), {"a": "x"}) is T


@pytest.mark.parametrize(
    ("event", "key", "value", "null"),
    [
        ({}, F, F, T),
        ({"a": None}, T, F, T),
        ({"a": []}, T, F, F),
        ({"a": [None]}, T, F, T),
        ({"a": [None, 0]}, T, T, F),
        ({"a": ""}, T, T, F),
        ({"a": {}}, T, F, F),
    ],
    ids=str,
)
def test_presence(event: dict[str, Any], key: Truth, value: Truth, null: Truth) -> None:
    found = [_both(Presence(field="a", has=has), event) for has in (Has.KEY, Has.VALUE, Has.NULL)]
    assert found == [key, value, null]


def test_cells_tell_types_apart() -> None:
    """1, 1.0, True and "1" are decided one by one, though Python counts three as equal."""
    events = [{"a": one} for one in (1, True, "1", 1.0, [1], [True])]
    columns = Columns(events)
    true = masks.evaluate(Atom(field="a", check=Equals(True), view=AS_IS), columns, PATH)
    number = masks.evaluate(Atom(field="a", check=Equals(1), view=AS_IS), columns, PATH)
    assert list(true) == [F, T, F, F, F, T]
    assert list(number) == [T, F, F, T, T, F]


# the order of evaluation


@pytest.mark.parametrize(
    ("left", "right", "free", "ordered"),
    [
        (X, F, F, X),
        (F, X, F, F),
        (X, T, X, X),
        (U, F, F, F),
        (U, X, X, X),
        (T, X, X, X),
    ],
)
def test_short_circuit(left: Truth, right: Truth, free: Truth, ordered: Truth) -> None:
    node = And((_constant(left), _constant(right)))
    mirrored = Or((Not(_constant(left)), Not(_constant(right))))
    assert (_both(node, {}), _both(node, {}, ORDERED)) == (free, ordered)
    assert _both(Not(mirrored), {}) is free
    assert _both(Not(mirrored), {}, ORDERED) is ordered


def test_a_run_time_error_on_the_left_hides_the_right_only_where_order_counts() -> None:
    node = Or((FAILING, _is("a")))
    assert _both(node, {"a": "x"}) is T
    assert _both(node, {"a": "x"}, ORDERED) is X
    assert _both(Or((_is("a"), FAILING)), {"a": "x"}, ORDERED) is T


@pytest.mark.parametrize(
    ("count", "truths", "expected"),
    [
        (0, [], T),
        (0, [F, X], T),
        (1, [], F),
        (2, [T, T, X], T),
        (2, [T, U, F], U),
        (2, [T, X, F], X),
        (2, [T, U, X], U),
        (2, [F, F, U], F),
        (3, [T, T], F),
    ],
    ids=str,
)
def test_at_least(count: int, truths: list[Truth], expected: Truth) -> None:
    assert _both(AtLeast(count, tuple(map(_constant, truths))), {}) is expected


@pytest.mark.parametrize(("inner", "outer"), [(T, T), (F, F), (U, F), (X, X)])
def test_definite(inner: Truth, outer: Truth) -> None:
    assert _both(Definite(_constant(inner)), {}) is outer
    assert _both(Not(Definite(_constant(inner))), {}) is {T: F, F: T, X: X}[outer]


# nested objects

PEOPLE = {
    "people": [{"name": "ann", "role": "user"}, {"name": "bob", "role": "admin"}],
    "other": {"name": "carl"},
}


def _person(name: str, role: str) -> Predicate:
    return And((_is("people.name", name), _is("people.role", role)))


def test_nested_objects_are_looked_at_one_by_one() -> None:
    crossed = _person("ann", "admin")
    assert _both(crossed, PEOPLE) is T, "flattened, the two objects are one"
    assert _both(Nested("people", crossed), PEOPLE) is F
    assert _both(Nested("people", _person("bob", "admin")), PEOPLE) is T
    assert _both(Nested("people", Not(_is("people.name", "ann"))), PEOPLE) is T


@pytest.mark.parametrize(
    "event", [{}, {"people": None}, {"people": []}, {"people": "ann"}, {"people": [1]}], ids=str
)
def test_nothing_is_nested_there(event: dict[str, Any]) -> None:
    assert _both(Nested("people", _constant(T)), event) is F


def test_one_object_counts_as_a_list_of_one() -> None:
    assert _both(Nested("other", _is("other.name", "carl")), PEOPLE) is T


def test_nested_in_nested() -> None:
    node = Nested("a", Nested("a.b", And((_is("a.b.c"), _is("a.b.d")))))
    assert _both(node, {"a": [{"b": [{"c": "x"}, {"d": "x"}]}]}) is F
    assert _both(node, {"a": [{"b": {"c": "x"}}, {"b": [{"c": "x", "d": "x"}]}]}) is T


def test_other_fields_are_out_of_sight_inside() -> None:
    node = Nested("people", Presence(field="other.name", has=Has.KEY))
    assert _both(node, PEOPLE) is F


# expressions


def _same(left: str, right: str, *, each: bool) -> Condition:
    expression = Call(EQUAL, (FieldValue(left), FieldValue(right)))
    return Condition(expression=expression, truth=truthy, each=each)


def test_each_tries_every_combination_of_values() -> None:
    event = {"a": [1, 2], "b": [3, 2]}
    assert _both(_same("a", "b", each=True), event) is T
    assert _both(_same("a", "b", each=False), event) is F, "the lists differ"
    assert _both(_same("a", "b", each=False), {"a": [1, 2], "b": [1, 2]}) is T


def test_each_takes_a_missing_field_as_one_null() -> None:
    assert _both(_same("a", "b", each=True), {"a": [1]}) is U, "strict functions give null"
    loose = Call(
        Function("test.loose", lambda a, b: a == b, strict=False),
        (FieldValue("a"), FieldValue("b")),
    )
    assert _both(Condition(expression=loose, truth=truthy, each=True), {}) is T


def test_each_binds_a_field_once_however_often_it_occurs() -> None:
    """``a + a`` is twice the same value, not every pair."""
    total = Call(ADD, (FieldValue("a"), FieldValue("a")))
    node = Condition(expression=Call(EQUAL, (total, Literal(3))), truth=truthy, each=True)
    assert _both(node, {"a": [1, 2]}) is F


def test_one_good_combination_outweighs_a_failing_one() -> None:
    def one_over(value: Any) -> Any:
        return 1 / value if value else _fail()

    call = Call(Function("test.one_over", one_over), (FieldValue("a"),))
    node = Condition(expression=call, truth=truthy, each=True)
    assert _both(node, {"a": [0, 1]}) is T
    assert _both(node, {"a": [0]}) is X


def test_combinations_are_bounded() -> None:
    """Six lists of a hundred values are a million million combinations."""
    paths = [f"f{n}" for n in range(6)]
    call = Call(Function("test.never", lambda *_: False), tuple(map(FieldValue, paths)))
    node = Condition(expression=call, truth=truthy, each=True)
    event = {path: list(range(100)) for path in paths}
    started = time.process_time()
    assert _both(node, event) is F
    assert time.process_time() - started < 2
    calls = []
    call = Call(Function("test.count", lambda *_: calls.append(1)), tuple(map(FieldValue, paths)))
    oracle.evaluate(Condition(expression=call, truth=truthy, each=True), event, PATH)
    assert len(calls) == oracle.MAX_COMBINATIONS


@pytest.mark.parametrize(
    ("found", "plain", "raw"),
    [
        ({"a": "x"}, "x", "x"),
        ({"a": ["x", None, ["y"]]}, ["x", "y"], ["x", None, ["y"]]),
        ({"a": {"b": 1}}, None, {"b": 1}),
        ({"a": []}, [], []),
        ({"a": None}, None, None),
        ({}, None, None),
        ({"a": 0}, 0, 0),
        ({"a": False}, False, False),
    ],
    ids=str,
)
def test_field_values(found: dict[str, Any], plain: Any, raw: Any) -> None:
    assert oracle.value_of(FieldValue("a"), found, PATH) == plain
    assert oracle.value_of(FieldValue("a", raw=True), found, PATH) == raw
    assert oracle.value_of(FieldValue("*"), found, PATH) is found


@pytest.mark.parametrize(("condition", "expected"), [(T, "then"), (F, "else"), (U, "else")])
def test_choice(condition: Truth, expected: str) -> None:
    node = Choice(_constant(condition), Literal("then"), Literal("else"))
    assert oracle.value_of(node, {}, PATH) == expected


def test_a_choice_whose_condition_fails_fails() -> None:
    with pytest.raises(Fault):
        oracle.value_of(Choice(_constant(X), Literal("then"), Literal("else")), {}, PATH)


def test_verdict_is_a_value() -> None:
    found = [oracle.value_of(Verdict(_constant(one)), {}, PATH) for one in (T, F, U)]
    assert found == [True, False, None]
    with pytest.raises(Fault):
        oracle.value_of(Verdict(_constant(X)), {}, PATH)


def test_a_strict_function_is_not_called_on_null() -> None:
    strict = Call(Function("test.strict", _fail), (Literal(None), Literal(1)))
    assert oracle.value_of(strict, {}, PATH) is None
    assert _both(Condition(expression=strict, truth=truthy), {}) is U


def test_a_field_of_the_whole_event_is_never_shared_between_events() -> None:
    """A condition on ``*`` is decided for each event, one on a field once per distinct value."""
    seen: list[Any] = []

    def noted(value: Any) -> bool:
        seen.append(value)
        return True

    count = Function("test.seen", noted)
    events = [{"a": 1, "b": n} for n in range(3)]
    for path, calls in (("a", 1), ("*", 3)):
        seen.clear()
        node = Condition(expression=Call(count, (FieldValue(path),)), truth=truthy)
        assert list(masks.evaluate(node, Columns(events), PATH)) == [T, T, T]
        assert len(seen) == calls


def test_no_events() -> None:
    for node in (
        _is("a"),
        And((_is("a"), Not(_is("b")))),
        _same("a", "b", each=True),
        _constant(T),
    ):
        assert list(masks.evaluate(node, Columns([]), PATH)) == []


# what stands round the predicate


@pytest.mark.parametrize("settled", [T, F])
def test_unknown_at_the_top_is_settled_by_the_language(settled: Truth) -> None:
    semantics = Semantics(lookup=Lookup.PATH, unknown=settled)
    query = Query(predicate=Atom(field="a", check=Equals(1), missing=U))
    assert outcomes(query, [{}], semantics) == [settled]
    assert outcomes(Query(predicate=_constant(X)), [{}], semantics) == [X]


def test_what_comes_before_decides_what_arrives() -> None:
    upstream = Query(predicate=_is("a"))
    query = Query(predicate=_is("b"), upstream=upstream)
    events = [{"a": "x", "b": "x"}, {"b": "x"}, {"a": "x"}]
    assert outcomes(query, events, PATH) == [T, F, F]


def test_events_are_prepared_before_they_are_looked_at() -> None:
    query = Query(predicate=_is("a", "X"), prepare=lambda event: {"a": event["a"].upper()})
    events = [{"a": "x"}]
    assert outcomes(query, events, PATH) == [T]
    assert events == [{"a": "x"}], "the caller's events stay as they are"
